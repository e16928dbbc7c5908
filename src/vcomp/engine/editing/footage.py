"""A real video that is edited: read as often as needed, a frame at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vcomp.media.read import UNTIMED_FPS, iter_frames
from vcomp.media.sound import Sound, sound_of
from vcomp.media.sources import TimedFrame, open_source


@dataclass(frozen=True, kw_only=True)
class Footage:
    """What is known of a source before it is read.

    Args:
        path: A video, an animation, a picture, a folder of pictures or `-`.
        size: Width and height, as it is shown.
        fps: Frames per second, on average where they come unevenly.
        sound: None where there is none, or it is left out.
    """

    path: str | Path
    size: tuple[int, int]
    fps: float
    sound: Sound | None

    @classmethod
    def of(cls, path: str | Path, *, sound: bool = True) -> Footage:
        """Look at the first frame, and make sure that the sound can be read.

        Raises:
            MediaError: The file is missing or unreadable, or its sound is damaged.
        """
        first = next(iter_frames(path, num_frames=1)).pixels
        heard = sound_of(path) if sound else None
        if heard is not None:
            heard.check()
        fps = open_source(path, untimed_fps=UNTIMED_FPS).fps
        return cls(path=path, size=(first.shape[1], first.shape[0]), fps=fps, sound=heard)

    def frames(self) -> Iterator[TimedFrame]:
        """From the first on, as they are stored."""
        return iter_frames(self.path)

    def __str__(self) -> str:
        width, height = self.size
        return f"{self.path}: {width}x{height} at {self.fps:.4g} fps{', with sound' if self.sound else ''}"
