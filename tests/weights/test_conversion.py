"""Conversion once: the file it makes, when it is made again, and what failures leave behind."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor

from vcomp.errors import OutputError, WeightsError
from vcomp.models.layers import placed
from vcomp.weights import read_tensors, write_tensors
from vcomp.weights.conversion import Conversion, read_converted, write_streaming

SHA = "0" * 64


def rename(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    if "old" not in state:
        raise WeightsError("The checkpoint lacks tensors: new.")
    return {"new": state["old"], "steps": torch.tensor(7)}


CONVERSION = Conversion(part="part", expected="the part", convert=rename)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    torch.save({"old": torch.linspace(0, 1, 12).reshape(3, 4).T}, tmp_path / "source.pth")
    return tmp_path / "source.pth"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "derived"


def convert(
    source: Path, folder: Path, dtype: torch.dtype = torch.bfloat16, sha256: str | None = None
) -> Path:
    return CONVERSION.converted(source, dtype=dtype, folder=folder, sha256=sha256)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_names_values_and_precision(source: Path, folder: Path, dtype: torch.dtype) -> None:
    state = read_tensors(convert(source, folder, dtype))
    assert torch.equal(state["new"], torch.linspace(0, 1, 12).reshape(3, 4).T.to(dtype))
    assert state["steps"].item() == 7
    assert state["steps"].dtype == torch.int64


def test_it_is_made_once(source: Path, folder: Path) -> None:
    first = convert(source, folder)
    written = first.stat()
    assert convert(source, folder) == first
    again = first.stat()
    assert (again.st_ino, again.st_mtime_ns) == (written.st_ino, written.st_mtime_ns)
    assert [path.name for path in folder.iterdir()] == [first.name]


def test_each_precision_has_its_own(source: Path, folder: Path) -> None:
    assert convert(source, folder, torch.float32) != convert(source, folder, torch.float16)
    assert len(list(folder.iterdir())) == 2


def test_another_source_replaces_it(source: Path, folder: Path) -> None:
    first = convert(source, folder)
    torch.save({"old": torch.zeros(5)}, source)
    second = convert(source, folder)
    assert second != first
    assert list(folder.iterdir()) == [second]
    assert read_tensors(second)["new"].shape == (5,)


def test_a_known_hash_stands_for_the_file(source: Path, folder: Path) -> None:
    first = convert(source, folder, sha256=SHA)
    os.utime(source, ns=(1, 1))
    assert convert(source, folder, sha256=SHA) == first
    assert convert(source, folder, sha256="1" * 64) != first


def test_a_cut_conversion_is_made_anew(source: Path, folder: Path) -> None:
    path = convert(source, folder)
    whole = path.read_bytes()
    path.write_bytes(whole[:-3])
    assert convert(source, folder) == path
    assert path.read_bytes() == whole


def test_another_models_file_is_named_with_what_was_expected(source: Path, folder: Path) -> None:
    torch.save({"other": torch.ones(1)}, source)
    with pytest.raises(
        WeightsError, match=r"source\.pth does not hold the part\. The checkpoint lacks tensors: new"
    ):
        convert(source, folder)
    assert not folder.exists()


def test_a_file_that_is_no_checkpoint_is_named_once(source: Path, folder: Path) -> None:
    source.write_text("<html>")
    with pytest.raises(WeightsError, match="a web page") as raised:
        convert(source, folder)
    assert raised.value.message.count(str(source)) == 1


def test_a_missing_source_is_named(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(WeightsError, match=r"none\.pth is missing; it holds the part"):
        convert(tmp_path / "none.pth", folder)


def test_a_place_that_cannot_be_written_is_named(source: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        convert(source, tmp_path / "file" / "derived")


def test_what_was_abandoned_is_removed_and_what_is_at_work_is_not(source: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    abandoned, at_work = folder / ".partial-1-part.safetensors", folder / ".partial-2-part.safetensors"
    abandoned.touch()
    at_work.touch()
    os.utime(abandoned, (time.time() - 200_000,) * 2)
    convert(source, folder)
    assert not abandoned.exists()
    assert at_work.exists()


def test_processes_at_once_get_one_whole_file(source: Path, folder: Path) -> None:
    context = multiprocessing.get_context("fork")
    with context.Pool(3) as pool:
        paths = pool.starmap(convert, [(source, folder)] * 3)
    assert len(set(paths)) == 1
    assert list(folder.iterdir()) == [paths[0]]
    assert read_tensors(paths[0])["new"].shape == (4, 3)


def test_kernels_are_channels_last_as_they_are_mapped(tmp_path: Path, folder: Path) -> None:
    kernel = torch.randn(6, 5, 3, 2)
    torch.save({"old": kernel}, tmp_path / "source.pth")
    [mapped] = (t for n, t in read_converted(convert(tmp_path / "source.pth", folder)).items() if n == "new")
    assert torch.equal(mapped, kernel.bfloat16())
    assert mapped.is_contiguous(memory_format=torch.channels_last)
    network = torch.nn.Conv2d(5, 6, (3, 2), bias=False, device="meta")
    network.load_state_dict({"weight": mapped}, assign=True)
    ready = placed(network, device="cpu", dtype=torch.bfloat16)
    assert ready.weight.data_ptr() == mapped.data_ptr(), "nothing is copied"


def test_streamed_files_are_as_safetensors_writes_them(tmp_path: Path) -> None:
    tensors = {
        "scalar": torch.tensor(1.5),
        "empty": torch.zeros(0, 3),
        "flags": torch.tensor([True, False, True]),
        "bytes": torch.arange(3, dtype=torch.uint8),
        "halves": torch.randn(5).bfloat16(),
        "last": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
    }
    write_streaming(tmp_path / "a", tensors, dtype=torch.float32)
    write_tensors(tmp_path / "b", {n: t.float() if t.is_floating_point() else t for n, t in tensors.items()})
    ours, theirs = read_tensors(tmp_path / "a"), read_tensors(tmp_path / "b")
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[n], theirs[n]) and ours[n].dtype == theirs[n].dtype for n in ours)
