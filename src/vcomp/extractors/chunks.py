"""Media as chunks of frames of one size, so that however long it is, only a few are in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from vcomp.errors import UsageError
from vcomp.media.clip import Frame, Frames
from vcomp.media.prefetch import prefetched
from vcomp.media.read import iter_frames
from vcomp.media.resize import FitMode, fit
from vcomp.media.sources import TimedFrame

CHUNK_FRAMES = 8
SIZE_STEP_PX = 8  # a latent pixel: extracted conditions fit a video of their own size
SHORT_SIDE_PX = 256
MIN_SIDE_PX, MAX_SIDE_PX = 16, 4096


@dataclass(frozen=True)
class Sampling:
    """Which frames of a source, at which size.

    Args:
        fps: Frames per second of the source's time; None takes every frame stored.
        num_frames: At most so many; None takes all.
        start_s: Where in the source to begin.
        size: Width and height, or the length of the shorter side, with the other by the source's proportions.
            Sides are brought to multiples of 8, and pictures that are smaller are not enlarged.
        fit: How a picture of other proportions fills the size.

    Raises:
        UsageError: The size is out of range.
    """

    fps: float | None = None
    num_frames: int | None = None
    start_s: float = 0.0
    size: tuple[int, int] | int = SHORT_SIDE_PX
    fit: FitMode = "crop"

    def __post_init__(self) -> None:
        sides = (self.size,) if isinstance(self.size, int) else self.size
        for side in sides:
            if not MIN_SIDE_PX <= side <= MAX_SIDE_PX:
                raise UsageError(
                    f"A side of {side} pixels cannot be extracted.",
                    hint=f"It is from {MIN_SIDE_PX} to {MAX_SIDE_PX}.",
                )

    def size_of(self, width: int, height: int) -> tuple[int, int]:
        """The size at which a source of this size is extracted."""
        if not isinstance(self.size, int):
            return self.size
        scale = min(1.0, self.size / min(width, height))
        return _tidy(width * scale), _tidy(height * scale)


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some frames that follow each other.

    Args:
        frames: At the size of extraction.
        before: The frame before them; None at the start.
        first: The source's frame that the first of them was made from, at its own size.
        times_s: When each is shown in the source.
    """

    frames: Frames
    before: Frame | None
    first: Frame
    times_s: tuple[float, ...]


def read_chunks(path: str | Path, sampling: Sampling) -> Iterator[Chunk]:
    """All frames that `sampling` names, decoded in a thread.

    Raises:
        MediaError: See `vcomp.media.read.iter_frames`.
        UsageError: Likewise.
    """
    timed = iter_frames(path, num_frames=sampling.num_frames, fps=sampling.fps, start_s=sampling.start_s)
    yield from prefetched(_chunks(timed, sampling))


def _chunks(timed: Iterator[TimedFrame], sampling: Sampling) -> Iterator[Chunk]:
    before: Frame | None = None
    while True:
        frames: list[Frame] = []
        times_s: list[float] = []
        first: Frame | None = None
        for frame in islice(timed, CHUNK_FRAMES):
            first = frame.pixels if first is None else first
            height, width, _ = frame.pixels.shape
            frames.append(fit(frame.pixels[None], sampling.size_of(width, height), sampling.fit)[0])
            times_s.append(frame.time_s)
        if first is None:
            return
        yield Chunk(np.stack(frames), before, first, tuple(times_s))
        before = frames[-1]


def _tidy(side: float) -> int:
    """A multiple of 8, but for what is too small to be one."""
    return max(round(side / SIZE_STEP_PX) * SIZE_STEP_PX, SIZE_STEP_PX)
