"""A map over processes: that of one keeps its order, and its processes end with it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from vcomp.evaluation.parallel import parallel_map

PROGRAM = """
import os, time
from vcomp.evaluation.parallel import parallel_map

def pid(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()

if __name__ == "__main__":
    with parallel_map(2) as run:
        print(*set(run(pid, [0.2] * 8)), flush=True)
        list(run(pid, [600.0] * 2))
"""
PATIENCE_S = 30


def test_results_are_in_the_order_of_the_items() -> None:
    with parallel_map(2) as run:
        assert list(run(str, range(7))) == [*"0123456"]


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="tells running processes by /proc")
def test_processes_of_a_killed_program_end(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    with subprocess.Popen([sys.executable, path], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        pids = [int(word) for word in program.stdout.readline().split()]
        assert pids
        program.kill()
    end = time.monotonic() + PATIENCE_S
    while any(map(is_running, pids)):
        assert time.monotonic() < end
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    """Whether there is such a process that has not ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
