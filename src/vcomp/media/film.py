"""A video of any length, read or made one frame at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from vcomp.media.clip import Clip
from vcomp.media.read import resampled
from vcomp.media.sound import Sound
from vcomp.media.sources import TimedFrame


@dataclass(frozen=True, kw_only=True)
class Film:
    """Frames that are there only while somebody looks at them, and the sound they go with.

    Args:
        frames: Gives them from the first on, whenever it is called; uint8 RGB `[h w 3]` of one size, each
            with the time at which it is shown and for how long.
        size: Width and height in pixels.
        fps: Frames per second, on average where they come unevenly.
        sound: None is silence.
    """

    frames: Callable[[], Iterator[TimedFrame]]
    size: tuple[int, int]
    fps: float
    sound: Sound | None = None

    def even_frames(self) -> Iterator[TimedFrame]:
        """At a constant rate: for each moment the frame nearest to it."""
        return resampled(self.frames(), self.fps, name="The video")

    def clip(self) -> Clip:
        """All of it in memory, at a constant rate and without sound."""
        return Clip(np.stack([frame.pixels for frame in self.even_frames()]), self.fps)
