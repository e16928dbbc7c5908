from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from vcomp.errors import MediaError, UsageError
from vcomp.media import Clip, iter_frames, media_kind, read_clip, read_picture, write_clip


def write_video(path: Path, frames: np.ndarray, times_ms: list[int], *, codec: str, pix_fmt: str) -> Path:
    """A video of any codec, with a time stamp of its own for each frame (the format: rgb24 or rgba)."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=30)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = pix_fmt
        stream.codec_context.time_base = Fraction(1, 1000)
        for pixels, time_ms in zip(frames, times_ms, strict=True):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgba" if frames.shape[3] == 4 else "rgb24")
            frame.pts, frame.time_base = time_ms, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def even_ms(count: int) -> list[int]:
    return [125 * index for index in range(count)]


def test_picture_modes_all_become_rgb(tmp_path: Path) -> None:
    ramp = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (8, 1))
    grey = np.repeat(ramp[..., None], 3, axis=-1)
    for name, picture in {
        "grey.png": Image.fromarray(ramp),
        "deep.png": Image.fromarray(ramp.astype(np.uint16) * 257),
        "float.tiff": Image.fromarray(ramp.astype(np.float32) / 255),
        "palette.png": Image.fromarray(grey).quantize(256),
        "rgb.bmp": Image.fromarray(grey),
    }.items():
        picture.save(tmp_path / name)
        assert np.array_equal(read_picture(tmp_path / name), grey), name


def test_transparency_becomes_white(tmp_path: Path) -> None:
    rgba = np.zeros((2, 3, 4), np.uint8)
    rgba[:, 1, 3], rgba[:, 2, 3] = 128, 255
    Image.fromarray(rgba).save(tmp_path / "a.png")
    assert read_picture(tmp_path / "a.png")[0, :, 0].tolist() == [255, 127, 0]


def test_exif_rotation_is_honoured(tmp_path: Path, clip: Clip) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise to see it upright
    Image.fromarray(clip.frames[0]).save(tmp_path / "turned.png", exif=exif)
    assert np.array_equal(read_picture(tmp_path / "turned.png"), np.rot90(clip.frames[0], -1))


def test_kind_is_told_by_content(tmp_path: Path, clip: Clip) -> None:
    Image.fromarray(clip.frames[0]).save(tmp_path / "still.gif")
    write_clip(clip, tmp_path / "moving.gif")
    write_clip(clip, tmp_path / "moving.mp4")
    (tmp_path / "moving.mp4").rename(tmp_path / "moving.png")
    write_clip(clip, tmp_path / "folder")
    assert media_kind(tmp_path / "still.gif") == "picture"
    for name in ("moving.gif", "moving.png", "folder"):
        assert media_kind(tmp_path / name) == "video"


def test_a_picture_is_a_clip_of_one_frame(tmp_path: Path, clip: Clip) -> None:
    Image.fromarray(clip.frames[0]).save(tmp_path / "one.png")
    assert np.array_equal(read_clip(tmp_path / "one.png").frames, clip.frames[:1])


def test_folder_is_in_the_order_of_its_numbers(tmp_path: Path, clip: Clip) -> None:
    for index in (0, 2, 10):
        Image.fromarray(clip.frames[index]).save(tmp_path / f"frame{index}.png")
    (tmp_path / "notes.txt").write_text("not a picture")
    read = read_clip(tmp_path, fps=12)
    assert read.fps == 12
    assert np.array_equal(read.frames, clip.frames[[0, 2, 10]])


def test_rotation_of_a_video_is_honoured(tmp_path: Path, clip: Clip) -> None:
    path = tmp_path / "turned.mp4"
    write_clip(clip, path)
    upright = read_clip(path).frames
    data = bytearray(path.read_bytes())
    matrix = data.index(b"tkhd") + 44  # ISO/IEC 14496-12, 8.3.2: after the times, the id and the volume
    quarter_turn = (0, 1 << 16, 0, -(1 << 16), 0, 0, 64 << 16, 0, 1 << 30)
    data[matrix : matrix + 36] = b"".join(value.to_bytes(4, "big", signed=True) for value in quarter_turn)
    path.write_bytes(data)
    assert np.array_equal(read_clip(path).frames, np.rot90(upright, -1, axes=(1, 2)))


@pytest.mark.parametrize(
    ("suffix", "codec", "pix_fmt"),
    [
        (".mkv", "ffv1", "gray"),
        (".mkv", "ffv1", "yuv420p10le"),
        (".avi", "mpeg4", "yuv420p"),
        (".mov", "png", "rgb24"),
    ],
)
def test_depths_and_containers(tmp_path: Path, suffix: str, codec: str, pix_fmt: str) -> None:
    frames = np.repeat(np.arange(20, 220, 25, dtype=np.uint8), 33 * 47 * 3).reshape(8, 33, 47, 3)
    path = write_video(tmp_path / f"v{suffix}", frames, even_ms(8), codec=codec, pix_fmt=pix_fmt)
    read = read_clip(path)
    assert read.size == (47, 33)
    assert np.abs(read.frames.astype(int) - frames).max() <= (12 if codec == "mpeg4" else 3)


def test_alpha_of_a_video_becomes_white(tmp_path: Path) -> None:
    frames = np.zeros((2, 16, 16, 4), np.uint8)
    frames[:, :, 8:, 3] = 255
    path = write_video(tmp_path / "a.mov", frames, even_ms(2), codec="png", pix_fmt="rgba")
    assert read_clip(path).frames[0, 0, :, 0].tolist() == [255] * 8 + [0] * 8


def test_uneven_frames_are_sampled_by_their_times(tmp_path: Path) -> None:
    times_ms = [0, 40, 400, 410, 420, 800, 1000]
    frames = np.repeat(np.arange(7, dtype=np.uint8) * 30, 16 * 16 * 3).reshape(7, 16, 16, 3)
    path = write_video(tmp_path / "v.mkv", frames, times_ms, codec="ffv1", pix_fmt="gray")
    sampled = read_clip(path, fps=10, num_frames=11).frames[:, 0, 0, 0] / 30
    nearest = [int(np.argmin(np.abs(np.array(times_ms) - 100 * k))) for k in range(11)]
    assert np.rint(sampled).tolist() == nearest


@pytest.mark.parametrize(("fps", "chosen"), [(4.0, range(0, 16, 2)), (16.0, [i // 2 for i in range(32)])])
def test_rates_are_converted_evenly(tmp_path: Path, clip: Clip, fps: float, chosen: list[int]) -> None:
    write_clip(clip, tmp_path / "v.mp4")
    stored = read_clip(tmp_path / "v.mp4").frames
    converted = read_clip(tmp_path / "v.mp4", fps=fps)
    assert converted.fps == fps
    assert np.array_equal(converted.frames, stored[list(chosen)])


@pytest.mark.parametrize("name", ["v.mp4", "v.gif", "v.webp", "v"])
def test_start_and_number_of_frames(tmp_path: Path, clip: Clip, name: str) -> None:
    write_clip(clip, tmp_path / name)
    stored = read_clip(tmp_path / name).frames
    for fps in (None, 8.0):
        part = read_clip(tmp_path / name, start_s=0.5, num_frames=6, fps=fps)
        assert np.array_equal(part.frames, stored[4:10])
    assert read_clip(tmp_path / name, start_s=1.5, num_frames=99).num_frames == 4


def test_start_within_a_transport_stream(tmp_path: Path, clip: Clip) -> None:
    path = write_video(tmp_path / "v.ts", clip.frames, even_ms(16), codec="libx264", pix_fmt="yuv420p")
    stored = read_clip(path).frames
    assert np.array_equal(read_clip(path, start_s=0.5, num_frames=3).frames, stored[4:7])


def test_frames_come_with_their_times(tmp_path: Path, clip: Clip) -> None:
    write_clip(clip, tmp_path / "v.mp4")
    assert [frame.time_s for frame in iter_frames(tmp_path / "v.mp4", fps=4)] == [k / 4 for k in range(8)]


def test_a_moment_held_in_an_animation_keeps_its_length(tmp_path: Path, clip: Clip) -> None:
    frames = clip.frames.copy()
    frames[5:9] = frames[5]
    for name in ("held.gif", "held.webp"):
        write_clip(Clip(frames, fps=8.0), tmp_path / name)
        read = read_clip(tmp_path / name)
        assert (read.num_frames, read.fps) == (16, 8.0)


def test_real_videos(real_video: Path) -> None:
    read = read_clip(real_video, num_frames=16, fps=8)
    assert read.frames.shape == (16, 360, 640, 3)
    assert read.frames.std() > 10
    assert read_clip(real_video, num_frames=4).fps == 16


def test_decoding_stops_with_the_last_frame_needed(tmp_path: Path, clip: Clip) -> None:
    path = write_video(tmp_path / "v.mkv", clip.frames, even_ms(16), codec="ffv1", pix_fmt="yuv444p")
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) * 3 // 4 :] = bytes(len(damaged) - len(damaged) * 3 // 4)
    path.write_bytes(damaged)
    assert len(list(islice(iter_frames(path), 4))) == 4


def test_reads_from_a_pipe(tmp_path: Path, clip: Clip) -> None:
    write_clip(clip, tmp_path / "v.mp4")
    code = (
        "from vcomp.media import media_kind, read_clip, read_picture\n"
        "clip = read_clip('-')\n"
        "assert (read_picture('-') == clip.frames[0]).all()\n"
        "print(media_kind('-'), clip.frames.shape, clip.fps)"
    )
    with (tmp_path / "v.mp4").open("rb") as stream:
        done = subprocess.run(
            [sys.executable, "-c", code], stdin=stream, capture_output=True, text=True, check=True
        )
    assert done.stdout == "video (16, 64, 96, 3) 8.0\n"


def _missing(path: Path, clip: Clip) -> None:
    pass


def _empty(path: Path, clip: Clip) -> None:
    path.touch()


def _text(path: Path, clip: Clip) -> None:
    path.write_text("this is no video\n" * 100)


def _text_by_name(path: Path, clip: Clip) -> None:
    path.symlink_to(path.with_suffix(".txt"))
    path.with_suffix(".txt").write_text("this is no video\n" * 100)


def _folder_without_pictures(path: Path, clip: Clip) -> None:
    path.mkdir()
    (path / "notes.txt").write_text("nothing to see")


def _index_cut_off(path: Path, clip: Clip) -> None:
    write_video(path, clip.frames, even_ms(16), codec="libx264", pix_fmt="yuv420p")
    path.write_bytes(path.read_bytes()[:-2000])


def _frames_cut_off(path: Path, clip: Clip) -> None:
    write_clip(clip, path)
    path.write_bytes(path.read_bytes()[:-1500])


def _png_cut_off(path: Path, clip: Clip) -> None:
    Image.fromarray(clip.frames[0]).save(path, format="PNG")
    path.write_bytes(path.read_bytes()[:200])


def _jpeg_cut_off(path: Path, clip: Clip) -> None:
    Image.fromarray(clip.frames[0]).save(path, format="JPEG")
    path.write_bytes(path.read_bytes()[:900])


def _gif_cut_off(path: Path, clip: Clip) -> None:
    write_clip(clip, path.with_suffix(".gif"))
    path.write_bytes(path.with_suffix(".gif").read_bytes()[:3000])


def _sound_only(path: Path, clip: Clip) -> None:
    with av.open(str(path), "w", format="wav") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))


def _sizes_differ(path: Path, clip: Clip) -> None:
    path.mkdir()
    Image.fromarray(clip.frames[0]).save(path / "0.png")
    Image.fromarray(clip.frames[0][:32]).save(path / "1.png")


def _device(path: Path, clip: Clip) -> None:
    path.symlink_to("/dev/zero")


def _playlist_of_the_network(path: Path, clip: Clip) -> None:
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_missing, "no file or folder"),
        (_empty, "is empty"),
        (_text, "is no video or picture"),
        (_text_by_name, "is no video or picture"),
        (_folder_without_pictures, "holds no pictures"),
        (_index_cut_off, "is no video or picture, or is damaged"),
        (_frames_cut_off, "is damaged"),
        (_png_cut_off, "cannot be read as a picture"),
        (_jpeg_cut_off, "cannot be read as a picture"),
        (_gif_cut_off, "cannot be read as a picture"),
        (_sound_only, "has no pictures in it"),
        (_sizes_differ, "changes from 96x64 to 96x32"),
        (_device, "neither a file nor a folder"),
        (_playlist_of_the_network, "is no video or picture"),
    ],
)
def test_bad_media_is_one_sentence_with_a_hint(
    tmp_path: Path, clip: Clip, make: Callable[[Path, Clip], None], message: str
) -> None:
    path = tmp_path / "input.mp4"
    make(path, clip)
    with pytest.raises(MediaError, match=message) as caught:
        read_clip(path)
    assert caught.value.hint
    assert "\n" not in str(caught.value)


def test_text_file_is_not_a_film_of_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello\n" * 100)
    with pytest.raises(MediaError, match="has no pictures in it"):
        read_clip(tmp_path / "notes.txt")


def test_start_beyond_the_end(tmp_path: Path, clip: Clip) -> None:
    write_clip(clip, tmp_path / "v.mp4")
    for fps in (None, 8.0):
        with pytest.raises(MediaError, match="ends before 10 s"):
            read_clip(tmp_path / "v.mp4", start_s=10, fps=fps)


def test_a_start_after_many_minutes_is_no_leap(tmp_path: Path, clip: Clip) -> None:
    late = [1000 * second for second in range(0, 1400, 100)]
    frames = np.repeat(clip.frames[:1], len(late), axis=0)
    path = write_video(tmp_path / "long.mkv", frames, late, codec="libx264", pix_fmt="yuv420p")
    sampled = read_clip(path, start_s=1000, fps=8.0, num_frames=2)
    assert sampled.num_frames == 2


@pytest.mark.parametrize("wrong", [{"num_frames": 0}, {"fps": 0.0}, {"fps": float("nan")}, {"start_s": -1.0}])
def test_arguments_out_of_range(tmp_path: Path, wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        read_clip(tmp_path, **wrong)  # type: ignore[arg-type]
