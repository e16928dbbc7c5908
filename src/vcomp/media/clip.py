"""A short video held in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import UInt8

from vcomp.errors import MediaError

Frame: TypeAlias = UInt8[np.ndarray, "h w 3"]
Frames: TypeAlias = UInt8[np.ndarray, "f h w 3"]


def evenly_spaced(length: int, count: int) -> list[int]:
    """Indices of so many of `length` frames, the first and the last among them, or of all."""
    return [int(index) for index in np.linspace(0, length - 1, min(count, length)).round()]


@dataclass(frozen=True)
class Clip:
    """Frames shown at a constant rate.

    Args:
        frames: uint8 RGB `[f h w 3]`, at least one frame.
        fps: Frames per second, above 0.

    Raises:
        MediaError: if the frames have another shape or type, or the rate is not positive.
    """

    frames: Frames
    fps: float

    def __post_init__(self) -> None:
        shape, dtype = self.frames.shape, self.frames.dtype
        if dtype != np.uint8 or len(shape) != 4 or shape[3] != 3 or 0 in shape:
            raise MediaError(f"A clip is uint8 [f h w 3] with at least one pixel, not {dtype} {list(shape)}.")
        if not (np.isfinite(self.fps) and self.fps > 0):
            raise MediaError(f"A clip has a positive frame rate, not {self.fps}.")

    @property
    def num_frames(self) -> int:
        """How many frames there are."""
        return int(self.frames.shape[0])

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return int(self.frames.shape[2]), int(self.frames.shape[1])

    @property
    def duration_s(self) -> float:
        """How long it plays."""
        return self.num_frames / self.fps
