"""Taking in files that are there already."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path

import pytest

from vcomp.errors import WeightsError
from vcomp.weights.importing import Imported, import_files
from vcomp.weights.store import State, Store
from weight_server import BODY, OTHER_BODY, PAGE, registry_of, sha256, weight_file

URL = "http://127.0.0.1/net"
UNKNOWN_BODY = BODY[:-7]
HEADER = json.dumps({"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}}).encode()
TENSORS = struct.pack("<Q", len(HEADER)) + HEADER + bytes(4)
KNOWN = weight_file(URL)
UNKNOWN = weight_file(URL, id="unknown", filename="unknown.ckpt", sha256=None, bytes=len(UNKNOWN_BODY))
MAPPED = weight_file(
    URL, id="mapped", filename="mapped.safetensors", sha256=sha256(TENSORS), bytes=len(TENSORS)
)
ROUGH = weight_file(
    URL,
    id="rough",
    filename="rough.bin",
    bytes=len(OTHER_BODY) * 102 // 100,
    bytes_exact=False,
    sha256=sha256(OTHER_BODY),
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", registry_of(KNOWN, UNKNOWN, MAPPED, ROUGH))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "downloads"
    folder.mkdir()
    return folder


def take(store: Store, path: Path, *, copy: bool = False) -> Imported:
    (imported,) = import_files(store, [path], copy=copy)
    return imported


@pytest.mark.parametrize(
    ("body", "file_id"),
    [(BODY, "net"), (UNKNOWN_BODY, "unknown"), (TENSORS, "mapped"), (OTHER_BODY, "rough")],
    ids=["by hash", "by size and format", "safetensors", "by hash, of a size roughly known"],
)
def test_files_are_recognised_by_content(store: Store, folder: Path, body: bytes, file_id: str) -> None:
    (folder / "download(1)").write_bytes(body)
    imported = take(store, folder / "download(1)")
    assert imported.file.id == file_id
    assert imported.sha256 == sha256(body)
    assert store.state(imported.file) is State.READY
    assert store.path_of(file_id).read_bytes() == body


def test_files_are_hard_linked_and_outlive_the_original(store: Store, folder: Path) -> None:
    source = folder / "net.pth"
    source.write_bytes(BODY)
    imported = take(store, source)
    assert imported.how == "hard link"
    assert imported.path.samefile(source)
    source.unlink()
    assert store.path_of("net").read_bytes() == BODY


def test_what_a_cache_links_to_is_linked_not_the_link(store: Store, folder: Path) -> None:
    (folder / "blob").write_bytes(BODY)
    (folder / "net.pth").symlink_to("blob")
    imported = take(store, folder / "net.pth")
    assert not imported.path.is_symlink()
    assert imported.path.samefile(folder / "blob")


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs a second file system")
def test_files_on_another_disk_are_linked_by_name(store: Store, tmp_path: Path) -> None:
    source = Path("/dev/shm") / f"vcomp-test-{os.getpid()}.pth"
    if source.parent.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second file system")
    try:
        source.write_bytes(BODY)
        imported = take(store, source)
        assert imported.how == "symbolic link"
        assert store.path_of("net").read_bytes() == BODY
    finally:
        source.unlink(missing_ok=True)
    with pytest.raises(WeightsError, match="not there any more"):
        store.path_of("net")


def test_copies_stand_alone(store: Store, folder: Path) -> None:
    source = folder / "net.pth"
    source.write_bytes(BODY)
    imported = take(store, source, copy=True)
    assert imported.how == "copy"
    source.write_bytes(OTHER_BODY)
    assert store.path_of("net").read_bytes() == BODY


def test_what_is_here_already_stays_and_what_is_damaged_is_replaced(store: Store, folder: Path) -> None:
    source = folder / "net.pth"
    source.write_bytes(BODY)
    first = take(store, source, copy=True)
    assert take(store, source).how == "here already"
    assert take(store, first.path).how == "here already"
    first.path.write_bytes(OTHER_BODY)
    assert take(store, source).how == "hard link"
    assert store.path_of("net").read_bytes() == BODY


def test_folders_are_looked_through(store: Store, folder: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "net.pth").write_bytes(BODY)
    (folder / "other.pth").write_bytes(UNKNOWN_BODY)
    (folder / "readme.md").write_text("Weights.")
    assert {imported.file.id for imported in import_files(store, [folder])} == {"net", "unknown"}
    (folder / "empty").mkdir()
    with pytest.raises(WeightsError, match="empty holds no file of the size of a weight file"):
        list(import_files(store, [folder / "empty"]))


def test_look_alikes_in_a_folder_are_passed_over(store: Store, folder: Path) -> None:
    (folder / "a.pth").write_bytes(BODY[:-1] + b"?")
    (folder / "net.pth").write_bytes(BODY)
    (folder / "link.pth").symlink_to(folder / "net.pth")
    notes: list[str] = []
    taken = list(import_files(store, [folder], on_progress=lambda progress: notes.append(progress.note)))
    assert [imported.file.id for imported in taken] == ["net"]
    assert any("has the size of net, but not its content" in note for note in notes)
    (folder / "net.pth").unlink()
    with pytest.raises(WeightsError, match="not its content"):
        list(import_files(store, [folder]))


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("net.pth", BODY[:-1], f"has {len(BODY) - 1:,} bytes, but the published net.pth has {len(BODY):,}"),
        ("mine.pth", BODY[:100], "is none of the files that vcomp knows: none has 100 bytes"),
        ("net.pth", BODY[:-1] + b"?", "has the size of net, but not its content: SHA-256"),
        ("unknown.ckpt", b"junk" + UNKNOWN_BODY[4:], "has the size of unknown, but not its content"),
        ("net.pth", PAGE, "is a web page, not weights"),
        ("net.pth", b"version https://git-lfs.github.com/spec/v1\n", "is a git-lfs pointer, not weights"),
        ("net.pth", b"", "is an empty file, not weights"),
    ],
    ids=["truncated", "stranger", "corrupt", "wrong format", "page", "pointer", "empty"],
)
def test_wrong_files_are_named_and_left_alone(
    store: Store, folder: Path, name: str, body: bytes, message: str
) -> None:
    (folder / name).write_bytes(body)
    with pytest.raises(WeightsError) as caught:
        take(store, folder / name)
    assert message in caught.value.message
    assert caught.value.hint
    assert not list(store.folder.rglob("*.*"))
    assert (folder / name).read_bytes() == body


def test_a_recorded_hash_decides(store: Store, folder: Path) -> None:
    (folder / "first").write_bytes(UNKNOWN_BODY)
    take(store, folder / "first", copy=True)
    (folder / "second").write_bytes(UNKNOWN_BODY[:-1] + b"?")
    with pytest.raises(WeightsError, match="has the size of unknown, but not its content"):
        take(store, folder / "second")


def test_a_path_that_is_not_there_is_named(store: Store, folder: Path) -> None:
    with pytest.raises(WeightsError, match=r"There is no file .*nothing\.pth"):
        take(store, folder / "nothing.pth")
