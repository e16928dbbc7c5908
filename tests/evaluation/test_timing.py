"""Timings are of the real command."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from vcomp.evaluation.numbers import Suite
from vcomp.evaluation.timing import generate_seconds, help_seconds


def test_generating_takes_longer_than_help(model_folder: Path) -> None:
    help_s, generate_s = help_seconds(runs=2), generate_seconds(model_folder, num_steps=1, runs=1)
    assert (help_s.n, generate_s.n) == (2, 1)
    assert 0 < help_s.low <= help_s.value <= help_s.high < generate_s.value


def test_a_command_that_fails_has_no_time(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        generate_seconds(tmp_path / "none", num_steps=0, runs=1)


def test_timings_need_no_model(tmp_path: Path) -> None:
    [(name, estimate)] = Suite(model=tmp_path / "none").measure(["help_s"])
    assert (name, estimate.n) == ("help_s", 5)
