from __future__ import annotations

import io
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest

from vcomp.errors import MediaError, OutputError
from vcomp.media import Clip, check_output, read_clip, read_comment, read_picture, write_clip, write_picture
from vcomp.media.outputs import atomically

NAMES = ["v.mp4", "v.gif", "v.webp", "v"]
COMMENT = '{"text": "Ein „roter“ Kreis ☃ moves\\nright", "seed": 7}' * 20


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    error = np.mean((a.astype(np.float64) - b) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


@pytest.mark.parametrize(("name", "floor_db"), [("v.mp4", 33), ("v.gif", 34), ("v.webp", 33), ("v", 999)])
def test_round_trip(tmp_path: Path, clip: Clip, name: str, floor_db: float) -> None:
    write_clip(clip, tmp_path / name)
    read = read_clip(tmp_path / name)
    assert (read.num_frames, read.size, read.fps) == (16, (96, 64), 8.0)
    assert psnr(read.frames, clip.frames) > floor_db


@pytest.mark.parametrize("name", NAMES)
def test_comment_round_trip(tmp_path: Path, clip: Clip, name: str) -> None:
    write_clip(clip, tmp_path / name, comment=COMMENT)
    assert read_comment(tmp_path / name) == COMMENT
    write_clip(clip, tmp_path / name, overwrite=True)
    assert read_comment(tmp_path / name) is None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fps", [8.0, 12.0, 30.0, 24000 / 1001])
def test_odd_sizes_and_rates(tmp_path: Path, clip: Clip, name: str, fps: float) -> None:
    odd = Clip(clip.frames[:, :63, :95], fps=fps)
    write_clip(odd, tmp_path / name)
    read = read_clip(tmp_path / name)
    assert read.size == ((96, 64) if name == "v.mp4" else (95, 63))
    assert psnr(read.frames[:, :63, :95], odd.frames) > 34
    assert read.num_frames == 16
    assert read.fps == pytest.approx(fps, rel=0.02)


@pytest.mark.parametrize("name", NAMES)
def test_a_single_frame(tmp_path: Path, clip: Clip, name: str) -> None:
    write_clip(Clip(clip.frames[:1], fps=8.0), tmp_path / name, comment="one")
    assert read_clip(tmp_path / name).num_frames == 1
    assert read_comment(tmp_path / name) == "one"


def test_mp4_is_what_players_and_browsers_expect(tmp_path: Path, clip: Clip) -> None:
    write_clip(clip, tmp_path / "v.mp4")
    data = (tmp_path / "v.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(tmp_path / "v.mp4")) as container:
        codec = container.streams.video[0].codec_context
        assert (codec.name, codec.pix_fmt, int(codec.colorspace)) == ("h264", "yuv420p", 1)


def test_decoded_frames_are_the_same_every_time(tmp_path: Path, clip: Clip) -> None:
    coarse = np.random.default_rng(0).integers(0, 255, (16, 8, 8, 3), np.uint8)
    # With macroblock trees one file in four of such a clip differs.
    small = Clip(coarse.repeat(8, axis=1).repeat(8, axis=2), fps=8.0)
    for one in (clip, *[small] * 20):
        write_clip(one, tmp_path / "a.mp4")
        write_clip(one, tmp_path / "b.mp4", overwrite=True)
        assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
        (tmp_path / "a.mp4").unlink()


def test_real_video_round_trip(tmp_path: Path, real_video: Path) -> None:
    real = read_clip(real_video, num_frames=8, fps=8)
    write_clip(real, tmp_path / "v.mp4")
    assert psnr(read_clip(tmp_path / "v.mp4").frames, real.frames) > 35
    assert read_comment(real_video) is None


def test_pipe_to_pipe(clip: Clip, tmp_path: Path) -> None:
    write_clip(clip, tmp_path / "in.mp4")
    code = "from vcomp.media import read_clip, write_clip; write_clip(read_clip('-'), '-', comment='piped')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=(tmp_path / "in.mp4").read_bytes(),
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    with av.open(io.BytesIO(done.stdout)) as container:
        assert container.metadata["comment"] == "piped"
        assert sum(1 for _ in container.decode(video=0)) == 16


def test_a_reader_that_goes_away_is_one_sentence(clip: Clip) -> None:
    code = (
        "import numpy as np; from vcomp.errors import OutputError; from vcomp.media import Clip, write_clip\n"
        "noise = np.random.default_rng(0).integers(0, 255, (30, 256, 256, 3), np.uint8)\n"
        "try: write_clip(Clip(noise, 8.0), '-')\n"
        "except OutputError as error: raise SystemExit(f'told: {error}')"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout
    assert child.stderr
    child.stdout.close()
    told = child.stderr.read()
    assert child.wait() == 1
    assert told.startswith("told: The video could not be written to standard output (-)")


def test_failure_leaves_what_was_there(tmp_path: Path, clip: Clip) -> None:
    too_wide = Clip(np.zeros((1, 2, 40_000, 3), np.uint8), fps=8.0)
    for name, message in (("v.webp", "cannot be 40000x2"), ("v.mp4", "cannot be written")):
        write_clip(clip, tmp_path / name, comment="first")
        with pytest.raises(OutputError, match=message):
            write_clip(too_wide, tmp_path / name)
        assert read_comment(tmp_path / name) == "first"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["v.mp4", "v.webp"]


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np; from vcomp.media import Clip, write_clip\n"
        "noise = np.random.default_rng(0).integers(0, 255, (1, 512, 512, 3), np.uint8)\n"
        "write_clip(Clip(np.broadcast_to(noise, (2000, 512, 512, 3)), 8.0), sys.argv[1])"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "v.mp4")], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while not list(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [path.name[:3] for path in tmp_path.iterdir()] == [".v-"]
    child.send_signal(signal.SIGINT)
    _, told = child.communicate(timeout=30)
    assert b"KeyboardInterrupt" in told
    assert list(tmp_path.iterdir()) == []


def test_interrupted_folder_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> None:
        with atomically(tmp_path / "frames") as temporary:
            temporary.mkdir()
            (temporary / "0000.png").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_folder_is_replaced_only_when_asked(tmp_path: Path, clip: Clip) -> None:
    out = tmp_path / "frames"
    write_clip(clip, out)
    with pytest.raises(OutputError, match="already holds frames"):
        write_clip(clip, out)
    write_clip(Clip(clip.frames[:4], fps=8.0), f"{out}/", overwrite=True)
    assert sorted(path.name for path in out.iterdir()) == [f"{index:04d}.png" for index in range(4)]
    assert [path.name for path in tmp_path.iterdir()] == ["frames"]
    (out / "thesis.doc").touch()
    with pytest.raises(OutputError, match=r"holds thesis\.doc"):
        write_clip(clip, out, overwrite=True)


def test_folder_that_is_empty_is_used(tmp_path: Path, clip: Clip) -> None:
    (tmp_path / "v1.2").mkdir()
    write_clip(clip, tmp_path / "v1.2")
    assert read_clip(tmp_path / "v1.2").num_frames == 16


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing/v.mp4", "missing does not exist"),
        ("file/v.mp4", "file is not a folder"),
        ("v.avi", r"ending \.avi"),
        ("file/", "is a file, not a folder"),
    ],
)
def test_bad_outputs_are_told_before_the_work(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=message) as caught:
        check_output(f"{tmp_path}/{name}")
    assert caught.value.hint


@pytest.mark.parametrize("name", ["v.mp4", "V.GIF", "v.webp", "frames", "v1.2/", "-"])
def test_good_outputs_pass(tmp_path: Path, name: str) -> None:
    check_output("-" if name == "-" else f"{tmp_path}/{name}")
    assert list(tmp_path.iterdir()) == []


def test_picture_round_trip(tmp_path: Path, clip: Clip) -> None:
    write_picture(clip.frames[0], tmp_path / "p.png", comment=COMMENT)
    assert np.array_equal(read_picture(tmp_path / "p.png"), clip.frames[0])
    assert read_comment(tmp_path / "p.png") == COMMENT
    assert [path.name for path in tmp_path.iterdir()] == ["p.png"]


def test_pictures_are_png_only(tmp_path: Path, clip: Clip) -> None:
    with pytest.raises(OutputError, match="as PNG"):
        write_picture(clip.frames[0], tmp_path / "p.jpg")


def test_comment_of_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no file or folder"):
        read_comment(tmp_path / "nothing.mp4")
