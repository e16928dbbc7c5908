"""What is a set of videos, what is one video, and what belongs to which."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from writing import Write

from vcomp.conditions.bundle import save_bundle
from vcomp.conditions.container import Conditions
from vcomp.errors import MediaError, UsageError
from vcomp.evaluation.subjects import counterpart, videos_in
from vcomp.media.clip import Clip, Frames
from vcomp.media.write import write_clip, write_picture


def test_a_folder_of_videos_is_a_set(write: Write, moving: Frames, tmp_path: Path) -> None:
    write("frames", moving[:2])
    for name in ("b.mp4", "a.webp", "c.gif"):
        write_clip(Clip(moving[:3], 8.0), tmp_path / name)
    write_picture(moving[0], tmp_path / "b_strip.png")
    save_bundle(Conditions(style=moving[0]), tmp_path / "b_conditions")
    (tmp_path / "notes.txt").write_text("not a video")
    (tmp_path / "damaged.gif").write_bytes(b"GIF89a")
    found = videos_in(str(tmp_path))
    assert found is not None
    assert [Path(path).name for path in found] == ["a.webp", "b.mp4", "c.gif", "damaged.gif", "frames"]


def test_a_folder_of_frames_and_a_file_are_one_video(write: Write, moving: Frames) -> None:
    frames = write("frames", moving[:2])
    assert videos_in(frames) is None
    assert videos_in(f"{frames}/0000.png") is None


def test_a_folder_without_either(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="holds no videos"):
        videos_in(str(tmp_path))


def test_references_go_by_name(write: Write, moving: Frames, tmp_path: Path) -> None:
    folder = tmp_path / "true"
    folder.mkdir()
    write_clip(Clip(moving[:2], 8.0), folder / "star.mp4")
    write_picture(np.zeros((16, 16, 3), np.uint8), folder / "heart.png")
    assert counterpart("made/star.gif", str(folder)) == str(folder / "star.mp4")
    assert counterpart("made/heart.mp4", str(folder)) == str(folder / "heart.png")
    with pytest.raises(UsageError, match=r"has nothing named as made/moon\.mp4"):
        counterpart("made/moon.mp4", str(folder))


def test_one_reference_is_for_all(write: Write, moving: Frames, tmp_path: Path) -> None:
    frames = write("frames", moving[:2])
    write_clip(Clip(moving[:2], 8.0), tmp_path / "film.mp4")
    assert counterpart("made/star.mp4", frames) == frames
    assert counterpart("made/star.mp4", str(tmp_path / "film.mp4")) == str(tmp_path / "film.mp4")


def test_a_point_in_a_folders_name_is_no_ending(write: Write, moving: Frames, tmp_path: Path) -> None:
    folder = tmp_path / "true"
    folder.mkdir()
    write("true/take_7.0", moving[:2])
    write("true/take_7.5", moving[:2])
    made = write("take_7.5", moving[:2])
    assert counterpart(made, str(folder)) == str(folder / "take_7.5")
