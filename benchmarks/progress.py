"""Progress of long measurements, on stderr."""

from __future__ import annotations

import sys


def report(what: str, done: int, total: int) -> None:
    """Say how far it is, in place where stderr is a terminal."""
    end = "\n" if done == total or not sys.stderr.isatty() else "\r"
    print(f"{what}: {done}/{total}", end=end, file=sys.stderr, flush=True)
