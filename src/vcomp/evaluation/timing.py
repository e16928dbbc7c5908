"""How long the command takes, from the shell to its end."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from vcomp.evaluation.statistics import Estimate, median_of_runs

TEXT = "a yellow star moves right over a blue background"
NUM_FRAMES = 16


def generate_seconds(model: str | Path, *, num_steps: int = 20, runs: int = 3) -> Estimate:
    """Seconds of `vcomp generate`: 16 frames from a text, into an MP4 file."""
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "out.mp4")
        length = ("--frames", str(NUM_FRAMES), "--steps", str(num_steps))
        arguments = ("--text", TEXT, "--seed", "0", "--model", str(model), *length, "--quiet", "-o", out)
        return median_of_runs([_seconds("generate", *arguments) for _ in range(runs)])


def help_seconds(*, runs: int = 5) -> Estimate:
    """Seconds of `vcomp --help`."""
    return median_of_runs([_seconds("--help") for _ in range(runs)])


def installed_command() -> Path:
    """`vcomp` as it is installed beside this Python."""
    return Path(sys.executable).with_name("vcomp")


def _seconds(*arguments: str) -> float:
    """Of one run of the command.

    Raises:
        subprocess.CalledProcessError: It failed, and said why on stderr.
    """
    start = perf_counter()
    subprocess.run([installed_command(), *arguments], check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - start
