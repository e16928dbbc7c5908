"""What the measuring commands share: their options, how they tell progress, and how they fail."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Annotated, TypeAlias

import typer

from vcomp.errors import VcompError

CORES = os.cpu_count() or 1

ModelName: TypeAlias = Annotated[str, typer.Option(help="tiny or a model's folder.")]
Steps: TypeAlias = Annotated[int, typer.Option(help="Denoising steps.", min=1)]
Level: TypeAlias = Annotated[str | None, typer.Option(help="Of drawn video; default: the model's.")]
BatchSize: TypeAlias = Annotated[int, typer.Option(help="Videos generated at once.", min=1)]
Processes: TypeAlias = Annotated[int, typer.Option(help="Batches generated at once.", min=1)]


def report(what: str, done: int, total: int) -> None:
    """Say how far it is, on stderr, in place where that is a terminal."""
    end = "\n" if done == total or not sys.stderr.isatty() else "\r"
    print(f"{what}: {done}/{total}", end=end, file=sys.stderr, flush=True)


def run(main: Callable[..., None]) -> None:
    """Run a command; what it cannot do is one sentence on stderr and an exit code."""
    try:
        typer.run(main)
    except VcompError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
