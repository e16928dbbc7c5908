"""Finding and checking files on disk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vcomp.errors import UsageError, WeightsError
from vcomp.weights.ledger import LEDGER_NAME
from vcomp.weights.progress import FileProgress
from vcomp.weights.registry import shipped_registry
from vcomp.weights.store import State, Store, home_folder, open_store
from weight_server import BODY, OTHER_BODY, registry_of, sha256, weight_file, write_registry

URL = "http://127.0.0.1/net"
FILE = weight_file(URL)
UNKNOWN = weight_file(URL, id="unknown", filename="unknown.pth", sha256=None)
SPARE = weight_file(URL, id="spare", filename="spare.pth", alternative_to="net", sha256=sha256(OTHER_BODY))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", registry_of(FILE, UNKNOWN, SPARE))


def put(store: Store, file_id: str, body: bytes = BODY) -> Path:
    path = store.place(store.registry.file(file_id))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return path


def replace_silently(path: Path, body: bytes) -> None:
    """As a failing disk would."""
    times = path.stat()
    path.write_bytes(body)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def times_read(store: Store, file_id: str) -> int:
    seen: list[FileProgress] = []
    store.path_of(file_id, seen.append)
    return sum(progress.done == progress.total for progress in seen)


def test_a_missing_file_is_named_with_the_command_that_brings_it(store: Store) -> None:
    with pytest.raises(WeightsError, match=r"net \(net\.pth\) is not here. Fetch it: vcomp weights pull net"):
        store.path_of("net")
    assert store.state(FILE) is State.MISSING
    with pytest.raises(UsageError, match=r"no weight file nett\. Did you mean net\? Choose from net, unk"):
        store.path_of("nett")


def test_a_file_is_read_once_and_again_when_it_was_touched(store: Store) -> None:
    path = put(store, "net")
    assert store.state(FILE) is State.UNCHECKED
    assert times_read(store, "net") == 1
    assert store.state(FILE) is State.READY
    assert times_read(store, "net") == 0
    os.utime(path)
    assert store.state(FILE) is State.UNCHECKED
    assert times_read(store, "net") == 1
    path.write_bytes(OTHER_BODY)
    with pytest.raises(WeightsError, match=r"is not the published net: it has SHA-256.*weights pull net"):
        store.path_of("net")


def test_a_full_check_finds_what_size_and_time_do_not_tell(store: Store) -> None:
    path = put(store, "net")
    store.path_of("net")
    replace_silently(path, OTHER_BODY)
    assert store.path_of("net") == path
    with pytest.raises(WeightsError, match="SHA-256"):
        store.check(FILE)
    with pytest.raises(WeightsError, match="SHA-256"):
        store.path_of("net")


def test_a_file_without_a_published_hash_is_held_to_the_first_that_came(store: Store) -> None:
    path = put(store, "unknown")
    assert store.expected_sha256(UNKNOWN) is None
    store.path_of("unknown")
    assert store.expected_sha256(UNKNOWN) == sha256(BODY)
    path.write_bytes(OTHER_BODY)
    with pytest.raises(WeightsError, match="SHA-256"):
        store.path_of("unknown")
    assert store.expected_sha256(UNKNOWN) == sha256(BODY)


def test_another_revision_is_recorded_anew(store: Store) -> None:
    put(store, "unknown")
    store.path_of("unknown")
    newer = Store(store.folder, registry_of(UNKNOWN.model_copy(update={"revision": "2"})))
    put(newer, "unknown", OTHER_BODY)
    assert newer.sha256_of(newer.registry.file("unknown")) == sha256(OTHER_BODY)


def test_a_wrong_size_is_told_without_reading(store: Store) -> None:
    put(store, "net", BODY[:-1])
    assert store.state(FILE) is State.DAMAGED
    with pytest.raises(WeightsError, match=f"has {len(BODY) - 1:,} bytes instead of {len(BODY):,}"):
        store.path_of("net")
    put(store, "net", b"<html>Please sign in</html>")
    with pytest.raises(WeightsError, match="is a web page, 27 bytes instead of"):
        store.path_of("net")


def test_a_link_to_nothing_is_named(store: Store, tmp_path: Path) -> None:
    path = store.place(FILE)
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "gone.pth")
    assert store.state(FILE) is State.DAMAGED
    with pytest.raises(WeightsError, match=r"is a link to .*gone\.pth, which is not there any more"):
        store.path_of("net")


def test_an_alternative_will_do(store: Store) -> None:
    with pytest.raises(WeightsError, match="weights pull net"):
        store.find("net")
    assert store.needed(["small"]) == (FILE, UNKNOWN)
    path = put(store, "spare", OTHER_BODY)
    assert store.find("net") == (SPARE, path)
    assert store.find("spare") == (SPARE, path)
    assert store.needed(["small"]) == (SPARE, UNKNOWN)
    assert store.needed(["net.pth"]) == (FILE,)
    assert store.find("net") == (SPARE, path)
    preferred = put(store, "net")
    assert store.find("net") == (FILE, preferred)


def test_removal_takes_all_and_keeps_the_recorded_hash(store: Store) -> None:
    put(store, "unknown")
    store.path_of("unknown")
    store.partial(UNKNOWN).write_bytes(BODY[:10])
    store.derived("unknown").mkdir()
    (store.derived("unknown") / "converted.safetensors").write_bytes(BODY[:20])
    assert store.remove(UNKNOWN) == len(BODY) + 30
    assert store.state(UNKNOWN) is State.MISSING
    assert not store.place(UNKNOWN).parent.exists()
    assert store.expected_sha256(UNKNOWN) == sha256(BODY)
    assert store.remove(UNKNOWN, forget=True) == 0
    assert store.expected_sha256(UNKNOWN) is None


def test_a_file_that_is_worked_on_is_not_removed(store: Store) -> None:
    put(store, "net")
    code = f"""
from filelock import FileLock
with FileLock({str(store.folder / ".locks" / "net")!r}):
    print("locked", flush=True)
    input()
"""
    (store.folder / ".locks").mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(WeightsError, match="Another process is working on net"):
            store.remove(FILE)
        other.communicate("\n")
    assert store.remove(FILE) == len(BODY)


@pytest.mark.parametrize("content", ["", "{", '{"files": {"net": {}}}', '{"more": 1}'])
def test_a_damaged_lock_file_is_named(store: Store, content: str) -> None:
    put(store, "unknown")
    (store.folder / LEDGER_NAME).write_text(content)
    with pytest.raises(WeightsError, match=r"weights\.lock\.json is damaged. Delete it"):
        store.path_of("unknown")


def test_one_variable_moves_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VCOMP_HOME", str(tmp_path / "home"))
    assert open_store().folder == tmp_path / "home" / "weights"
    assert open_store().registry.path == shipped_registry()
    write_registry(tmp_path / "home" / "weights.toml", FILE)
    assert open_store().registry.files == (FILE,)
    monkeypatch.setenv("VCOMP_HOME", "~/here")
    assert home_folder() == Path.home() / "here"
    monkeypatch.setenv("VCOMP_HOME", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert home_folder().name == "vcomp"


def test_the_store_needs_no_torch() -> None:
    code = "import sys, vcomp.weights.fetch, vcomp.weights.importing; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
