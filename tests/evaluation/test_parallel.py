"""A map over processes: results are in order, and no process outlives its program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from vcomp.evaluation.parallel import parallel_map

PROGRAM = """
import time
from vcomp.evaluation.parallel import parallel_map

if __name__ == "__main__":
    with parallel_map(2) as run:
        list(run(time.sleep, [0.2] * 8))
        print("at work", flush=True)
        list(run(time.sleep, [60.0] * 2))
"""
PATIENCE_S = 30


def test_results_are_in_the_order_of_the_items() -> None:
    with parallel_map(2) as run:
        assert list(run(str, range(7))) == [*"0123456"]


def test_processes_of_a_killed_program_end(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    with subprocess.Popen([sys.executable, path], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "at work\n"
        program.kill()
        program.communicate(timeout=PATIENCE_S)  # ends when nobody is left who could write
