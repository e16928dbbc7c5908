from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from vcomp.conditions.bundle import TENSORS_NAME, check_bundle_folder, save_bundle
from vcomp.conditions.container import Conditions
from vcomp.conditions.preview import preview_rows
from vcomp.errors import OutputError

GIVEN = Conditions(
    text="a red kite",
    style=np.full((20, 30, 3), 7, np.uint8),
    single_sketch=torch.rand(1, 1, 32, 32),
    depth=torch.rand(1, 3, 32, 32),
    motion=torch.randn(2, 3, 32, 32),
    mask=torch.rand(4, 3, 32, 32),
)


def test_tensors_come_back_exactly_and_pictures_are_there(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    save_bundle(GIVEN, folder)
    with safe_open(folder / TENSORS_NAME, "pt") as file:
        assert file.metadata()["text"] == "a red kite"
        assert GIVEN.depth is not None
        assert torch.equal(file.get_tensor("depth"), GIVEN.depth)
        assert file.get_tensor("style").shape == (20, 30, 3)
    pictures = {path.stem for path in folder.glob("*.png")}
    assert pictures == {"style", "single_sketch", "depth", "motion", "mask"}


def test_a_folder_in_use_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(OutputError, match="not empty"):
        check_bundle_folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_previews_have_one_picture_for_spatial_conditions_and_one_a_frame_for_others() -> None:
    rows = preview_rows(GIVEN, num_frames=3, size=(32, 32))
    assert {name: len(frames) for name, frames in rows.items()} == {
        "single sketch": 1,
        "depth": 3,
        "motion": 3,
        "mask": 3,
        "style": 1,
    }
    assert all(frames.shape[1:] == (32, 32, 3) and frames.dtype == np.uint8 for frames in rows.values())
