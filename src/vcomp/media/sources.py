"""What can be read as moving pictures: videos, animations, and pictures in a row. All decode as they go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import av
from PIL import Image

from vcomp.errors import MediaError
from vcomp.media.clip import Frame
from vcomp.media.executable import decoded_outside
from vcomp.media.inputs import Input, locate, pictures_in
from vcomp.media.pictures import DAMAGED_HINT, flatten, is_animated, is_picture, opened
from vcomp.media.upright import Turn, upright

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video import VideoFrame, VideoStream

_TEXT_ART_CODECS = ("ansi", "xbin", "idf", "bintext")  # FFmpeg renders any .txt as a film of a terminal
MAX_PIXELS = 2**26  # of a frame: twice 8K; a header that says more is broken, or means harm
_UNSAID_DURATION_S = 0.1  # how long browsers show a frame of a GIF that does not say


class TimedFrame(NamedTuple):
    """One frame, when it is shown (from the start of its source) and for how long, in seconds."""

    time_s: float
    duration_s: float
    pixels: Frame


@dataclass(frozen=True)
class StoredFrame:
    """A `TimedFrame` to be: not all that are decoded are sampled, and only those need be turned to RGB."""

    time_s: float
    duration_s: float
    render: Callable[[], Frame]

    @cached_property
    def timed(self) -> TimedFrame:
        """With its pixels."""
        return TimedFrame(self.time_s, self.duration_s, self.render())


class Source(Protocol):
    """Something that can be read as moving pictures, any number of times."""

    @property
    def fps(self) -> float:
        """Frames per second, on average where they are uneven."""

    def frames(self, start_s: float = 0.0) -> Iterator[StoredFrame]:
        """Decode in order, from some frame at or before `start_s`."""


def open_source(path: str | Path, *, untimed_fps: float) -> Source:
    """Find out by its content what a path is.

    Args:
        path: A video, a picture, a folder of pictures, or `-`.
        untimed_fps: The rate of what has none, as a folder of pictures.

    Raises:
        MediaError: if it is missing, unreadable or nothing to look at.
    """
    found = locate(path)
    if found.path.is_dir():
        pictures = pictures_in(found)
        return PicturesSource(paths=pictures, fps=_recorded_fps(pictures[0]) or untimed_fps)
    if not is_picture(found.path):
        video = VideoSource(found, untimed_fps=untimed_fps)
        return video if video.has_decoder else OutsideSource(video)
    if is_animated(found.path):
        return AnimationSource(found)
    return PicturesSource(paths=(found.path,), fps=untimed_fps)


@dataclass(frozen=True)
class PicturesSource:
    """Pictures in a row, shown equally long."""

    paths: tuple[Path, ...]
    fps: float

    def frames(self, start_s: float = 0.0) -> Iterator[StoredFrame]:
        """Decode from the picture shown at `start_s`."""
        for index in range(int(start_s * self.fps), len(self.paths)):
            path = self.paths[index]
            with opened(path, name=str(path)) as image:
                yield _stored(index / self.fps, 1 / self.fps, flatten(image))


@dataclass(frozen=True)
class AnimationSource:
    """An animated GIF, WebP, PNG or AVIF.

    Such files store a moment without change as one long frame. It is yielded as often as the shortest frame
    fits into it, so that the frames come evenly.
    """

    source: Input

    @property
    def fps(self) -> float:
        """Frames per second, on average."""
        return sum(self._repeats) / sum(self._durations_s)

    def frames(self, start_s: float = 0.0) -> Iterator[StoredFrame]:
        """Decode from the beginning: each frame may build on all before it."""
        time_s = 0.0
        with opened(self.source.path, name=self.source.name) as image:
            for index, (duration_s, repeats) in enumerate(zip(self._durations_s, self._repeats, strict=True)):
                image.seek(index)
                pixels = flatten(image)
                for _ in range(repeats):
                    yield _stored(time_s, duration_s / repeats, pixels)
                    time_s += duration_s / repeats

    @cached_property
    def _durations_s(self) -> tuple[float, ...]:
        with opened(self.source.path, name=self.source.name) as image:
            return tuple(_duration_s(image, index) for index in range(getattr(image, "n_frames", 1)))

    @cached_property
    def _repeats(self) -> tuple[int, ...]:
        shortest = min(self._durations_s)
        return tuple(round(duration / shortest) for duration in self._durations_s)


@dataclass(frozen=True)
class VideoSource:
    """Any video FFmpeg opens: turned as its side data says, its pixels square, any depth brought to 8 bit."""

    source: Input
    untimed_fps: float

    @cached_property
    def fps(self) -> float:
        """Frames per second; the average where the frames are uneven."""
        with self._demuxed() as (_, stream):
            guessed, average = stream.guessed_rate, stream.average_rate
        if guessed and average and abs(guessed / average - 1) < 0.1:
            return float(guessed)  # an edit list makes the average of an even video slightly wrong
        return float(average or guessed or self.untimed_fps)

    @cached_property
    def is_still(self) -> bool:
        """Whether FFmpeg reads it with a picture demuxer (a format Pillow lacks)."""
        with self._demuxed() as (container, _):
            return container.format.name == "image2" or container.format.name.endswith("_pipe")

    @cached_property
    def comment(self) -> str | None:
        """The comment in the container's metadata."""
        with self._demuxed() as (container, _):
            return container.metadata.get("comment")

    @cached_property
    def has_decoder(self) -> bool:
        """Whether PyAV's FFmpeg can decode its pictures."""
        with self._demuxed() as (_, stream):
            return stream.codec_context is not None

    def frames(self, start_s: float = 0.0) -> Iterator[StoredFrame]:
        """Decode from the key frame at or before `start_s`."""
        timed = self._timed(seek_s=start_s)
        first = next(timed, None)
        if start_s > 0 and (first is None or first.time_s > start_s):
            timed, first = self._timed(seek_s=0.0), None  # a transport stream may be sought too far
        if first is not None:
            yield first
        yield from timed

    def _timed(self, *, seek_s: float) -> Iterator[StoredFrame]:
        with self.opened() as (container, stream):
            stream.thread_type = "AUTO"
            origin_s = float((stream.start_time or 0) * (stream.time_base or 0))
            if seek_s > 0 and container.duration:
                with suppress(av.FFmpegError):  # what cannot be sought is decoded from its beginning
                    container.seek(int((seek_s + origin_s) * av.time_base))
            turn = None
            for index, frame in enumerate(self._decoded(container, stream)):
                turn = turn or Turn.of(frame)
                time_s = index / self.fps if frame.time is None else frame.time - origin_s
                duration_s = float((frame.duration or 0) * (frame.time_base or 0)) or 1 / self.fps
                yield StoredFrame(
                    time_s, duration_s, partial(upright, frame, turn, stream.sample_aspect_ratio)
                )

    @contextmanager
    def opened(self) -> Iterator[tuple[InputContainer, VideoStream]]:
        """Open the file, and find its pictures, for which there is a decoder.

        Raises:
            MediaError: It cannot be opened, or has none.
        """
        with self._demuxed() as (container, stream):
            if stream.codec_context.name in _TEXT_ART_CODECS:
                raise self._without_pictures()
            if stream.width * stream.height > MAX_PIXELS:
                raise MediaError(
                    f"{self.source.name} has frames of {stream.width}x{stream.height} pixels.",
                    hint="Make it smaller first.",
                )
            yield container, stream

    @contextmanager
    def _demuxed(self) -> Iterator[tuple[InputContainer, VideoStream]]:
        """Also where nothing decodes the pictures; the stream then has no codec context."""
        try:
            # "file:" keeps a colon in a name from naming a protocol; the whitelist keeps playlists offline.
            container = av.open(
                f"file:{self.source.path}", metadata_errors="ignore", options={"protocol_whitelist": "file"}
            )
        except av.FFmpegError as error:
            raise MediaError(
                f"{self.source.name} is no video or picture, or is damaged.",
                hint="Name a video or a picture. If it is one, it may have been cut short: get it again.",
            ) from error
        with container:
            streams = [s for s in container.streams.video if not s.disposition & s.disposition.attached_pic]
            if not streams:
                raise self._without_pictures()
            yield container, streams[0]

    def _without_pictures(self) -> MediaError:
        return MediaError(f"{self.source.name} has no pictures in it.", hint="Name a video or a picture.")

    def _decoded(self, container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
        shown = "before its first frame"
        try:
            for frame in container.decode(stream):
                yield frame
                shown = f"after {frame.time or 0:.2f} s"
        except av.FFmpegError as error:
            raise MediaError(f"{self.source.name} is damaged {shown}.", hint=DAMAGED_HINT) from error


@dataclass(frozen=True)
class OutsideSource:
    """A file that PyAV opens and has no decoder for; another FFmpeg decodes it, in a process of its own."""

    video: VideoSource

    @property
    def fps(self) -> float:
        """Frames per second."""
        return self.video.fps

    @property
    def is_still(self) -> bool:
        """Whether it is a single picture."""
        return self.video.is_still

    def frames(self, start_s: float = 0.0) -> Iterator[StoredFrame]:
        """Decode from the beginning."""
        fps = None if self.is_still else self.fps
        decoded = decoded_outside(self.video.source, fps=fps, max_pixels=MAX_PIXELS)
        for index, pixels in enumerate(decoded):
            yield _stored(index / self.fps, 1 / self.fps, pixels)


def _stored(time_s: float, duration_s: float, pixels: Frame) -> StoredFrame:
    return StoredFrame(time_s, duration_s, lambda: pixels)


def _duration_s(image: Image.Image, index: int) -> float:
    image.seek(index)
    image.load()  # WebP says how long a frame is shown only once it is decoded
    return float(image.info.get("duration") or 0) / 1000 or _UNSAID_DURATION_S


def _recorded_fps(picture: Path) -> float | None:
    """The rate that `write_clip` leaves in the first picture of a folder."""
    with opened(picture, name=str(picture)) as image, suppress(ValueError):
        return float(str(image.info.get("fps", ""))) or None
    return None
