"""Videos and files that are odd, broken or hostile, written for the tests at tiny sizes."""

from __future__ import annotations

import random
import zipfile
import zlib
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

FRAMES = np.stack(
    [np.roll(np.indices((48, 64, 3)).sum(0).astype(np.uint8) * 2, 3 * i, axis=1) for i in range(8)]
)


def write_odd_video(
    path: Path,
    *,
    frames: np.ndarray = FRAMES,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    pixel_aspect: Fraction | None = None,
    turn: tuple[int, bool, bool] | None = None,
    times_ms: Sequence[int] | None = None,
) -> Path:
    """A video with oblong pixels, a display matrix (degrees, mirrored across, down) or times of its own."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=8)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = pix_fmt
        stream.codec_context.time_base = Fraction(1, 1000)
        if pixel_aspect:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        if turn:
            stream.set_display_rotation(turn[0], hflip=turn[1], vflip=turn[2])
        for index, pixels in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(pixels, format="rgba" if pixels.shape[2] == 4 else "rgb24")
            picture.pts = 125 * index if times_ms is None else times_ms[index]
            picture.time_base = Fraction(1, 1000)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def _cut(path: Path, share: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])


def missing(path: Path) -> None:
    """Nothing there."""


def empty(path: Path) -> None:
    path.touch()


def zeros(path: Path) -> None:
    path.write_bytes(bytes(5000))


def noise(path: Path) -> None:
    path.write_bytes(random.Random(0).randbytes(5000))


def text(path: Path) -> None:
    path.write_text("this is no video\n" * 100)


def html(path: Path) -> None:
    path.write_text("<!doctype html><title>Not found</title>" * 20)


def archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("video.mp4", bytes(1000))


def program(path: Path) -> None:
    path.write_bytes(b"\x7fELF" + bytes(3000))


def dangling_link(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def folder_without_pictures(path: Path) -> None:
    path.mkdir()
    (path / "notes.txt").write_text("nothing to see")


def folder_of_sizes(path: Path) -> None:
    path.mkdir()
    Image.fromarray(FRAMES[0]).save(path / "0.png")
    Image.fromarray(FRAMES[0][:24]).save(path / "1.png")


def index_cut_off(path: Path) -> None:
    _cut(write_odd_video(path), 0.6)


def end_missing(path: Path) -> None:
    """Its index comes first and promises frames that are not there."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=8)
        stream.height, stream.width = FRAMES.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for pixels in FRAMES:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    _cut(path, 0.7)


def png_cut_off(path: Path) -> None:
    Image.fromarray(FRAMES[0]).save(path, format="PNG")
    _cut(path, 0.5)


def jpeg_cut_off(path: Path) -> None:
    Image.fromarray(FRAMES[0]).save(path, format="JPEG")
    _cut(path, 0.5)


def gif_cut_off(path: Path) -> None:
    first, *others = (Image.fromarray(frame) for frame in FRAMES)
    first.save(path, format="GIF", save_all=True, append_images=others)
    _cut(path, 0.5)


def picture_bomb(path: Path) -> None:
    """A PNG of a few bytes that says it has ten thousand million pixels."""
    head = (100_000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    chunk = b"IHDR" + head
    body = len(head).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body + bytes(100))


def giant_frames(path: Path) -> None:
    """A video whose frames are larger than any screen."""
    path.write_bytes(b"YUV4MPEG2 W16000 H16000 F25:1 Ip A1:1 C420\nFRAME\n" + bytes(4096))


def sound_only(path: Path) -> None:
    with av.open(str(path), "w", format="wav") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))


def unknown_codec(path: Path) -> None:
    """A whole Matroska file whose codec nobody has heard of."""
    data = write_odd_video(path.with_suffix(".mkv")).read_bytes()
    assert data.count(b"V_MPEG4/ISO/AVC") == 1
    path.write_bytes(data.replace(b"V_MPEG4/ISO/AVC", b"V_UNKNOWN/CODEC"))


def leaping_times(path: Path) -> None:
    write_odd_video(path, times_ms=[0, 125, 250, 36_000_000, 36_000_125, 36_000_250, 36_000_375, 36_000_500])


def playlist_of_the_network(path: Path) -> None:
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n")


def list_of_files(path: Path) -> None:
    path.write_text("ffconcat version 1.0\nfile /etc/hostname\n")


BROKEN: tuple[Callable[[Path], None], ...] = (
    missing, empty, zeros, noise, text, html, archive, program, dangling_link, device,
    folder_without_pictures, folder_of_sizes, index_cut_off, end_missing, png_cut_off, jpeg_cut_off,
    gif_cut_off, picture_bomb,
    giant_frames, sound_only, unknown_codec, leaping_times, playlist_of_the_network, list_of_files,
)  # fmt: skip
