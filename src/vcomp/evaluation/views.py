"""A video and what it is compared with, a few frames at a time, so that neither has to fit into memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
from jaxtyping import Float
from torch import Tensor

from vcomp.evaluation.toolbox import Toolbox
from vcomp.media.clip import Frame, Frames
from vcomp.media.prefetch import prefetched
from vcomp.media.read import iter_frames, media_kind
from vcomp.media.resize import fit
from vcomp.media.sources import TimedFrame

VIEW_FRAMES = 8
_TOLERANCE_S = 1e-3  # time stamps are often rounded to a millisecond


@dataclass(frozen=True, eq=False)
class View:
    """Some frames that follow each other. What several metrics need of them is computed once.

    Args:
        frames: Of the video, at its own size.
        index: Of the first of them.
        before: The frame before them; None at the start.
        compared: By the path of a reference, its frames of the same moments, fewer where it ends sooner.
        tools: Networks and estimators.
    """

    frames: Frames
    index: int
    before: Frame | None
    compared: Mapping[str, Frames]
    tools: Toolbox

    @cached_property
    def embeddings(self) -> Float[Tensor, "n d"]:
        """CLIP embeddings of the frames."""
        return self.tools.tower.images(self.frames)

    @cached_property
    def motion(self) -> Float[Tensor, "2 n h w"]:
        """Motion of each frame from the one before; of the video's first frame, zero."""
        return motion_of(self.frames, self.before, self.tools)


def motion_of(frames: Frames, before: Frame | None, tools: Toolbox) -> Float[Tensor, "2 n h w"]:
    """Motion of frames whose first one follows `before`."""
    if before is None:
        return tools.flow.run(frames)
    return tools.flow.run(np.concatenate([before[None], frames]))[:, 1:]


def views(path: str, references: Sequence[str], tools: Toolbox) -> Iterator[View]:
    """All of a video, decoded in a thread, with the frames of its references at the same moments.

    Args:
        path: Of the video.
        references: Paths of videos or pictures, each brought to the video's size.
        tools: For what views compute.

    Raises:
        MediaError: The video or a reference is missing, unreadable or damaged.
    """
    streams: dict[str, ReferenceStream] = {}
    before: Frame | None = None
    index = 0
    stored = prefetched(iter_frames(path))
    while timed := list(islice(stored, VIEW_FRAMES)):
        frames = np.stack([frame.pixels for frame in timed])
        if before is None:
            size = (frames.shape[2], frames.shape[1])
            streams = {path: ReferenceStream(path, size, start_s=timed[0].time_s) for path in references}
        times_s = [frame.time_s for frame in timed]
        compared = {path: stream.at(times_s) for path, stream in streams.items()}
        yield View(frames, index, before, compared, tools)
        before = frames[-1]
        index += len(frames)


class ReferenceStream:
    """A reference read as far as the video it belongs to.

    Frames are paired by the time at which they are shown, as `vcomp generate` samples a condition, so that
    rates may differ.

    Args:
        path: A video or a picture, which is one frame long.
        size: Width and height its frames are brought to, cropped at the centre where proportions differ.
        start_s: The time of the video's first frame, which belongs to the reference's first one.
    """

    def __init__(self, path: str, size: tuple[int, int], *, start_s: float = 0.0) -> None:
        self._size = size
        self._stored = iter_frames(path)
        self._current: TimedFrame = next(self._stored)
        self._upcoming: TimedFrame | None = next(self._stored, None)
        self._shift_s = self._current.time_s - start_s
        self._is_picture = media_kind(path) == "picture"

    def at(self, times_s: Sequence[float]) -> Frames:
        """The frames nearest to rising moments of the video; none for moments after the end."""
        found = []
        for time_s in times_s:
            frame = self._nearest(time_s + self._shift_s)
            if frame is None:
                break
            found.append(frame)
        width, height = self._size
        return np.stack(found) if found else np.zeros((0, height, width, 3), np.uint8)

    def _nearest(self, time_s: float) -> Frame | None:
        while (later := self._upcoming) and time_s > (self._current.time_s + later.time_s) / 2 + _TOLERANCE_S:
            self._current, self._upcoming = later, next(self._stored, None)
        shown_s = _TOLERANCE_S if self._is_picture else self._current.duration_s - _TOLERANCE_S
        ended_s = self._current.time_s + shown_s
        if self._upcoming is None and time_s >= ended_s:
            return None
        return np.asarray(fit(self._current.pixels[None], self._size)[0])


def count_frames(path: str) -> int:
    """How many frames a video has; it is decoded for that."""
    return sum(1 for _ in iter_frames(path))
