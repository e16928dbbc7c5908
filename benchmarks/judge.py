"""Train the classifier by which `make numbers` tells kinds of objects and styles: minutes of one core."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from vcomp.evaluation.judging import JUDGE_PATH
from vcomp.training.judge import train_judge


def main(
    folder: Annotated[Path, typer.Option(help="For the checkpoint, from which it goes on.")] = Path(
        "runs/judge"
    ),
    out: Annotated[Path, typer.Option(help="The weights.")] = JUDGE_PATH,
) -> None:
    """Train it and write its weights."""
    train_judge(folder, out, report=lambda progress: print(progress, file=sys.stderr, flush=True))


if __name__ == "__main__":
    typer.run(main)
