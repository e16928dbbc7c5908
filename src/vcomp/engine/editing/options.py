"""What a user decides about an edit, beside where: checked without torch."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from vcomp.engine.checks import check_name, check_once, check_range
from vcomp.engine.editing.area import MAX_CANVAS_PX
from vcomp.engine.settings import MAX_FPS, MAX_SIDE_PX, MIN_SIDE_PX
from vcomp.engine.sources import Sources
from vcomp.errors import UsageError

if TYPE_CHECKING:
    from vcomp.engine.engine import Engine

KEEPABLE = ("sketch", "depth", "motion")
"""The conditions that stylizing may take from the video."""

_SMALLEST_PX = 16
_MANY_FRAMES = 10**6


@dataclass(frozen=True, kw_only=True)
class Working:
    """How the model works on a video, whose size and rate are others.

    Args:
        size_px: On about so many pixels squared, in the proportions of what it works on. None is as trained.
        fps: Frames it makes for a second; those between them follow their motion. None is nearest to what it
            was trained on, with every frame at one of the video's.

    Raises:
        UsageError: A value is out of range.
    """

    size_px: int | None = None
    fps: float | None = None

    def __post_init__(self) -> None:
        if self.size_px is not None:
            check_range("size at which the model works", self.size_px, MIN_SIDE_PX, MAX_SIDE_PX)
        if self.fps is not None and not 0 < self.fps <= MAX_FPS:
            raise UsageError(
                f"The rate at which the model works is {self.fps:g}.",
                hint=f"It is above 0 and at most {MAX_FPS} frames per second.",
            )

    def side_px(self, engine: Engine) -> int:
        """The number of pixels, as the side of a square."""
        return engine.system.card.size_px if self.size_px is None else self.size_px

    def rate(self, engine: Engine, fps: float) -> float:
        """Frames per second that are generated for a video of `fps`, never more than that."""
        if self.fps is not None:
            return min(fps, self.fps)
        return fps / max(1, round(fps / engine.system.card.fps))


@dataclass(frozen=True, kw_only=True)
class Remake:
    """What stays of a video in another look, and how the result is shown; None is as the video's.

    Args:
        keep: Some of `KEEPABLE`.
        size: Width and height.
        fps: Frames per second.
        num_frames: At most so many frames of the result, from its beginning.

    Raises:
        UsageError: A name is unknown or a value out of range.
    """

    keep: tuple[str, ...] = KEEPABLE
    size: tuple[int, int] | None = None
    fps: float | None = None
    num_frames: int | None = None

    def __post_init__(self) -> None:
        if not self.keep:
            raise UsageError("Nothing of the video is kept.", hint=f"Choose from {', '.join(KEEPABLE)}.")
        for name in self.keep:
            check_name("condition to keep", name, KEEPABLE)
        check_once("condition to keep", list(self.keep))
        for side in self.size or ():
            check_range("side of the result", side, _SMALLEST_PX, MAX_CANVAS_PX)
        if self.fps is not None and not 0 < self.fps <= MAX_FPS:
            raise UsageError(f"The frame rate is {self.fps:g}.", hint=f"It is above 0 and at most {MAX_FPS}.")
        if self.num_frames is not None:
            check_range("number of frames", self.num_frames, 1, _MANY_FRAMES)


def check_only(sources: Sources, allowed: Collection[str], *, doing: str) -> None:
    """Raise if a source is named that an edit has no use for.

    Raises:
        UsageError: One is.
    """
    for field in fields(sources):
        if field.name not in allowed and getattr(sources, field.name):
            raise UsageError(f"{doing} takes no {field.name}.", hint=f"It takes {', '.join(allowed)}.")
