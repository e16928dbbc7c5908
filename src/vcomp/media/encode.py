"""Frames to the bytes of each format. Complete files only; where they go is `vcomp.media.write`'s business.

MP4 and GIF are encoded by PyAV, which reading needs anyway: its FFmpeg is in this process, so that Ctrl-C and
errors are ordinary exceptions with no child to reap, and it writes to a pipe as it does to a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from math import ceil
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, BinaryIO

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from vcomp.errors import OutputError
from vcomp.media.clip import Clip, Frame
from vcomp.media.comment import exif_with_comment, insert_gif_comment
from vcomp.media.film import Film
from vcomp.media.sound import Sound

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.filter import Graph
    from av.video import VideoStream

# One clip must give the same frames everywhere: x264's output depends on the number of threads, and its rate
# control by macroblock trees gave several results for one clip of 64x64 pixels, whatever the threads.
_X264_OPTIONS = {"crf": "17", "preset": "medium", "threads": "2", "mbtree": "0"}
# For what is only looked at: a tenth of the time.
PREVIEW_OPTIONS = MappingProxyType({"crf": "20", "preset": "ultrafast", "threads": "1"})
_WHOLE_FILE = {"movflags": "+faststart"}
# The header waits for the first packets: written before them, it could not say that frames begin at 0.
_FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+delay_moov"}
_TICKS_PER_S = 90_000
_WEBP_QUALITY = 92
_WEBP_LARGEST_SIDE = 16383  # the format has 14 bits for a side


def encode_mp4(clip: Clip, target: Path | BinaryIO, *, comment: str | None) -> None:
    """H.264 in yuv420p and BT.709, which every player plays; fragmented in a stream, which cannot be sought.

    Odd sides are made even, as yuv420p wants them, by repeating the last row or column.
    """
    with mp4_stream(target, fps=clip.fps, size=clip.size, comment=comment) as add:
        for frame in clip.frames:
            add(frame)


@contextmanager
def mp4_stream(
    target: Path | BinaryIO,
    *,
    fps: float,
    size: tuple[int, int],
    comment: str | None = None,
    options: Mapping[str, str] = _X264_OPTIONS,
) -> Iterator[Callable[[Frame], None]]:
    """What `encode_mp4` writes, one frame at a time: yields the function that takes them.

    Args:
        target: A file, or something to write to.
        fps: Frames per second.
        size: Width and height of the frames.
        comment: Text to embed.
        options: Of x264.
    """
    with _mp4(target, comment=comment) as container:
        stream = _h264(container, fps=fps, size=size, options=options)
        yield lambda frame: container.mux(stream.encode(_to_yuv(frame)))
        container.mux(stream.encode(None))


def encode_film(film: Film, target: Path | BinaryIO, *, comment: str | None) -> None:
    """An MP4 as `encode_mp4` writes it, each frame at its own time, with the film's sound.

    Raises:
        MediaError: The sound is damaged.
    """
    with _mp4(target, comment=comment) as container:
        stream = _h264(container, fps=film.fps, size=film.size, options=_X264_OPTIONS)
        stream.codec_context.time_base = time_base = _fine_time_base(_rate(film.fps))
        sound = _Track(film.sound, container)
        before, end_s = -1, 0.0
        for frame in film.frames():
            picture = _to_yuv(frame.pixels)
            before = picture.pts = max(round(frame.time_s / time_base), before + 1)
            picture.time_base, picture.duration = time_base, round(frame.duration_s / time_base)
            sound.mux_until(frame.time_s)
            container.mux(stream.encode(picture))
            end_s = frame.time_s + frame.duration_s
        container.mux(stream.encode(None))
        sound.mux_until(end_s)


class _Track:
    """The packets of a sound, each muxed when its time has come, so that nothing piles up in the muxer."""

    def __init__(self, sound: Sound | None, container: OutputContainer) -> None:
        self._container = container
        self._packets = iter(()) if sound is None else sound.packets_for(container)
        self._next = next(self._packets, None)

    def mux_until(self, time_s: float) -> None:
        """All that begin before a time."""
        while self._next is not None and self._next[0] < time_s:
            self._container.mux(self._next[1])
            self._next = next(self._packets, None)


@contextmanager
def _mp4(target: Path | BinaryIO, *, comment: str | None) -> Iterator[OutputContainer]:
    is_file = isinstance(target, Path)
    destination = f"file:{target}" if is_file else target
    options = _WHOLE_FILE if is_file else _FRAGMENTED
    with av.open(destination, "w", format="mp4", options=options) as container:
        if comment is not None:
            container.metadata["comment"] = comment
        yield container


def _h264(
    container: OutputContainer, *, fps: float, size: tuple[int, int], options: Mapping[str, str]
) -> VideoStream:
    stream: VideoStream = container.add_stream("libx264", rate=_rate(fps), options=dict(options))
    stream.width, stream.height = (side + side % 2 for side in size)
    stream.pix_fmt = "yuv420p"
    _tag_bt709(stream)
    return stream


def _fine_time_base(rate: Fraction) -> Fraction:
    """Of which a frame at a constant rate takes a whole number, and any other time is hit within 6 us."""
    return Fraction(1, rate.numerator * ceil(_TICKS_PER_S / rate.numerator))


def encode_gif(clip: Clip, target: Path, *, comment: str | None) -> None:
    """A GIF that loops, with one palette for the clip and an ordered dither: a diffused one would flicker."""
    with av.open(f"file:{target}", "w", format="gif") as container:
        stream = container.add_stream("gif", rate=_rate(clip.fps))
        stream.width, stream.height = clip.size
        stream.pix_fmt = "pal8"
        graph = _palette_graph(clip)
        for index, pixels in enumerate(clip.frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts, frame.time_base = index, 1 / _rate(clip.fps)
            graph.vpush(frame)
        graph.vpush(None)
        for _ in clip.frames:
            container.mux(stream.encode(graph.vpull()))
        container.mux(stream.encode(None))
    if comment is not None:
        target.write_bytes(insert_gif_comment(target.read_bytes(), comment))


def encode_webp(clip: Clip, target: Path, *, comment: str | None) -> None:
    """An animated WebP that loops, hard to tell from the original; a still one if nothing moves at all."""
    if max(clip.size) > _WEBP_LARGEST_SIDE:
        raise OutputError(
            f"A WebP cannot be {clip.size[0]}x{clip.size[1]} pixels.",
            hint="Write to .mp4, or make it smaller.",
        )
    first, *others = (Image.fromarray(frame) for frame in clip.frames)
    ends_ms = np.rint(np.arange(1, clip.num_frames + 1) * 1000 / clip.fps).astype(int)
    durations_ms: list[int] = np.diff(ends_ms, prepend=0).tolist()  # whole milliseconds that do not drift
    exif = {} if comment is None else {"exif": exif_with_comment(comment)}
    first.save(
        target,
        format="WEBP",
        save_all=True,
        append_images=others,
        duration=durations_ms,
        loop=0,
        quality=_WEBP_QUALITY,
        method=4,
        **exif,
    )


def encode_folder(clip: Clip, target: Path, *, comment: str | None) -> None:
    """Numbered PNGs, `0000.png` onwards. The first one carries the comment and the frame rate."""
    encode_pictures(clip.frames, target, fps=clip.fps, comment=comment)


def encode_pictures(frames: Iterable[Frame], target: Path, *, fps: float, comment: str | None) -> None:
    """What `encode_folder` writes, of frames that may come one by one."""
    target.mkdir()
    texts = {"fps": repr(fps)} | ({} if comment is None else {"Comment": comment})
    for index, frame in enumerate(frames):
        encode_png(frame, target / f"{index:04d}.png", texts=texts if index == 0 else {})


def encode_png(picture: Frame, target: Path, *, texts: dict[str, str]) -> None:
    """One PNG with text chunks."""
    info = PngInfo()
    for key, text in texts.items():
        info.add_text(key, text)
    Image.fromarray(picture).save(target, format="PNG", pnginfo=info)


def _rate(fps: float) -> Fraction:
    return Fraction(fps).limit_denominator(1001)


def _tag_bt709(stream: VideoStream) -> None:
    codec = stream.codec_context
    codec.colorspace, codec.color_range = Colorspace.ITU709, ColorRange.MPEG
    codec.color_primaries, codec.color_trc = ColorPrimaries.BT709, ColorTrc.BT709


def _to_yuv(frame: Frame) -> av.VideoFrame:
    h, w, _ = frame.shape
    even = np.pad(frame, ((0, h % 2), (0, w % 2), (0, 0)), mode="edge") if h % 2 or w % 2 else frame
    return av.VideoFrame.from_ndarray(even, format="rgb24").reformat(
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
        interpolation=Interpolation.AREA,  # averages the four pixels that share a colour
    )


def _palette_graph(clip: Clip) -> Graph:
    graph: Graph = av.filter.Graph()
    w, h = clip.size
    source = graph.add_buffer(
        width=w, height=h, format=av.VideoFormat("rgb24"), time_base=1 / _rate(clip.fps)
    )
    split = graph.add("split")
    palette = graph.add("palettegen", "stats_mode=full:reserve_transparent=0")
    use = graph.add("paletteuse", "dither=bayer:bayer_scale=3")
    sink = graph.add("buffersink")
    source.link_to(split)
    split.link_to(use, 0, 0)
    split.link_to(palette, 1, 0)
    palette.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    return graph
