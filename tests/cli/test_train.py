"""`vcomp train`: stages by name, checkpoints to go on from, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import Run


def test_a_stage_without_time_leaves_a_checkpoint(vcomp: Run, tmp_path: Path) -> None:
    outcome = vcomp("train", "depth", "towers", "--folder", "run", "--max-minutes", "0")
    assert outcome.code == 0
    assert "depth is not at its last step yet" in outcome.err
    assert outcome.out == ""
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["depth.ckpt"]


def test_unknown_stages_are_refused_before_any_work(vcomp: Run, tmp_path: Path) -> None:
    outcome = vcomp("train", "depth", "unet")
    assert outcome.code == 2
    assert "There is no stage 'unet'. Choose from autoencoder, towers, pidinet, depth" in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_a_stage_that_builds_on_another(vcomp: Run, tmp_path: Path) -> None:
    outcome = vcomp("train", "compositional")
    assert outcome.code == 2
    assert "Stage 'autoencoder' has not been trained in runs/tiny. Train it first." in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_going_on_from_a_model(vcomp: Run, tmp_path: Path) -> None:
    outcome = vcomp("train", "--start-from", "tiny", "--export", "model")
    assert outcome.code == 0
    assert outcome.out == "model\n"
    assert {path.suffix for path in (tmp_path / "model").iterdir()} == {".json", ".safetensors"}
    outcome = vcomp("train", "depth", "--start-from", "nowhere/model")
    assert outcome.code == 5
    assert list(tmp_path.iterdir()) == [tmp_path / "model"]


@pytest.mark.parametrize("option", [("--ablation", "single-stage"), ("--size", "nano")])
def test_another_unet_is_not_the_models_own(vcomp: Run, tmp_path: Path, option: tuple[str, str]) -> None:
    outcome = vcomp("train", "compositional", "--start-from", "tiny", *option)
    assert outcome.code == 2
    assert "has not been trained" in outcome.err
    assert outcome.err.endswith("Train it first.\n")


def test_an_unknown_size(vcomp: Run, tmp_path: Path) -> None:
    outcome = vcomp("train", "--size", "huge")
    assert outcome.code == 2
    assert "There is no size 'huge'. Choose from tiny, nano." in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_an_export_of_nothing(vcomp: Run, tmp_path: Path) -> None:
    outcome = vcomp("train", "--export", "model")
    assert outcome.code == 2
    assert "has not been trained" in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_checkpoint(vcomp: Run, tmp_path: Path) -> None:
    (tmp_path / "depth.ckpt").write_bytes(b"half a checkpoint")
    outcome = vcomp("train", "depth", "--folder", ".")
    assert outcome.code == 5
    assert "depth.ckpt is damaged. Delete it to start again." in outcome.err


def test_a_file_is_no_folder(vcomp: Run, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    assert vcomp("train", "depth", "--folder", "taken").code == 2
    assert vcomp("train", "--export", "taken").code == 2
