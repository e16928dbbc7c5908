"""Drawn videos that training never saw: their conditions, and the ways frames are made after them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import torch
from einops import rearrange
from torch import Tensor

from vcomp.conditions.container import Conditions
from vcomp.data.drawn import DrawnVideo
from vcomp.engine.engine import Engine
from vcomp.engine.settings import Settings
from vcomp.media.clip import Frames
from vcomp.media.pixels import to_frames, to_tensor
from vcomp.models.autoencoder import TinyAutoencoder
from vcomp.models.kl_autoencoder import KLAutoencoder

HELD_OUT_SEED = 1
"""Of the drawn collection; training draws from 0."""

Way = Literal["true video", "autoencoder", "text", "text + sketch", "text + motion", "text + image"]
"""How frames come from a drawn video: as drawn, encoded and decoded, or generated from these conditions."""

WAYS: tuple[Way, ...] = get_args(Way)

_EXACT: dict[str, Callable[[DrawnVideo], Tensor]] = {
    "image": lambda video: (to_tensor(video.frames[:1]) + 1) / 2,
    "single_sketch": lambda video: torch.from_numpy(video.sketch[None, :1]),
    "sketch": lambda video: torch.from_numpy(video.sketch[None]),
    "depth": lambda video: torch.from_numpy(video.depth[None]),
    "motion": lambda video: torch.from_numpy(video.flow),
}


def exact_conditions(video: DrawnVideo, names: Collection[str]) -> Conditions:
    """The caption and exact conditions of a drawn video.

    Args:
        video: What is drawn.
        names: Of the conditions: text, image, single_sketch, sketch, depth or motion.
    """
    given: dict[str, Any] = {name: _EXACT[name](video) for name in names if name != "text"}
    return Conditions(text=video.caption if "text" in names else None, **given)


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
