"""From the files a user names to conditions: read, recognised or extracted, at the video's rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from vcomp.conditions.container import Conditions
from vcomp.engine.settings import Settings
from vcomp.engine.sources import Sources
from vcomp.errors import ConditionError
from vcomp.extractors.detect import looks_like_depth, looks_like_sketch
from vcomp.extractors.drawing import depth_from_grey, sketch_from_drawing
from vcomp.media.clip import Clip, Frames
from vcomp.media.pixels import to_tensor
from vcomp.media.read import media_kind, read_clip, read_picture
from vcomp.media.resize import fit

if TYPE_CHECKING:
    from vcomp.engine.engine import Engine

MID_GREY = 127  # what is above is white in a mask, and paper in a drawing


def no_note(_: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Reader:
    """Reads sources for one generation; what it decided is said to `on_note`, a sentence each.

    Args:
        engine: Its extractors are used.
        settings: Rate, length and size count.
        on_note: Gets sentences for the user.
    """

    engine: Engine
    settings: Settings
    on_note: Callable[[str], None] = no_note

    def read(self, sources: Sources) -> Conditions:
        """All conditions that `sources` names.

        Raises:
            MediaError: A file is missing or unreadable.
            ConditionError: A file cannot serve as the condition it was named for.
        """
        given: dict[str, Any] = {"text": sources.text}
        if sources.image is not None:
            given["image"] = (to_tensor(self._first_frame(sources.image)) + 1) / 2
        if sources.style is not None:
            given["style"] = read_picture(sources.style)
        if sources.sketch is not None:
            name = "single_sketch" if media_kind(sources.sketch) == "picture" else "sketch"
            given[name] = self._sketch(sources.sketch)
        if sources.depth is not None:
            given["depth"] = self._depth(sources.depth)
        if sources.motion is not None:
            given["motion"] = self._motion(sources.motion)
        if sources.video is not None and sources.mask is not None:
            given["mask"] = self._mask(sources.video, sources.mask)
        return Conditions(**given)

    def _first_frame(self, path: str | Path) -> Frames:
        return fit(read_picture(path)[None], self.settings.size)

    def _clip(self, path: str | Path) -> Clip:
        """As many frames as the video will have, or fewer, at its rate."""
        clip = read_clip(path, num_frames=self.settings.num_frames, fps=self.settings.fps)
        if 1 < clip.num_frames < self.settings.num_frames:
            self.on_note(
                f"{path}: has {clip.num_frames} of {self.settings.num_frames} frames"
                f" at {self.settings.fps:g} fps, the last one is held"
            )
        return clip

    def _frames(self, path: str | Path) -> Frames:
        return read_picture(path)[None] if media_kind(path) == "picture" else self._clip(path).frames

    def _sketch(self, path: str | Path) -> Float[Tensor, "1 f h w"]:
        frames = self._frames(path)
        if looks_like_sketch(frames):
            polarity = "dark on light" if np.median(frames[0]) > MID_GREY else "light on dark"
            self.on_note(f"{path}: drawing, {polarity}, used as it is")
            return sketch_from_drawing(frames)
        self.on_note(f"{path}: edges by {self._named('PiDiNet')}")
        return self.engine.sketch(fit(frames, self.settings.size))

    def _depth(self, path: str | Path) -> Float[Tensor, "1 f h w"]:
        frames = self._frames(path)
        if looks_like_depth(frames):
            self.on_note(f"{path}: grey depth map, used as it is, light is near")
            depth = depth_from_grey(frames)
        else:
            self.on_note(f"{path}: depth by {self._named('estimator')}")
            depth = self.engine.depth(fit(frames, self.settings.size))
        if len(frames) == 1:
            return depth.expand(-1, self.settings.num_frames, -1, -1)
        return depth

    def _motion(self, path: str | Path) -> Float[Tensor, "2 f h w"]:
        if media_kind(path) == "picture":
            raise ConditionError(
                f"{path} is a picture, and a picture does not move.",
                hint="Give --motion a video; a picture can be the first frame with --image.",
            )
        frames = self._clip(path).frames
        self.on_note(f"{path}: motion by DIS optical flow")
        return self.engine.motion(fit(frames, self.settings.size))

    def _mask(self, video: str | Path, mask: str | Path) -> Float[Tensor, "4 f h w"]:
        frames = self._frames(video)
        # A mask of another size or shape is for the whole picture: stretched to it, and then cropped like it.
        height, width = frames.shape[1:3]
        masks = fit(fit(self._frames(mask), (width, height), "stretch"), self.settings.size)
        white = torch.from_numpy(masks.max(axis=-1) > MID_GREY)
        if not white.any():
            raise ConditionError(
                f"The mask {mask} has no white in it, so nothing would be regenerated.",
                hint="Paint white what is to be new, and black what is to stay.",
            )
        num_frames = max(len(frames), len(white))
        kept = (~_held(white, num_frames)).float()[None]
        rgb = _held(rearrange(to_tensor(fit(frames, self.settings.size)), "c f h w -> f c h w"), num_frames)
        return torch.cat([rearrange(rgb, "f c h w -> c f h w") * kept, kept])

    def _named(self, extractor: str) -> str:
        model = self.engine.system.card.name
        return f"the bundled {extractor}" if model == "tiny" else f"the {extractor} of {model}"


def _held(x: Tensor, num_frames: int) -> Tensor:
    """Repeat the last of `[f ...]` up to `num_frames`."""
    return torch.cat([x, x[-1:].expand(num_frames - len(x), *x.shape[1:])])
