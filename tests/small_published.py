"""The published model's files at small sizes, as the dress rehearsal writes them."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@dataclass(frozen=True)
class Rehearsal:
    """The script, and the folder of the files it wrote."""

    script: ModuleType
    files: Path


def write_small_files(files: Path) -> Rehearsal:
    """Have the dress rehearsal write every published file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        script = importlib.import_module("dress_rehearsal")
        script.write_files(files, script.SMALL, script.SMALL_KEYS)
    return Rehearsal(script, files)
