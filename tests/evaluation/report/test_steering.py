"""The conditions of a result, from what was saved or what its recipe names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vcomp.conditions.bundle import save_bundle
from vcomp.conditions.container import Conditions
from vcomp.evaluation.report.entries import Entry
from vcomp.evaluation.report.looks import Look, look_at
from vcomp.evaluation.report.steering import steering
from vcomp.media.clip import Clip, Frames
from vcomp.media.write import write_clip, write_picture


@pytest.fixture
def look(moving: Frames, tmp_path: Path) -> Look:
    write_clip(Clip(moving, 8.0), tmp_path / "a.mp4")
    (tmp_path / "copies").mkdir()
    return look_at(str(tmp_path / "a.mp4"), tmp_path / "copies")


def test_files_of_the_recipe_are_shown_or_missed(look: Look, moving: Frames, tmp_path: Path) -> None:
    write_picture(moving[0], tmp_path / "style.png")
    stroke = {"strokes": [{"points": [[0.2, 0.2], [0.6, 0.5]]}]}
    (tmp_path / "stroke.json").write_text(json.dumps(stroke))
    (tmp_path / "bad.svg").write_text("<svg")
    files = {
        "style": tmp_path / "style.png",
        "video": tmp_path / "a.mp4",
        "depth": tmp_path / "gone.mp4",
        "from": "-",
    }
    named = [(name, str(path)) for name, path in files.items()]
    named += [("motion", str(tmp_path / name)) for name in ("stroke.json", "bad.svg")]
    shown = steering(Entry(path="a.mp4", files=tuple(named)), look, None)
    assert [(one.title, one.uri is not None) for one in shown] == [
        ("style", True), ("video", True), ("depth", False), ("from", False), ("motion", True),
        ("motion", False),
    ]  # fmt: skip
    assert shown[2].note == f"{tmp_path / 'gone.mp4'} is no longer there"
    assert shown[3].note == "was piped in"
    assert "bad.svg" in shown[5].note


def test_saved_conditions_come_first(look: Look, moving: Frames, tmp_path: Path) -> None:
    save_bundle(Conditions(style=moving[0]), tmp_path / "kept")
    entry = Entry(path="a.mp4", files=(("from", str(tmp_path / "kept")), ("image", "gone.png")))
    saved = steering(entry, look, tmp_path / "kept")
    assert [one.title for one in saved] == ["Style"]
    assert (saved[0].uri or "").startswith("data:image/png;base64,")
    by_recipe = steering(entry, look, None)
    assert [one.title for one in by_recipe] == ["Style", "image"]
