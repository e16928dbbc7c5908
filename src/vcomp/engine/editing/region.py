"""The part of a picture that the model works on: source, model and result each have a size of their own."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from jaxtyping import Float
from torch import Tensor

from vcomp.engine.editing.area import Box
from vcomp.engine.settings import MAX_SIDE_PX, MIN_SIDE_PX, SIZE_STEP_PX
from vcomp.media.clip import Frames
from vcomp.media.resize import fit

# The region is so many times as wide as what is made anew: the model sees what it has to go with.
SURROUNDINGS = 2.0
# Of a whole picture at whose size strokes are turned into motion: they are smooth, and need no more.
_LARGEST_WHOLE_PX = 768


@dataclass(frozen=True)
class Region:
    """A box of a picture, and the size at which the model sees it.

    Args:
        box: In pixels of the picture.
        canvas_size: Width and height of the picture.
        size: The model's width and height, multiples of 8 with about the proportions of the box.
    """

    box: Box
    canvas_size: tuple[int, int]
    size: tuple[int, int]

    def crop(self, frames: Frames) -> Frames:
        """The region of frames `[f h w 3]`, of whatever size, that show the whole picture."""
        height, width = frames.shape[1:3]
        part = self._part_of(width, height)
        return np.asarray(frames[:, part.rows, part.columns])

    def crop_motion(self, motion: Float[Tensor, "2 f h w"]) -> Float[Tensor, "2 f h w"]:
        """The region of motion of the whole picture; vectors stay what they are."""
        height, width = motion.shape[-2:]
        part = self._part_of(width, height)
        return motion[..., part.rows, part.columns]

    def seen(self, frames: Frames, size: tuple[int, int] | None = None) -> Frames:
        """The region as the model sees it, at its size or another."""
        return fit(self.crop(frames), size or self.size, "stretch")

    @property
    def whole_size(self) -> tuple[int, int]:
        """Of the whole picture where the region has the model's size, or smaller where that is large."""
        scale = sqrt(self.size[0] * self.size[1] / (self.box.width * self.box.height))
        scale = min(scale, _LARGEST_WHOLE_PX / max(self.canvas_size))
        width, height = (_stepped(side * scale) for side in self.canvas_size)
        return width, height

    def _part_of(self, width: int, height: int) -> Box:
        """The box in a picture of another size."""
        if (width, height) == self.canvas_size:
            return self.box
        across, down = width / self.canvas_size[0], height / self.canvas_size[1]
        left, top = min(round(self.box.left * across), width - 1), min(round(self.box.top * down), height - 1)
        right = min(max(round(self.box.right * across), left + 1), width)
        bottom = min(max(round(self.box.bottom * down), top + 1), height)
        return Box(left, top, right - left, bottom - top)

    def __str__(self) -> str:
        return f"{self.box.width}x{self.box.height} at {self.box.left},{self.box.top}"


def region_around(bounds: Box, canvas_size: tuple[int, int], side_px: int) -> Region:
    """The region for making a part of a picture anew, as square as the picture allows.

    Args:
        bounds: Of what is made anew.
        canvas_size: Width and height of the picture.
        side_px: The model works on so many pixels squared. No region is smaller: it would be enlarged.
    """
    wanted = max(round(max(bounds.width, bounds.height) * SURROUNDINGS), side_px)
    width, height = (min(wanted, side) for side in canvas_size)
    box = Box(
        _placed(bounds.left, bounds.width, width, canvas_size[0]),
        _placed(bounds.top, bounds.height, height, canvas_size[1]),
        width,
        height,
    )
    return Region(box, canvas_size, size_near(width / height, side_px))


def whole_region(canvas_size: tuple[int, int], size: tuple[int, int], side_px: int) -> Region:
    """The largest part in the middle that has the proportions of `size`."""
    width, height = canvas_size
    aspect = size[0] / size[1]
    kept_width, kept_height = min(width, round(height * aspect)), min(height, round(width / aspect))
    left, top = (width - kept_width) // 2, (height - kept_height) // 2
    return Region(Box(left, top, kept_width, kept_height), canvas_size, size_near(aspect, side_px))


def size_near(aspect: float, side_px: int) -> tuple[int, int]:
    """Width and height in multiples of 8, of about `side_px` squared pixels in these proportions."""
    height = _stepped(side_px / sqrt(aspect))
    width = _stepped(height * aspect)
    return width, max(height, _stepped(width / aspect)) if width == MIN_SIDE_PX else height


def _stepped(side: float) -> int:
    return min(max(round(side / SIZE_STEP_PX) * SIZE_STEP_PX, MIN_SIDE_PX), MAX_SIDE_PX)


def _placed(start: int, length: int, wanted: int, limit: int) -> int:
    """Where a part of `wanted` begins that has the other in its middle, as far as the picture reaches."""
    return min(max(start + length // 2 - wanted // 2, 0), limit - wanted)
