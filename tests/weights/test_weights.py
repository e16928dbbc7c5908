"""Reading and writing tensors."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from vcomp.errors import WeightsError
from vcomp.weights import read_tensors, write_tensors


def test_tensors_survive_whatever_their_layout(tmp_path: Path) -> None:
    tensors = {
        "transposed": torch.arange(6.0).reshape(2, 3).T,
        "channels_last": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
        "half": torch.randn(3).half(),
        "whole": torch.tensor(7),
    }
    write_tensors(tmp_path / "a.safetensors", tensors)
    again = read_tensors(tmp_path / "a.safetensors")
    assert again.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert again[name].dtype == tensor.dtype
        assert torch.equal(again[name], tensor)


@pytest.mark.parametrize("content", [b"", b"not a tensor in sight", b"\x08" + bytes(7) + b"{}      "])
def test_damaged_files_are_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(content + b"left over")
    with pytest.raises(WeightsError, match=r"a.safetensors is damaged"):
        read_tensors(path)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"a.safetensors is missing"):
        read_tensors(tmp_path / "a.safetensors")
