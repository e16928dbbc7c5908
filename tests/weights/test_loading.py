"""Checkpoints in every published format, whole and not."""

from __future__ import annotations

import gzip
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from vcomp.errors import WeightsError
from vcomp.weights.loading import read_checkpoint

EXPECTED = "the network of the test"


@pytest.fixture
def tensors() -> dict[str, Tensor]:
    return {"a.weight": torch.arange(6.0).reshape(2, 3), "b": torch.ones(4, dtype=torch.float16)}


def save(content: object, path: Path) -> Path:
    torch.save(content, path)
    return path


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("suffix", [".pth", ".ckpt", ".bin", ".anything"])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda t: t,
        lambda t: {"state_dict": t, "epoch": 3},
        lambda t: {"optimizer": {}, "model": t},
        lambda t: {"state_dict": {"model": t}},
    ],
    ids=["plain", "state_dict", "model", "both"],
)
def test_pickled_formats(
    tmp_path: Path, tensors: dict[str, Tensor], suffix: str, wrap: Callable[[object], object]
) -> None:
    path = save(wrap(tensors), tmp_path / f"weights{suffix}")
    assert same(read_checkpoint(path, expected=EXPECTED), tensors)


def test_safetensors_under_any_name(tmp_path: Path, tensors: dict[str, Tensor]) -> None:
    save_file(tensors, tmp_path / "weights.bin")
    assert same(read_checkpoint(tmp_path / "weights.bin", expected=EXPECTED), tensors)


def test_files_from_before_archives(tmp_path: Path, tensors: dict[str, Tensor]) -> None:
    torch.save(tensors, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    assert same(read_checkpoint(tmp_path / "old.pth", expected=EXPECTED), tensors)


def test_tensors_of_an_archive_are_mapped(tmp_path: Path) -> None:
    content = torch.full((1000,), 3.0)
    path = save({"a": content}, tmp_path / "a.pth")
    tensor = read_checkpoint(path, expected=EXPECTED)["a"]
    with path.open("r+b") as file:
        file.seek(path.read_bytes().index(content.numpy().tobytes()))
        file.write(torch.ones(1).numpy().tobytes())
    assert tensor[0] == 1


class ModelCheckpoint:
    """Stands for pytorch-lightning's, whose name Stable Diffusion's checkpoints hold."""


def test_a_class_that_lightning_names_is_not_needed(
    tmp_path: Path, tensors: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "pytorch_lightning.callbacks.model_checkpoint"
    with monkeypatch.context() as patch:
        for parent in (name.split(".")[0], name.rpartition(".")[0], name):
            patch.setitem(sys.modules, parent, ModuleType(parent))
        patch.setattr(sys.modules[name], "ModelCheckpoint", ModelCheckpoint, raising=False)
        patch.setattr(ModelCheckpoint, "__module__", name)
        path = save({"callbacks": {ModelCheckpoint: {}}, "state_dict": tensors}, tmp_path / "v2-1.ckpt")
    assert same(read_checkpoint(path, expected=EXPECTED), tensors)


class Harmful:
    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (Path("harm-was-done"),))


def test_code_in_a_checkpoint_is_refused_and_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = save({"a": torch.ones(1), "b": Harmful()}, tmp_path / "evil.pth")
    with pytest.raises(WeightsError, match=r"evil\.pth holds code beside its tensors, which is not run"):
        read_checkpoint(path, expected=EXPECTED)
    assert not (tmp_path / "harm-was-done").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html><title>404</title>", "a web page"),
        (b"  <html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "a git-lfs pointer"),
        (b'{"error": "not found"}', "a JSON message"),
        (gzip.compress(b"weights", mtime=0), "a gzip archive"),
        (bytes(4096), "full of zeros"),
        (b"Access denied.\n", "a text file"),
        (b"\xff\xd8\xff\xe0 a picture", "of a format that is not known here"),
    ],
)
def test_other_files_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=message) as raised:
        read_checkpoint(path, expected=EXPECTED)
    assert str(path) in raised.value.message
    assert EXPECTED in raised.value.message
    assert raised.value.hint


@pytest.mark.parametrize("kept", [0.2, 0.6, 0.99])
def test_cut_files_are_named(tmp_path: Path, kept: float) -> None:
    tensors = {f"layer.{i}": torch.randn(50) for i in range(20)}
    archive, flat = save(tensors, tmp_path / "a.pth"), tmp_path / "b.safetensors"
    save_file(tensors, flat)
    for path in (archive, flat):
        content = path.read_bytes()
        path.write_bytes(content[: int(kept * len(content))])
        with pytest.raises(WeightsError, match="cut short"):
            read_checkpoint(path, expected=EXPECTED)


def test_a_cut_old_file_is_damaged(tmp_path: Path, tensors: dict[str, Tensor]) -> None:
    path = tmp_path / "old.pth"
    torch.save(tensors, path, _use_new_zipfile_serialization=False)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(WeightsError, match="is damaged, or no checkpoint"):
        read_checkpoint(path, expected=EXPECTED)


def test_an_archive_of_something_else_is_damaged(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.pth", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(WeightsError, match="is damaged, or no checkpoint"):
        read_checkpoint(tmp_path / "a.pth", expected=EXPECTED)


@pytest.mark.parametrize("content", [[1, 2], {"epoch": 3}, torch.ones(2)])
def test_a_file_without_named_tensors_is_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(WeightsError, match="holds no tensors"):
        read_checkpoint(save(content, tmp_path / "a.pth"), expected=EXPECTED)


def test_a_damaged_header_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes((8).to_bytes(8, "little") + b"{broken}" + bytes(10))
    with pytest.raises(WeightsError, match="damaged"):
        read_checkpoint(path, expected=EXPECTED)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=rf"a\.pth is missing; it holds {EXPECTED}"):
        read_checkpoint(tmp_path / "a.pth", expected=EXPECTED)
