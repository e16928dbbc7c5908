"""`vcomp weights`, against a real server."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command import VCOMP, Run

from weight_server import (
    BODY,
    OTHER_BODY,
    PAGE,
    Answer,
    Server,
    serving,
    sha256,
    weight_file,
    write_registry,
)

UNKNOWN_BODY = BODY[:-5]


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server) -> Path:
    """A home whose list has three small files: one known, one of unknown hash, one alternative."""
    home = tmp_path / "home"
    monkeypatch.setenv("VCOMP_HOME", str(home))
    for name, body in (("/net", BODY), ("/unknown", UNKNOWN_BODY), ("/spare", OTHER_BODY)):
        server.put(name, Answer(body))
    write_registry(
        home / "weights.toml",
        weight_file(f"{server.address}/net"),
        weight_file(
            f"{server.address}/unknown",
            id="unknown",
            filename="unknown.pth",
            sha256=None,
            bytes=len(UNKNOWN_BODY),
            licence="research only",
        ),
        weight_file(
            f"{server.address}/spare",
            id="spare",
            filename="spare.pth",
            sha256=sha256(OTHER_BODY),
            alternative_to="net",
        ),
    )
    return home


def place(home: Path, name: str) -> Path:
    return home / "weights" / name / f"{name}.pth"


def test_a_model_is_pulled_listed_and_verified(vcomp: Run, home: Path, server: Server) -> None:
    before = vcomp("weights", "list")
    assert before.code == 0
    assert before.out.count("missing") == 3
    assert "2 to fetch, 5.2 MB: vcomp weights pull small\n" in before.out
    assert all(line == line.rstrip() for line in before.out.splitlines())
    pulled = vcomp("weights", "pull", "small")
    assert pulled.code == 0
    assert pulled.out.splitlines() == [str(place(home, "net")), str(place(home, "unknown"))]
    assert place(home, "net").read_bytes() == BODY
    assert "net: fetched" in pulled.err
    assert [request.path for request in server.requests] == ["/net", "/unknown"]
    after = vcomp("weights", "list")
    assert after.out.count("ready") == 2
    assert "(instead of net)" in after.out
    assert "research only" in after.out
    assert "nothing is missing" in after.out
    verified = vcomp("weights", "verify", "--quiet")
    assert verified.err == ""
    assert verified.out.splitlines() == [
        f"{sha256(BODY)}  {place(home, 'net')}",
        f"{sha256(UNKNOWN_BODY)}  {place(home, 'unknown')}",
    ]


def test_everything_comes_as_json_too(vcomp: Run, home: Path, server: Server) -> None:
    (pulled,) = json.loads(vcomp("weights", "pull", "net", "--json").out)
    assert pulled == {
        "id": "net",
        "path": str(place(home, "net")),
        "sha256": sha256(BODY),
        "fetched_from": f"{server.address}/net",
    }
    listed = json.loads(vcomp("weights", "list", "--json").out)
    assert [(one["id"], one["state"]) for one in listed] == [
        ("net", "ready"),
        ("unknown", "missing"),
        ("spare", "missing"),
    ]
    assert listed[2]["alternative_to"] == "net"
    assert json.loads(vcomp("weights", "verify", "--json").out)[0]["sha256"] == sha256(BODY)
    (removed,) = json.loads(vcomp("weights", "remove", "small", "--json").out)
    assert removed == {"id": "net", "path": str(place(home, "net")), "freed": len(BODY)}


def test_paths_are_printed(vcomp: Run, home: Path) -> None:
    assert vcomp("weights", "path").out == f"{home / 'weights'}\n"
    missing = vcomp("weights", "path", "net")
    assert (missing.code, missing.out) == (5, "")
    assert missing.err == (
        "Error: The weight file net (net.pth) is not here. Fetch it: vcomp weights pull net\n"
    )
    vcomp("weights", "pull", "net")
    assert vcomp("weights", "path", "net.pth").out == f"{place(home, 'net')}\n"
    assert vcomp("weights", "path", "small").code == 2


def test_files_are_imported_removed_and_an_alternative_is_enough(
    vcomp: Run, home: Path, server: Server, tmp_path: Path
) -> None:
    (tmp_path / "a file").write_bytes(OTHER_BODY)
    imported = vcomp("weights", "import", "a file")
    assert imported.out == f"{place(home, 'spare')}\n"
    assert "spare: hard link: a file" in imported.err
    vcomp("weights", "pull", "small")
    assert [request.path for request in server.requests] == ["/unknown"]
    removed = vcomp("weights", "remove", "small")
    assert removed.out.splitlines() == [str(place(home, "unknown")), str(place(home, "spare"))]
    assert not place(home, "spare").exists()
    assert (tmp_path / "a file").read_bytes() == OTHER_BODY
    wrong = vcomp("weights", "import", "nothing.pth")
    assert (wrong.code, wrong.out) == (5, "")


def test_damage_is_found_and_told(vcomp: Run, home: Path) -> None:
    vcomp("weights", "pull", "net")
    place(home, "net").write_bytes(OTHER_BODY)
    verified = vcomp("weights", "verify")
    assert verified.code == 5
    assert verified.out == f"wrong  {place(home, 'net')}\n"
    assert "vcomp weights pull net" in verified.err
    assert vcomp("weights", "pull", "net").code == 0
    assert vcomp("weights", "verify", "net").code == 0


def test_what_a_model_does_not_need_is_not_missed(vcomp: Run, home: Path) -> None:
    vcomp("weights", "pull", "small")
    assert not place(home, "spare").exists()
    verified = vcomp("weights", "verify", "small")
    assert (verified.code, len(verified.out.splitlines())) == (0, 2), verified.err


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(OTHER_BODY), "gives a file that has SHA-256"),
        (Answer(BODY[:100]), "has 100 bytes instead of"),
        (Answer(PAGE, content_type="text/html"), "sends a web page instead of the file"),
    ],
    ids=["corrupt", "truncated", "page"],
)
def test_wrong_files_leave_nothing_behind(
    vcomp: Run, home: Path, server: Server, answer: Answer, message: str
) -> None:
    server.put("/net", answer)
    outcome = vcomp("weights", "pull", "net")
    assert (outcome.code, outcome.out) == (5, "")
    assert message in outcome.err
    assert not list(home.rglob("*.pth*"))


def test_offline_and_typing_errors_have_their_codes(vcomp: Run, home: Path, server: Server) -> None:
    offline = vcomp("weights", "pull", "net", "--offline")
    assert offline.code == 5
    assert "nothing may be fetched" in offline.err
    unknown = vcomp("weights", "pull", "nett")
    assert unknown.code == 2
    assert "Models are small; files are net, unknown, spare." in unknown.err
    assert server.requests == []
    (home / "weights.toml").write_text("[[file]]\n")
    assert vcomp("weights", "list").code == 5


def test_too_little_space_has_its_code(vcomp: Run, home: Path, server: Server) -> None:
    write_registry(home / "weights.toml", weight_file(f"{server.address}/net", bytes=10**17))
    outcome = vcomp("weights", "pull", "net")
    assert outcome.code == 6
    assert "GB are needed" in outcome.err
    assert server.requests == []


def test_no_network_has_its_code(vcomp: Run, home: Path, server: Server) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # taken, and nobody listens
        write_registry(home / "weights.toml", weight_file(f"http://127.0.0.1:{closed.getsockname()[1]}/net"))
        outcome = vcomp("weights", "pull", "net")
    assert (outcome.code, outcome.out) == (5, "")
    assert "cannot be reached (Connection refused)" in outcome.err
    assert "HTTPS_PROXY" in outcome.err
    assert vcomp("weights", "path", "net").code == 5


def test_a_disk_that_fills_up_has_its_code_and_the_next_pull_goes_on(
    vcomp: Run, home: Path, server: Server
) -> None:
    limit = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20));"
    code = f"{limit} from vcomp.cli import main; sys.argv = ['vcomp', 'weights', 'pull', 'net']; main()"
    full = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ)
    assert (full.returncode, full.stdout) == (6, "")
    assert "does not fit on the disk" in full.stderr
    assert vcomp("weights", "path", "net").code == 5
    assert vcomp("weights", "verify", "net").code == 5
    assert vcomp("weights", "pull", "net").code == 0
    assert place(home, "net").read_bytes() == BODY
    assert server.requests[-1].range is not None


def started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [VCOMP, "weights", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )


def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("It did not happen within a minute.")


def test_two_processes_at_once_fetch_once(home: Path, server: Server) -> None:
    server.put("/net", Answer(pause_s=0.3))
    first = started("pull", "net")
    wait_until(lambda: bool(server.requests))
    second = started("pull", "net")
    outputs = [process.communicate() for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0]
    assert [out for out, _ in outputs] == [f"{place(home, 'net')}\n"] * 2
    assert "net: fetched" in outputs[0][1]
    assert "net: here already" in outputs[1][1]
    assert place(home, "net").read_bytes() == BODY
    assert len(server.requests) == 1


def test_a_killed_process_leaves_what_the_next_goes_on_with(vcomp: Run, home: Path, server: Server) -> None:
    server.put("/net", Answer(pause_s=0.5))
    process = started("pull", "net")
    partial = place(home, "net").with_name("net.pth.partial")
    wait_until(lambda: partial.exists() and partial.stat().st_size > 0)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not place(home, "net").exists()
    assert "% fetched" in vcomp("weights", "list").out
    assert vcomp("weights", "path", "net").code == 5
    server.put("/net")
    assert vcomp("weights", "pull", "net").code == 0
    assert place(home, "net").read_bytes() == BODY
    assert server.requests[-1].range is not None
    assert not partial.exists()


def test_help_has_examples(vcomp: Run) -> None:
    outcome = vcomp("weights", "--help")
    assert outcome.code == 0
    for command in ("list", "pull", "verify", "path", "import", "remove", "Examples"):
        assert command in outcome.out
    assert "weights" in vcomp("--help").out


def test_the_list_fits_a_terminal_of_80_columns(
    vcomp: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VCOMP_HOME", str(tmp_path / "h"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FORCE_COLOR", "1")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", vcomp("weights", "list").out)
    assert plain.endswith("to fetch, 11.8 GB: vcomp weights pull videocomposer metrics\n")
    files = plain.split("\n\n")[0].splitlines()
    assert max(map(len, files)) <= 80
    assert len(files) <= 2 * 10 + 2, "two lines a file, but for two long purposes"
    row = next(line for line in files if line.startswith("videocomposer-unet"))
    assert row.split(maxsplit=4)[1:] == ["missing", "5.7", "GB", "research and non-commercial use only"]
