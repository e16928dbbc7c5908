"""Fetching from a real server: whatever it does, only right files take their name."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from vcomp.errors import OutputError, ResourceError, WeightsError
from vcomp.weights.fetch import Pulled, pull
from vcomp.weights.progress import FileProgress
from vcomp.weights.registry import WeightFile
from vcomp.weights.store import State, Store
from weight_server import (
    BODY,
    MEGABYTE,
    OTHER_BODY,
    PAGE,
    Answer,
    Server,
    registry_of,
    sha256,
    weight_file,
    write_registry,
)

BREAK = 3 * MEGABYTE // 2


def store_of(tmp_path: Path, *files: WeightFile) -> Store:
    return Store(tmp_path / "store", registry_of(*files))


def pull_one(store: Store, file: WeightFile, notes: list[str] | None = None, **options: bool) -> Pulled:
    def listen(progress: FileProgress) -> None:
        if notes is not None and progress.note:
            notes.append(progress.note)

    (pulled,) = pull(store, [file], on_progress=listen, **options)
    return pulled


def leftovers(store: Store) -> list[str]:
    """The files of the store that are not its own bookkeeping."""
    return sorted(path.name for path in store.folder.rglob("*.pth*") if path.is_file())


def test_a_good_file_is_fetched_once(server: Server, tmp_path: Path) -> None:
    file = weight_file(server.put("/net"))
    store = store_of(tmp_path, file)
    seen: list[FileProgress] = []
    (pulled,) = pull(store, [file], on_progress=seen.append)
    assert pulled.path.read_bytes() == BODY
    assert (pulled.sha256, pulled.fetched_from) == (sha256(BODY), file.source)
    assert leftovers(store) == ["net.pth"]
    assert [p.done for p in seen if p.stage == "fetch"][-1] == len(BODY)
    assert seen[-1] == FileProgress(file_id="net", stage="check", done=len(BODY), total=len(BODY))
    assert store.path_of("net") == pulled.path
    assert pull_one(store, file).fetched_from is None
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(OTHER_BODY), f"has SHA-256 {sha256(OTHER_BODY)[:12]}… instead of {sha256(BODY)[:12]}…"),
        (Answer(BODY[:-9]), f"has {len(BODY) - 9:,} bytes instead of {len(BODY):,}"),
        (Answer(BODY + b"more"), f"has {len(BODY) + 4:,} bytes instead of {len(BODY):,}"),
        (Answer(BODY + b"more", says_length=False), "sends more than the"),
        (Answer(PAGE, content_type="text/html; charset=utf-8"), "sends a web page"),
        (Answer(PAGE, says_length=False), "sends a web page"),
        (Answer(b'{"Code": 404}', says_length=False), "sends a JSON message"),
        (Answer(PAGE, status=404, content_type="text/html"), "answers 404 Not Found"),
        (Answer(b"", status=503), "answers 503 Service Unavailable"),
    ],
    ids=["corrupt", "short", "long", "endless", "page", "hidden-page", "json", "absent", "busy"],
)
def test_a_wrong_answer_is_named_and_thrown_away(
    server: Server, tmp_path: Path, answer: Answer, reason: str
) -> None:
    file = weight_file(server.put("/net", answer))
    store = store_of(tmp_path, file)
    with pytest.raises(WeightsError) as caught:
        pull_one(store, file)
    assert reason in caught.value.message
    assert f"127.0.0.1:{server.server_port}" in caught.value.message
    assert leftovers(store) == []
    with pytest.raises(WeightsError, match="vcomp weights pull net"):
        store.path_of("net")


def test_a_broken_connection_is_taken_up_again(server: Server, tmp_path: Path) -> None:
    file = weight_file(server.put("/net", Answer(breaks_after=[BREAK])))
    assert pull_one(store_of(tmp_path, file), file).path.read_bytes() == BODY
    first, second = server.requests
    assert first.range is None
    assert second.range is not None
    assert int(second.range[len("bytes=") : -1]) >= MEGABYTE
    assert second.if_range == '"one"'


@pytest.mark.parametrize("known", [True, False])
def test_the_next_pull_goes_on_with_a_truncated_one(server: Server, tmp_path: Path, known: bool) -> None:
    answer = Answer(breaks_after=[BREAK, 0, 0, 0])
    file = weight_file(server.put("/net", answer), sha256=sha256(BODY) if known else None)
    store = store_of(tmp_path, file)
    with pytest.raises(WeightsError, match=r"broke off after 1,\d+,\d+ of"):
        pull_one(store, file)
    assert store.state(file) is State.PARTIAL
    assert leftovers(store) == ["net.pth.partial", "net.pth.partial.json"]
    with pytest.raises(WeightsError, match="not here"):
        store.path_of("net")
    server.requests.clear()
    assert pull_one(store, file).path.read_bytes() == BODY
    assert server.requests[0].range is not None


@pytest.mark.parametrize(
    ("changed", "known"),
    [
        (Answer(etag='"two"'), True),
        (Answer(etag='"two"'), False),
        (Answer(takes_ranges=False), True),
    ],
    ids=["new version", "new version, unknown hash", "no ranges"],
)
def test_it_starts_over_where_going_on_is_not_safe(
    server: Server, tmp_path: Path, changed: Answer, known: bool
) -> None:
    answer = Answer(OTHER_BODY, breaks_after=[BREAK, 0, 0, 0])
    file = weight_file(server.put("/net", answer), sha256=sha256(BODY) if known else None)
    store = store_of(tmp_path, file)
    with pytest.raises(WeightsError):
        pull_one(store, file)
    server.put("/net", changed)
    assert pull_one(store, file).path.read_bytes() == BODY


def test_without_any_proof_nothing_is_joined(server: Server, tmp_path: Path) -> None:
    answer = Answer(OTHER_BODY, etag=None, breaks_after=[BREAK, 0, 0, 0])
    file = weight_file(server.put("/net", answer), sha256=None)
    store = store_of(tmp_path, file)
    with pytest.raises(WeightsError):
        pull_one(store, file)
    server.put("/net", Answer(etag=None))
    assert pull_one(store, file).path.read_bytes() == BODY
    assert all(request.range is None for request in server.requests)


def test_a_beginning_from_elsewhere_that_does_not_fit_is_thrown_away(server: Server, tmp_path: Path) -> None:
    file = weight_file(server.put("/net"))
    store = store_of(tmp_path, file)
    store.partial(file).parent.mkdir(parents=True)
    store.partial(file).write_bytes(OTHER_BODY[:BREAK])
    assert pull_one(store, file).path.read_bytes() == BODY
    assert [request.range for request in server.requests] == [f"bytes={BREAK}-", None]


def test_a_partial_file_that_is_whole_is_only_checked(server: Server, tmp_path: Path) -> None:
    file = weight_file(server.put("/net"))
    store = store_of(tmp_path, file)
    store.partial(file).parent.mkdir(parents=True)
    store.partial(file).write_bytes(BODY)
    assert pull_one(store, file).path.read_bytes() == BODY
    assert [request.range for request in server.requests] == [f"bytes={len(BODY)}-"]


def test_a_partial_file_that_is_too_long_is_thrown_away(server: Server, tmp_path: Path) -> None:
    file = weight_file(server.put("/net"))
    store = store_of(tmp_path, file)
    store.partial(file).parent.mkdir(parents=True)
    store.partial(file).write_bytes(BODY + b"more")
    assert pull_one(store, file).path.read_bytes() == BODY


def test_mirrors_are_tried_in_turn(server: Server, tmp_path: Path) -> None:
    busy = server.put("/busy", Answer(b"", status=503))
    page = server.put("/page", Answer(PAGE, content_type="text/html"))
    file = weight_file(busy, mirrors=[page, server.put("/good"), server.put("/never")])
    notes: list[str] = []
    pulled = pull_one(store_of(tmp_path, file), file, notes)
    assert pulled.fetched_from == f"{server.address}/good"
    assert [request.path for request in server.requests] == ["/busy", "/page", "/good"]
    assert [note.split(" ", 1)[1] for note in notes] == [
        "answers 503 Service Unavailable",
        "sends a web page instead of the file",
    ]


def test_a_mirror_that_is_busy_for_a_while_keeps_what_came_from_it(server: Server, tmp_path: Path) -> None:
    answer = Answer(breaks_after=[BREAK], puts_off=[False, True, True, False])
    file = weight_file(server.put("/net", answer), mirrors=[server.put("/other")], sha256=None)
    pulled = pull_one(store_of(tmp_path, file), file)
    assert pulled.path.read_bytes() == BODY
    assert pulled.fetched_from == file.source
    assert [request.path for request in server.requests] == ["/net"] * 4
    assert server.requests[-1].range is not None


def test_a_mirror_that_stays_busy_is_given_up(server: Server, tmp_path: Path) -> None:
    answer = Answer(breaks_after=[BREAK], puts_off=[False, *[True] * 9])
    file = weight_file(server.put("/net", answer), mirrors=[server.put("/other")], sha256=None)
    pulled = pull_one(store_of(tmp_path, file), file)
    assert pulled.path.read_bytes() == BODY
    assert pulled.fetched_from == f"{server.address}/other"


def test_another_mirror_goes_on_where_the_hash_will_tell(server: Server, tmp_path: Path) -> None:
    breaking = server.put("/breaking", Answer(breaks_after=[BREAK, 0, 0, 0]))
    file = weight_file(breaking, mirrors=[server.put("/good", Answer(etag='"other"'))])
    assert pull_one(store_of(tmp_path, file), file).path.read_bytes() == BODY
    last = server.requests[-1]
    assert (last.path, last.if_range) == ("/good", None)
    assert last.range is not None


def closed_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def test_no_network_is_said_with_every_mirror(tmp_path: Path) -> None:
    urls = [f"http://127.0.0.1:{closed_port()}/net" for _ in range(2)]
    file = weight_file(urls[0], mirrors=urls[1:])
    with pytest.raises(WeightsError) as caught:
        pull_one(store_of(tmp_path, file), file)
    assert caught.value.message.count("cannot be reached (Connection refused)") == 2
    assert caught.value.hint is not None
    assert "HTTPS_PROXY" in caught.value.hint


def test_offline_fetches_nothing(server: Server, tmp_path: Path) -> None:
    file = weight_file(server.put("/net"))
    store = store_of(tmp_path, file)
    with pytest.raises(WeightsError, match="nothing may be fetched"):
        pull_one(store, file, offline=True)
    assert server.requests == []
    assert not store.folder.exists()
    pull_one(store, file)
    assert pull_one(store, file, offline=True).path.read_bytes() == BODY
    assert len(server.requests) == 1


def test_proxies_are_taken_from_the_environment(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put("/net")
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, server.address)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    file = weight_file("http://weights.invalid/net")
    assert pull_one(store_of(tmp_path, file), file).path.read_bytes() == BODY


def test_a_file_larger_than_the_disk_is_refused_before_anything_is_fetched(
    server: Server, tmp_path: Path
) -> None:
    too_much = shutil.disk_usage(tmp_path).free + 10**12
    small = weight_file(server.put("/net"))
    large = weight_file(server.put("/large"), id="large", bytes=too_much)
    store = store_of(tmp_path, small, large)
    with pytest.raises(ResourceError, match=r"GB are needed in .* GB are free.*VCOMP_HOME"):
        list(pull(store, [small, large]))
    assert server.requests == []
    assert not store.folder.exists()


def test_a_disk_that_fills_up_leaves_nothing_that_could_be_used(server: Server, tmp_path: Path) -> None:
    """The system refuses to write more than a megabyte, as it would on a full disk."""
    file = weight_file(server.put("/net"))
    write_registry(tmp_path / "weights.toml", file)
    code = f"""
