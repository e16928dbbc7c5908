"""Print the numbers a model is judged by, one JSON object a line; progress goes to stderr."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from command import CORES, BatchSize, Level, ModelName, Processes, Steps, report, run

from vcomp.evaluation.numbers import NAMES, Suite
from vcomp.evaluation.targets import TARGETS


def main(
    samples: Annotated[int, typer.Option(help="Held-out drawn videos.", min=1)] = 200,
    only: Annotated[
        str,
        typer.Option(metavar="NAME,…", help=f"Of {', '.join(NAMES)}; targets is all that have one."),
    ] = ",".join(NAMES),
    model: ModelName = "tiny",
    steps: Steps = 20,
    level: Level = None,
    batch_size: BatchSize = 4,
    processes: Processes = CORES,
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
    names = tuple(TARGETS) if only == "targets" else only.split(",")
    for name, estimate in suite.measure(names):
        print(estimate.to_json(name), flush=True)


if __name__ == "__main__":
    run(main)
