"""Media in: a picture, a clip, or a stream of frames sampled in time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Literal, Protocol, TypeVar

import numpy as np

from vcomp.errors import MediaError, UsageError
from vcomp.media.clip import Clip, Frame
from vcomp.media.sources import (
    OutsideSource,
    PicturesSource,
    Source,
    StoredFrame,
    TimedFrame,
    VideoSource,
    open_source,
)

UNTIMED_FPS = 8.0  # the rate of a folder of pictures that nobody gave one: that of the models
_TOLERANCE_S = 1e-3  # time stamps are often rounded to a millisecond
MAX_HELD_S = 600.0  # nothing shows one frame for longer; a leap in time would be filled with copies


class _Shown(Protocol):
    """Something that is shown at a time, for some time."""

    @property
    def time_s(self) -> float: ...

    @property
    def duration_s(self) -> float: ...


_Timed = TypeVar("_Timed", bound=_Shown)


def media_kind(path: str | Path) -> Literal["picture", "video"]:
    """Whether a path is one still picture or moving ones (a video, an animation, a folder), by its content.

    Raises:
        MediaError: if it is missing, unreadable or neither.
    """
    match open_source(path, untimed_fps=UNTIMED_FPS):
        case PicturesSource(paths=(_,)) if not Path(path).is_dir():
            return "picture"
        case VideoSource(is_still=True) | OutsideSource(is_still=True):
            return "picture"
    return "video"


def read_picture(path: str | Path) -> Frame:
    """Read a picture as uint8 RGB `[h w 3]`: upright, over white where transparent. Of a video, the first.

    Raises:
        MediaError: if it is missing, unreadable or empty.
    """
    return next(iter_frames(path, num_frames=1)).pixels


def read_clip(
    path: str | Path, *, num_frames: int | None = None, fps: float | None = None, start_s: float = 0.0
) -> Clip:
    """Read a clip: a video, an animation, a folder of pictures, a picture (one frame), or `-` (a pipe).

    Args:
        path: What to read.
        num_frames: Read so many and decode no further; a source that ends sooner gives fewer. None reads all.
        fps: Sample at this rate by the time stamps. None takes the frames as stored, at their mean rate.
        start_s: Where in the source to begin, in seconds.

    Raises:
        MediaError: if the source is missing, unreadable, damaged in the part read, or ends before `start_s`.
        UsageError: if an argument is out of its range.
    """
    timed = list(iter_frames(path, num_frames=num_frames, fps=fps, start_s=start_s))
    stored_fps = len(timed) / (timed[-1].time_s + timed[-1].duration_s - timed[0].time_s)
    return Clip(np.stack([frame.pixels for frame in timed]), fps=fps or tidy_fps(stored_fps))


def iter_frames(
    path: str | Path, *, num_frames: int | None = None, fps: float | None = None, start_s: float = 0.0
) -> Iterator[TimedFrame]:
    """Stream what `read_clip` reads, one frame in memory at a time, each with its time in the source.

    A frame sampled for a moment is the one stored nearest to it, so that times stay true to the source.

    Raises:
        MediaError: as `read_clip`, when the frame concerned is asked for.
        UsageError: if an argument is out of its range.
    """
    if num_frames is not None and num_frames < 1:
        raise UsageError(f"The number of frames is {num_frames}.", hint="Ask for at least 1.")
    if fps is not None and not 0 < fps < 1000:
        raise UsageError(f"The frame rate is {fps}.", hint="It is above 0 and below 1000 frames per second.")
    if not 0 <= start_s < float("inf"):
        raise UsageError(f"The start is {start_s} s.", hint="It is 0 or more seconds.")
    source = open_source(path, untimed_fps=fps or UNTIMED_FPS)
    return islice(_checked(source, path, fps=fps, start_s=start_s), num_frames)


def _checked(source: Source, path: str | Path, *, fps: float | None, start_s: float) -> Iterator[TimedFrame]:
    """Frames from `start_s`, with an error for none at all and for a change of size."""
    stored = source.frames(start_s)
    if fps is None:
        sampled = _from(stored, start_s)
    else:
        sampled = resampled(stored, fps, start_s=start_s, name=str(path))
    shape: tuple[int, ...] | None = None
    for frame in (one.timed for one in sampled):
        shape = shape or frame.pixels.shape
        if frame.pixels.shape != shape:
            (h, w, _), (new_h, new_w, _) = shape, frame.pixels.shape
            raise MediaError(
                f"{path} changes from {w}x{h} to {new_w}x{new_h} pixels at {frame.time_s:.2f} s.",
                hint="Bring its frames to one size first.",
            )
        yield frame
    if shape is None and start_s > 0:
        raise MediaError(f"{path} ends before {start_s:g} s.", hint="Start sooner.")
    if shape is None:
        raise MediaError(f"{path} holds no frames.", hint="Name another file; this one cannot be played.")


def _from(stored: Iterator[StoredFrame], start_s: float) -> Iterator[StoredFrame]:
    return (frame for frame in stored if frame.time_s >= start_s - _TOLERANCE_S)


def _without_leaps(stored: Iterable[_Timed], name: str, *, start_s: float) -> Iterator[_Timed]:
    before_s = start_s
    for frame in stored:
        if frame.time_s - before_s > MAX_HELD_S:
            raise MediaError(
                f"The time stamps of {name} leap from {before_s:.2f} s to {frame.time_s:.2f} s.",
                hint="They are damaged: ffmpeg -i IN -vf setpts=N/25/TB OUT gives it new ones.",
            )
        yield frame
        before_s = frame.time_s


def resampled(stored: Iterable[_Timed], fps: float, *, start_s: float = 0.0, name: str) -> Iterator[_Timed]:
    """For each moment `start_s + k / fps` the frame nearest to it, until the last has been shown.

    Args:
        stored: In order.
        fps: Frames per second.
        start_s: The first moment.
        name: Of their source, for messages.

    Raises:
        MediaError: Nothing is shown for minutes on end, so the times are wrong.
    """
    held: _Timed | None = None
    k = 0
    for frame in _without_leaps(stored, name, start_s=start_s):
        while held and start_s + k / fps <= (held.time_s + frame.time_s) / 2 + _TOLERANCE_S:
            yield held
            k += 1
        held = frame
    while held and start_s + k / fps < held.time_s + held.duration_s - _TOLERANCE_S:
        yield held
        k += 1


def tidy_fps(fps: float) -> float:
    """A whole rate where the measured one is within a hundredth of it: 8 where a GIF's twelve and a half
    hundredths of a second were rounded."""
    return float(round(fps)) if abs(round(fps) - fps) < 0.01 * fps else fps
