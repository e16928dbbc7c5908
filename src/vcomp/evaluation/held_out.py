"""Drawn videos that training never saw: their conditions, and the ways frames are made after them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from einops import rearrange
from torch import Tensor

from vcomp.conditions.container import Conditions
from vcomp.conditions.strokes import Stroke, Strokes, strokes_motion
from vcomp.data.drawn import DrawnVideo
from vcomp.data.scene import draw_scene
from vcomp.data.vocabulary import LEVELS
from vcomp.engine.engine import Engine
from vcomp.engine.settings import Settings
from vcomp.extractors.masking import mask_condition
from vcomp.media.clip import Frame, Frames
from vcomp.media.pixels import to_frames, to_tensor
from vcomp.models.autoencoder import TinyAutoencoder
from vcomp.models.kl_autoencoder import KLAutoencoder

HELD_OUT_SEED = 1
"""Of the drawn collection; training draws from 0."""

Way = str
"""How frames come from a drawn video: as drawn ("true video"), encoded and decoded ("autoencoder"), or
generated from conditions ("text + sketch")."""

_EXACT: dict[str, Callable[[DrawnVideo], Tensor | Frame]] = {
    "image": lambda video: (to_tensor(video.frames[:1]) + 1) / 2,
    "single_sketch": lambda video: torch.from_numpy(video.sketch[None, :1]),
    "sketch": lambda video: torch.from_numpy(video.sketch[None]),
    "depth": lambda video: torch.from_numpy(video.depth[None]),
    "motion": lambda video: torch.from_numpy(video.flow),
    "stroke": lambda video: _stroke(video),
    "style": lambda video: _style_picture(video),
    "mask": lambda video: mask_condition(video.frames, video.foreground),
}
_FIELDS = {"stroke": "motion"}
_STYLE_SALT = 1


def exact_conditions(video: DrawnVideo, names: Collection[str]) -> Conditions:
    """The caption and exact conditions of a drawn video.

    Args:
        video: What is drawn.
        names: Of the conditions: text, image, single_sketch, sketch, depth or motion; style, a picture of
            another scene in the same style; mask, all but the objects; or stroke, a motion drawn by hand
            along the nearest object's way.
    """
    given: dict[str, Any] = {_FIELDS.get(name, name): _EXACT[name](video) for name in names if name != "text"}
    return Conditions(text=video.caption if "text" in names else None, **given)


def _stroke(video: DrawnVideo) -> Tensor:
    """From where the nearest object is at first to where it is at last; as wide as the object."""
    sprite = video.scene.sprites[-1]
    first, last = (sprite.matrix(time)[:, 2] for time in (-0.5, 0.5))
    points = ((float(first[0]), float(first[1])), (float(last[0]), float(last[1])))
    return strokes_motion(
        Strokes(strokes=(Stroke(points=points, radius=sprite.radius),)),
        num_frames=video.num_frames,
        size=(video.size_px, video.size_px),
        folder=Path(),
    )


def _style_picture(video: DrawnVideo) -> Frame:
    """A still of another scene, of plain shapes, in the video's style."""
    rng = np.random.default_rng([video.scene.background.seed, _STYLE_SALT])
    scene = replace(draw_scene(rng, LEVELS["styled"]), style=video.scene.style)
    return np.asarray(replace(video, scene=scene, num_frames=1).frames[0])


@dataclass(frozen=True)
class Maker:
    """Makes frames in each of the ways.

    Args:
        engine: The model in question.
        settings: Of generation; the seed is each sample's own, the same in every way.
    """

    engine: Engine
    settings: Settings

    def make(self, way: Way, videos: Sequence[DrawnVideo], seeds: Sequence[int]) -> list[Frames]:
        """Frames ``[f h w 3]`` for each of `videos`."""
        if way == "true video":
            return [video.frames for video in videos]
        if way == "autoencoder":
            return [self._reconstruct(video.frames) for video in videos]
        conditions = [exact_conditions(video, way.split(" + ")) for video in videos]
        return [clip.frames for clip in self.engine.generate_batch(conditions, self.settings, seeds=seeds)]

    @torch.inference_mode()
    def _reconstruct(self, frames: Frames) -> Frames:
        pixels = rearrange(to_tensor(frames), "c f h w -> f c h w").to(self.engine.device)
        decoded = self._autoencoder.decode(self._autoencoder.encode(pixels))
        return to_frames(rearrange(decoded, "f c h w -> c f h w"))

    @cached_property
    def _autoencoder(self) -> TinyAutoencoder | KLAutoencoder:
        return self.engine.system.autoencoder(device=self.engine.device)
