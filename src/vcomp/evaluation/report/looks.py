"""What a report shows of a result: a video that browsers play, and frames for paper."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from vcomp.conditions.looks import Thinned
from vcomp.media.clip import Frame, Frames
from vcomp.media.encode import PREVIEW_OPTIONS, mp4_stream
from vcomp.media.inline import MIME_TYPES
from vcomp.media.preview import strip
from vcomp.media.read import UNTIMED_FPS, iter_frames, tidy_fps
from vcomp.media.resize import fit
from vcomp.media.sources import AnimationSource, Source, VideoSource, open_source

MAX_FILE_BYTES = 2**23
"""Of a video that goes into the page as it is; of a larger one a smaller copy does."""

_COPY_SIDE_PX = 512
_PLAYED = frozenset({("h264", "yuv420p"), ("vp8", "yuv420p"), ("vp9", "yuv420p"), ("av1", "yuv420p")})
_STRIP_HEIGHT_PX = 112


@dataclass(frozen=True, kw_only=True, eq=False)
class Look:
    """A result as it is shown.

    Args:
        file: The video itself, or a copy that browsers play.
        frames: A few of it, evenly spaced, uint8 RGB ``[f h w 3]``.
        num_frames: Of the whole.
        fps: At which it plays, on average.
    """

    file: Path
    frames: Frames
    num_frames: int
    fps: float

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return int(self.frames.shape[2]), int(self.frames.shape[1])

    @property
    def is_picture(self) -> bool:
        """Whether a browser shows it as a picture that moves."""
        return MIME_TYPES[self.file.suffix.lower()].startswith("image/")

    @property
    def strip(self) -> Frame:
        """For paper."""
        return strip({"result": self.frames}, height_px=_STRIP_HEIGHT_PX)


def look_at(path: str, copies: Path) -> Look:
    """Read a result once, from its beginning to its end.

    Args:
        path: A video, an animation or a folder of frames.
        copies: A folder for a copy, should it need one.

    Raises:
        MediaError: It cannot be read.
    """
    source = open_source(path, untimed_fps=UNTIMED_FPS)
    plays = _plays(Path(path), source)
    copy = copies / f"{len(list(copies.iterdir())):04d}.mp4"
    thinned, num_frames = Thinned(), 0
    with ExitStack() as stack:
        add: Callable[[Frame], None] | None = None
        for frame in iter_frames(path):
            thinned.add(frame.pixels)
            num_frames += 1
            if plays:
                continue
            size = _copy_size(frame.pixels)
            if add is None:
                stream = mp4_stream(copy, fps=source.fps, size=size, options=PREVIEW_OPTIONS)
                add = stack.enter_context(stream)
            add(fit(frame.pixels[None], size)[0])
    return Look(
        file=Path(path) if plays else copy,
        frames=thinned.frames,
        num_frames=num_frames,
        fps=tidy_fps(source.fps),
    )


def _plays(path: Path, source: Source) -> bool:
    """Whether the file itself can go into the page."""
    if path.suffix.lower() not in MIME_TYPES or not path.is_file() or path.stat().st_size > MAX_FILE_BYTES:
        return False
    if isinstance(source, VideoSource):
        with source.opened() as (_, stream):
            return (stream.codec_context.codec.canonical_name, stream.codec_context.pix_fmt) in _PLAYED
    return isinstance(source, AnimationSource)


def _copy_size(frame: Frame) -> tuple[int, int]:
    height, width, _ = frame.shape
    scale = min(1.0, _COPY_SIDE_PX / max(height, width))
    return max(1, round(width * scale)), max(1, round(height * scale))
