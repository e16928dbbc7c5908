"""What a browser is given of a result: the file itself if it plays it, else a copy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oddities import write_odd_video
from vcomp.errors import MediaError
from vcomp.evaluation.report import looks
from vcomp.evaluation.report.looks import look_at
from vcomp.media.clip import Clip, Frames
from vcomp.media.read import read_clip
from vcomp.media.write import write_clip


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    (tmp_path / "copies").mkdir()
    return tmp_path / "copies"


@pytest.mark.parametrize("name", ["a.mp4", "a.gif", "a.webp"])
def test_what_browsers_play_goes_in_as_it_is(moving: Frames, tmp_path: Path, copies: Path, name: str) -> None:
    write_clip(Clip(moving, 8.0), tmp_path / name)
    look = look_at(str(tmp_path / name), copies)
    assert look.file == tmp_path / name
    assert look.is_picture == (name != "a.mp4")
    assert (look.num_frames, look.size, look.fps) == (20, (96, 72), 8)
    assert len(look.strip.shape) == 3
    assert not list(copies.iterdir())


@pytest.mark.parametrize("codec", ["mpeg4", "libx264"])
def test_a_codec_or_a_container_browsers_lack_is_copied(tmp_path: Path, copies: Path, codec: str) -> None:
    path = write_odd_video(tmp_path / ("a.mp4" if codec == "mpeg4" else "a.avi"), codec=codec)
    assert_copied(str(path), copies)


def test_frames_and_large_files_are_copied(
    moving: Frames, tmp_path: Path, copies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_clip(Clip(moving, 8.0), f"{tmp_path}/frames/")
    assert_copied(str(tmp_path / "frames"), copies)
    write_clip(Clip(moving, 8.0), tmp_path / "a.mp4")
    monkeypatch.setattr(looks, "MAX_FILE_BYTES", 100)
    monkeypatch.setattr(looks, "_COPY_SIDE_PX", 48)
    look = look_at(str(tmp_path / "a.mp4"), copies)
    assert read_clip(look.file).size == (48, 36)
    assert look.size == (96, 72)


def test_a_damaged_one_is_told(tmp_path: Path, copies: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no film")
    with pytest.raises(MediaError, match="no video or picture"):
        look_at(str(tmp_path / "a.mp4"), copies)


def assert_copied(path: str, copies: Path) -> None:
    look = look_at(path, copies)
    assert look.file.parent == copies
    copy, original = read_clip(look.file), read_clip(path)
    assert copy.num_frames == original.num_frames == look.num_frames
    assert np.abs(copy.frames.astype(int) - original.frames).mean() < 12
