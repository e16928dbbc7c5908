"""Motion by hand: previewed, and given to the model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from command import Run

from vcomp.conditions.stored import load_bundle
from vcomp.media.read import read_clip, read_picture

STROKE = {"strokes": [{"points": [[0.2, 0.5], [0.8, 0.5]], "radius": 0.2}]}


@pytest.fixture
def stroke(tmp_path: Path) -> Path:
    (tmp_path / "stroke.json").write_text(json.dumps(STROKE))
    return tmp_path / "stroke.json"


@pytest.fixture
def preview(vcomp: Run, model_folder: Path) -> Run:
    """Run `vcomp motion preview` at the small system's size."""
    return lambda *arguments: vcomp("motion", "preview", "--model", model_folder, *arguments)


def test_a_preview_is_a_video_or_a_strip(preview: Run, stroke: Path, film: Path, tmp_path: Path) -> None:
    outcome = preview("--motion", stroke, "--camera", "zoom in 1.05", "--over", film, "-o", "p.mp4")
    assert (outcome.code, outcome.out) == (0, "p.mp4\n"), outcome.err
    assert "stroke.json: 1 stroke" in outcome.err
    assert "camera: zoom in 1.05\n" in outcome.err
    clip = read_clip(tmp_path / "p.mp4")
    assert (clip.num_frames, clip.size) == (4, (2 * 384 + 8, 384))
    assert preview("--motion", stroke, "-o", "p.png").code == 0
    picture = read_picture(tmp_path / "p.png")
    assert picture.shape[0] > 2 * 192
    red = (picture[..., 0] > 240) & (picture[..., 1] < 60)  # the colour of motion to the right
    assert red.sum() > 500


def test_all_motion_adds_up(generate: Run, stroke: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "down.npz", motion=np.full((64, 64, 2), [0, 5], np.float32))
    motions = ("--motion", stroke, "--motion", "down.npz", "--camera", "pan right 2")
    outcome = generate(*motions, "--save-conditions", "kept", "-o", "out.mp4")
    assert outcome.code == 0, outcome.err
    motion = load_bundle(tmp_path / "kept").conditions.motion
    assert motion is not None
    assert "camera: pan right 2, the picture moves the other way" in outcome.err
    assert motion[:, 0].eq(0).all()
    assert motion[:, 1, 5, 60].tolist() == pytest.approx([-2, 5], abs=1e-4)
    assert motion[0, 1, 32, 25].item() == pytest.approx(0.2 * 64 - 2, abs=1e-3)


def test_several_motions_are_shown_as_they_were_given(vcomp: Run, generate: Run, stroke: Path) -> None:
    generate("--motion", stroke, "--motion", stroke, "--camera", "tilt up 1", "-o", "out.mp4")
    shown = vcomp("show", "out.mp4").out
    assert shown.count(f"--motion {stroke.name}") == 2
    assert "--camera 'tilt up 1'" in shown


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("-o", "p.mp4"), 2, "There is no motion to preview."),
        (("--camera", "pan up 3", "-o", "p.mp4"), 2, "The camera move 'pan up 3' is not understood."),
        (("--motion", "nowhere.json", "-o", "p.mp4"), 3, "There is no file or folder nowhere.json."),
        (("--motion", "words.json", "-o", "p.mp4"), 3, "words.json is no file of strokes"),
        (("--motion", "words.svg", "-o", "p.mp4"), 3, "words.svg is no SVG"),
        (("--motion", "words.txt", "-o", "p.mp4"), 3, "a file ending in .flo, .npz, .npy, .json, .svg."),
        (("--camera", "pan left 1", "-o", "p.avi"), 7, "The ending .avi"),
        (("--camera", "pan left 1", "-o", "nowhere/p.png"), 7, "does not exist"),
        (("--camera", "pan left 1", "--size", "9x9", "-o", "p.png"), 2, "Frames of 9x9"),
    ],
)
def test_bad_input(preview: Run, tmp_path: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    (tmp_path / "words.json").write_text("no strokes")
    (tmp_path / "words.svg").write_text("no drawing")
    (tmp_path / "words.txt").write_text("no video")
    outcome = preview(*arguments)
    assert (outcome.code, outcome.out) == (code, "")
    assert message in outcome.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["words.json", "words.svg", "words.txt"]
