"""Write docs/results.md and its plots: the paper's tables and more, on drawn scenes that training never saw.

What was measured is kept in a file: the same command goes on where it was interrupted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from command import CORES, BatchSize, Level, ModelName, Processes, Steps, report, run

from vcomp.evaluation.tables.catalogue import STUDIES
from vcomp.evaluation.tables.page import Results
from vcomp.evaluation.tables.remarks import read_remarks
from vcomp.evaluation.tables.runner import Runner
from vcomp.evaluation.tables.study import ABLATED, Model
from vcomp.evaluation.targets import read_numbers

ROOT = Path(__file__).parents[1]


def main(
    samples: Annotated[
        int, typer.Option(help="Held-out drawn scenes; of some tables at most 12.", min=1)
    ] = 40,
    model: ModelName = "tiny",
    ablations: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER", help="Holds the models of make ablations: nano, no-stc-temporal, single-stage."
        ),
    ] = ROOT / "benchmarks" / "models",
    numbers: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="What make numbers printed, to add with its targets."),
    ] = None,
    remarks: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="Texts to stand beside the figures, as TOML.")
    ] = ROOT / "benchmarks" / "remarks.toml",
    out: Annotated[Path, typer.Option(help="The page; its plots go to a folder of its name.")] = ROOT
    / "docs"
    / "results.md",
    kept: Annotated[Path, typer.Option(help="Where values are kept.")] = ROOT / "runs" / "tables.jsonl",
    clip: Annotated[
        str | None, typer.Option(help="CLIP tower of all rows, as of vcomp eval.", show_default="the model's")
    ] = None,
    steps: Steps = 10,
    level: Level = None,
    batch_size: BatchSize = 6,
    processes: Processes = CORES,
) -> None:
    """Measure, and write."""
    said = read_remarks(remarks, [study.title for study in STUDIES])
    models: dict[Model, str | Path] = {"full": model}
    models |= {name: ablations / name for name in ABLATED if (ablations / name).is_dir()}
    runner = Runner(
        models=models,
        kept=kept,
        num_samples=samples,
        clip=clip,
        num_steps=steps,
        level=level,
        batch_size=batch_size,
        num_processes=processes,
        on_progress=report,
    )
    known = None if numbers is None else read_numbers(numbers)
    results = Results(
        studies=STUDIES,
        samples=runner.measure(STUDIES),
        setting=runner.setting,
        numbers=known,
        remarks=said,
    )
    plots = out.with_suffix("")
    plots.mkdir(parents=True, exist_ok=True)
    for name, content in results.plots():
        (plots / name).write_text(content)
    out.write_text(results.markdown(plots.name))
    print(out)


if __name__ == "__main__":
    run(main)