import resource
from pathlib import Path
from vcomp.errors import ResourceError
from vcomp.weights.fetch import pull
from vcomp.weights.registry import read_registry
from vcomp.weights.store import Store
resource.setrlimit(resource.RLIMIT_FSIZE, ({MEGABYTE}, {MEGABYTE}))
store = Store(Path({str(tmp_path / "store")!r}), read_registry(Path({str(tmp_path / "weights.toml")!r})))
try:
    list(pull(store, store.registry.files))
except ResourceError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "net.pth.partial does not fit on the disk." in done.stdout
    store = store_of(tmp_path, file)
    assert store.state(file) is State.PARTIAL
    assert pull_one(store, file).path.read_bytes() == BODY


def test_a_folder_that_cannot_be_written_is_named(server: Server, tmp_path: Path) -> None:
    (tmp_path / "store").write_text("not a folder")
    file = weight_file(server.put("/net"))
    with pytest.raises(OutputError, match="VCOMP_HOME"):
        pull_one(store_of(tmp_path, file), file)


def test_a_file_without_a_known_hash_is_recorded_and_held_to_it(server: Server, tmp_path: Path) -> None:
    file = weight_file(server.put("/net"), sha256=None)
    store = store_of(tmp_path, file)
    assert store.expected_sha256(file) is None
    pull_one(store, file)
    assert store.expected_sha256(file) == sha256(BODY)
    store.remove(file)
    server.put("/net", Answer(OTHER_BODY, etag='"two"'))
    with pytest.raises(WeightsError, match=f"has SHA-256 {sha256(OTHER_BODY)[:12]}… instead of"):
        pull_one(store, file)
    assert leftovers(store) == []
    store.remove(file, forget=True)
    assert pull_one(store, file).sha256 == sha256(OTHER_BODY)


def test_a_file_without_a_known_hash_must_have_the_format(server: Server, tmp_path: Path) -> None:
    wrong = b"weights?" + BODY[8:]
    file = weight_file(server.put("/net", Answer(wrong)), sha256=None)
    store = store_of(tmp_path, file)
    with pytest.raises(WeightsError, match=r"is no \.pth file"):
        pull_one(store, file)
    assert leftovers(store) == []
    assert store.expected_sha256(file) is None


def test_a_damaged_file_is_fetched_anew(server: Server, tmp_path: Path) -> None:
    file = weight_file(server.put("/net"))
    store = store_of(tmp_path, file)
    path = pull_one(store, file).path
    path.write_bytes(OTHER_BODY)
    notes: list[str] = []
    assert pull_one(store, file, notes).fetched_from == file.source
    assert "is not the published net" in notes[0]
    assert path.read_bytes() == BODY


def test_a_size_that_is_only_roughly_known_is_left_to_the_hash(server: Server, tmp_path: Path) -> None:
    answer = Answer(breaks_after=[BREAK])
    file = weight_file(server.put("/net", answer), bytes=2 * len(BODY), bytes_exact=False)
    assert pull_one(store_of(tmp_path, file), file).path.read_bytes() == BODY
