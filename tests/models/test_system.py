"""A system's folder: what is saved is read, and what is wrong with it is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from vcomp.errors import OutputError, UsageError, WeightsError
from vcomp.models.system import ModelCard, System, card_json, load_exactly, load_system, save_system
from vcomp.weights import read_tensors, write_tensors

PARTS = ("unet", "autoencoder", "towers", "pidinet", "depth")


@pytest.fixture
def folder(model_folder: Path, tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    return Path(shutil.copytree(model_folder, tmp_path / "copy"))


def test_what_is_saved_is_read(system: System, tmp_path: Path) -> None:
    states = {part: system.tensors(part) for part in PARTS}
    save_system(tmp_path / "deep" / "folder", system.card, states)
    again = load_system(str(tmp_path / "deep" / "folder"))
    assert again.card == system.card
    for part, state in states.items():
        read = again.tensors(part)
        assert read.keys() == state.keys()
        for name, tensor in read.items():
            assert torch.equal(tensor, state[name]), f"{part}.{name}"
    assert {path.name for path in again.folder.iterdir()} == {
        "model.json",
        *(f"{p}.safetensors" for p in PARTS),
    }


def test_files_hold_half_precision(model_folder: Path) -> None:
    for part in PARTS:
        tensors = read_tensors(model_folder / f"{part}.safetensors").values()
        assert {t.dtype for t in tensors if t.is_floating_point()} == {torch.float16}


def test_networks_come_ready_to_use(system: System) -> None:
    unet = system.unet(dtype=torch.bfloat16)
    assert not unet.training
    assert not any(parameter.requires_grad for parameter in unet.parameters())
    assert {parameter.dtype for parameter in unet.parameters()} == {torch.bfloat16}
    assert {parameter.dtype for parameter in system.autoencoder().parameters()} == {torch.float32}


def rename(state: dict[str, Tensor]) -> None:
    state["decoder.0.wait"] = state.pop("decoder.0.weight")


def drop(state: dict[str, Tensor]) -> None:
    del state["decoder.0.weight"]


def add(state: dict[str, Tensor]) -> None:
    state["extra"] = torch.zeros(2)


def reshape(state: dict[str, Tensor]) -> None:
    state["decoder.0.weight"] = state["decoder.0.weight"][:1]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (drop, r"1 tensors differ: decoder.0.weight \(need \(8, 4, 3, 3\), got None\)"),
        (add, r"1 tensors differ: extra \(need None, got \(2,\)\)"),
        (reshape, r"decoder.0.weight \(need \(8, 4, 3, 3\), got \(1, 4, 3, 3\)\)"),
        (rename, "2 tensors differ: decoder.0.wait .*decoder.0.weight"),
    ],
)
def test_tensors_that_do_not_fit_are_named(
    folder: Path, spoil: Callable[[dict[str, Tensor]], None], message: str
) -> None:
    path = folder / "autoencoder.safetensors"
    state = read_tensors(path)
    spoil(state)
    write_tensors(path, state)
    with pytest.raises(WeightsError, match=message) as raised:
        load_system(folder).autoencoder()
    assert "autoencoder.safetensors" in str(raised.value)


def test_nothing_is_loaded_from_a_state_that_does_not_fit() -> None:
    layer = torch.nn.Linear(2, 2)
    before = layer.weight.clone()
    with pytest.raises(WeightsError):
        load_exactly(layer, {"weight": torch.ones(2, 2)}, source="here")
    assert torch.equal(layer.weight, before)


def test_a_damaged_or_missing_file_is_named(folder: Path) -> None:
    path = folder / "depth.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(WeightsError, match=r"depth.safetensors is damaged"):
        load_system(folder).depth()
    path.unlink()
    with pytest.raises(WeightsError, match=r"depth.safetensors is missing"):
        load_system(folder).depth()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"colour": "red"}, "colour"),
        ({"prediction_type": "flow"}, "prediction_type"),
        ({"num_frames": "many"}, "num_frames"),
        ({"autoencoder": {"depth": 3}}, "autoencoder.depth"),
        ({"unet": {"dim": 10, "norm_groups": 4}}, "UNet dim 10"),
    ],
)
def test_a_card_that_is_wrong_is_named(folder: Path, changes: dict[str, object], message: str) -> None:
    path = folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(WeightsError, match=f"model.json is not a model card: .*{message}"):
        _ = load_system(folder).card


def test_a_card_that_is_no_json_is_named(folder: Path) -> None:
    (folder / "model.json").write_text("{")
    with pytest.raises(WeightsError, match="is not a model card"):
        _ = load_system(folder).card


def test_unknown_models(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no model 'huge'. Choose tiny"):
        load_system("huge")
    with pytest.raises(WeightsError, match="videocomposer"):
        load_system("videocomposer")
    with pytest.raises(WeightsError, match="There is no model in"):
        _ = load_system(tmp_path).card


def test_a_folder_that_cannot_be_made(system: System, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(OutputError, match="taken cannot be made"):
        save_system(tmp_path / "taken", system.card, {})


def test_a_failed_save_leaves_the_old_model(folder: Path, system: System) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    good = system.depth().state_dict()
    with pytest.raises(AttributeError):
        save_system(folder, system.card, {"depth": good, "unet": {"weight": "no tensor"}})  # type: ignore[dict-item]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_card_survives_json(system: System) -> None:
    content = json.loads(card_json(system.card))
    assert content["name"] == "small"
    assert set(content) == set(ModelCard.__dataclass_fields__)
