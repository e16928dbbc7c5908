"""Print the numbers a model is judged by, one JSON object a line; progress goes to stderr."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from progress import report

from vcomp.errors import VcompError
from vcomp.evaluation.numbers import NAMES, Suite


def main(
    samples: Annotated[int, typer.Option(help="Held-out drawn videos.", min=1)] = 200,
    only: Annotated[str, typer.Option(metavar="NAME,…", help=f"Of {', '.join(NAMES)}.")] = ",".join(NAMES),
    model: Annotated[str, typer.Option(help="tiny or a model's folder.")] = "tiny",
    steps: Annotated[int, typer.Option(help="Denoising steps.", min=1)] = 20,
    level: Annotated[str | None, typer.Option(help="Of drawn video; default: the model's.")] = None,
    batch_size: Annotated[int, typer.Option(help="Videos generated at once.", min=1)] = 4,
    processes: Annotated[int, typer.Option(help="Batches generated at once.", min=1)] = os.cpu_count() or 1,
    pidinet: Annotated[
        Path | None, typer.Option(help="table5_pidinet.pth, with which the bundled PiDiNet is compared.")
    ] = None,
    clip: Annotated[Path | None, typer.Option(help="A real video, on whose frames it is.")] = None,
) -> None:
    """Measure a model on drawn videos it never saw."""
    suite = Suite(
        model=model,
        num_samples=samples,
        num_steps=steps,
        level=level,
        batch_size=batch_size,
        num_processes=processes,
        pidinet=pidinet,
        clip=clip,
        on_progress=report,
    )
    for name, estimate in suite.measure(only.split(",")):
        print(estimate.to_json(name), flush=True)


if __name__ == "__main__":
    try:
        typer.run(main)
    except VcompError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
