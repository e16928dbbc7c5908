"""Bundles read back, whole and in part, good and bad."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from vcomp.conditions.bundle import BundleWriter, bundle_writer, save_bundle
from vcomp.conditions.container import Conditions
from vcomp.conditions.folder import TENSORS_NAME, check_bundle_folder
from vcomp.conditions.manifest import Manifest
from vcomp.conditions.stored import load_bundle
from vcomp.errors import ConditionError, MediaError, OutputError, UsageError

SKETCH, FLOW, MOTION = torch.rand(1, 10, 16, 24), torch.randn(2, 10, 16, 24), torch.randn(2, 10, 16, 24)
STYLE = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with bundle_writer(tmp_path / "kept") as writer:
        for start in range(0, 10, 4):  # frame by frame, as an extraction does
            for name, tensor in (("sketch", SKETCH), ("flow", FLOW), ("motion", MOTION)):
                writer.append(name, tensor[:, start : start + 4])
        writer.style = STYLE
        writer.finish(Manifest(vcomp="0", text="a kite", fps=8, conditions=writer.entries()))
    return tmp_path / "kept"


def test_all_comes_back_bit_by_bit(folder: Path) -> None:
    bundle = load_bundle(folder)
    conditions = bundle.conditions
    assert conditions.names == {"text", "style", "sketch", "motion"}
    assert conditions.sketch is not None
    assert conditions.motion is not None
    assert conditions.style is not None
    assert torch.equal(conditions.sketch, SKETCH)
    assert torch.equal(conditions.motion, FLOW)
    assert np.array_equal(conditions.style, STYLE)
    assert bundle.manifest is not None
    assert bundle.manifest.conditions["sketch"].least == SKETCH.min().item()
    # Any program that reads safetensors reads the same.
    stored = load_file(folder / TENSORS_NAME)
    assert torch.equal(stored["motion"], MOTION)
    assert not list(folder.glob(".*"))


def test_a_choice_and_a_part(folder: Path) -> None:
    conditions = load_bundle(folder / TENSORS_NAME, use=("motion",), num_frames=3).conditions
    assert conditions.names == {"motion"}
    assert conditions.motion is not None
    assert torch.equal(conditions.motion, MOTION[:, :3])
    other = load_bundle(folder, use=("text", "flow")).conditions.motion
    assert other is not None
    assert torch.equal(other, FLOW)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (("depth",), "holds no depth"),
        (("motion", "flow"), "both motion and flow"),
        (("dept", "flow"), "no condition 'dept' to use. Did you mean depth"),
    ],
)
def test_a_bad_choice(folder: Path, use: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_bundle(folder, use=use)


def test_what_is_no_bundle(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.safetensors").write_bytes(b"no tensors at all")
    save_file({"weight": torch.zeros(3)}, tmp_path / "b.safetensors")
    save_file({"sketch": torch.zeros(3)}, tmp_path / "c.safetensors")
    save_file({"sketch": torch.full((1, 2, 4, 4), 7.0)}, tmp_path / "d.safetensors")
    save_file({"sketch": SKETCH}, tmp_path / "e.safetensors", metadata={"manifest": '{"format": 9}'})
    for name, error in {
        "empty": MediaError,
        "nowhere": MediaError,
        "a.safetensors": MediaError,
        "b.safetensors": ConditionError,
        "c.safetensors": ConditionError,
        "d.safetensors": ConditionError,
        "e.safetensors": MediaError,
    }.items():
        with pytest.raises(error):
            load_bundle(tmp_path / name)


def test_a_page_that_stands_alone(folder: Path) -> None:
    page = (folder / "index.html").read_text()
    assert page.count("<video") == 4  # sketch, motion, and flow as colours and as arrows
    assert page.count('src="data:') == page.count("src=")
    assert "a kite" in page
    assert {path.name for path in folder.glob("*.mp4")} == {
        "sketch.mp4", "flow.mp4", "flow_arrows.mp4", "motion.mp4",
    }  # fmt: skip


def test_a_hostile_name_stays_text(tmp_path: Path) -> None:
    save_bundle(Conditions(text="<script>alert(1)</script>", sketch=SKETCH), tmp_path / "kept")
    assert "<script>alert" not in (tmp_path / "kept" / "index.html").read_text()


def test_only_a_bundle_may_be_replaced(folder: Path) -> None:
    with pytest.raises(OutputError, match="already holds a bundle"):
        check_bundle_folder(folder)
    check_bundle_folder(folder, overwrite=True)
    for stranger in ("letter.txt", "holiday.mp4", "sketch.gif"):
        (folder / stranger).touch()
        with pytest.raises(OutputError, match="not empty"):
            check_bundle_folder(folder, overwrite=True)
        (folder / stranger).unlink()
    check_bundle_folder(folder, overwrite=True)


def test_half_precision_is_kept_as_it_is(tmp_path: Path) -> None:
    writer = BundleWriter(tmp_path)
    writer.append("sketch", SKETCH.half())
    writer.finish(Manifest(vcomp="0", conditions=writer.entries()), looks=False)
    conditions = load_bundle(tmp_path).conditions
    assert conditions.sketch is not None
    assert torch.equal(conditions.sketch, SKETCH.half())
    assert not list(tmp_path.glob("*.png"))
