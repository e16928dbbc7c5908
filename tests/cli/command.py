"""Where the command is, and what running it gives."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

VCOMP = Path(sys.executable).with_name("vcomp")


@dataclass(frozen=True)
class Outcome:
    """What a command ended with."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]
