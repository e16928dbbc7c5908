"""Files that only the FFmpeg beside PyAV decodes: real ones, which its encoders write where it has them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest

from vcomp.errors import MediaError
from vcomp.media import Clip, iter_frames, media_kind, read_clip, read_picture, write_clip

SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="40" height="24">
<rect x="10" y="6" width="20" height="12" fill="#00f"/></svg>"""


def encoded(source: Path, out: Path, *options: str) -> Path:
    """Written by the executable, or a skip where its build lacks the encoder."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", str(source), *options, str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "Unknown encoder" in done.stderr:
        pytest.skip("this FFmpeg lacks the encoder")
    assert done.returncode == 0, done.stderr
    with av.open(str(out)) as container:
        if container.streams.video[0].codec_context is not None:
            pytest.skip("this PyAV has the decoder itself")
    return out


def test_a_jpeg_xl_is_read_to_the_pixel(clip: Clip, tmp_path: Path) -> None:
    write_clip(Clip(clip.frames[:1], 8.0), f"{tmp_path}/png/")
    path = encoded(tmp_path / "png" / "0000.png", tmp_path / "a.jxl", "-c:v", "libjxl", "-distance", "0")
    assert media_kind(path) == "picture"
    assert np.array_equal(read_picture(path), clip.frames[0])
    assert read_clip(path).num_frames == 1


def test_a_jpeg_xl_that_moves_is_a_video(clip: Clip, tmp_path: Path) -> None:
    write_clip(clip, f"{tmp_path}/png/")
    options = ("-c:v", "libjxl_anim", "-distance", "0", "-f", "image2pipe")
    path = encoded(tmp_path / "png" / "%04d.png", tmp_path / "a.jxl", *options)
    assert media_kind(path) == "video"
    read = read_clip(path)
    assert read.num_frames == clip.num_frames
    assert np.array_equal(read.frames, clip.frames)
    [late] = iter_frames(path, num_frames=1, start_s=8 / read.fps)
    assert np.array_equal(late.pixels, clip.frames[8])


def test_a_video_keeps_rate_and_size(clip: Clip, tmp_path: Path) -> None:
    write_clip(clip, tmp_path / "a.mp4")
    path = encoded(tmp_path / "a.mp4", tmp_path / "a.mkv", "-c:v", "libxavs2")
    assert media_kind(path) == "video"
    read = read_clip(path, num_frames=4)  # the encoder loses the times of so short a clip
    assert (read.num_frames, read.fps, read.size) == (4, 8, clip.size)
    assert np.abs(read.frames[0].astype(int) - clip.frames[0]).mean() < 6


def test_a_vector_drawing_lies_over_white(tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_text(SVG)
    if "librsvg" not in imageio_build():
        pytest.skip("this FFmpeg cannot draw SVG")
    assert media_kind(tmp_path / "a.svg") == "picture"
    picture = read_picture(tmp_path / "a.svg")
    assert picture.shape == (24, 40, 3)
    assert picture[2, 2].tolist() == [255, 255, 255]
    assert picture[12, 20].tolist() == [0, 0, 255]


def test_a_damaged_one_ends_in_a_sentence(clip: Clip, tmp_path: Path) -> None:
    write_clip(Clip(clip.frames[:1], 8.0), f"{tmp_path}/png/")
    path = encoded(tmp_path / "png" / "0000.png", tmp_path / "a.jxl", "-c:v", "libjxl")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(MediaError) as caught:
        read_picture(path)
    assert "a.jxl" in caught.value.message
    assert "\n" not in str(caught.value)


def test_without_an_executable_it_is_a_sentence_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.svg").write_text(SVG)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "nowhere"))
    with pytest.raises(MediaError, match=r"a\.svg is in a codec that no FFmpeg here decodes\.") as caught:
        read_picture(tmp_path / "a.svg")
    assert "IMAGEIO_FFMPEG_EXE" in (caught.value.hint or "")


def imageio_build() -> str:
    """The decoders of the executable."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-decoders"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
