"""`vcomp train`: the bundled model, from nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from vcomp.training.progress import Progress

EXAMPLES = """[bold]Examples[/bold]

[cyan]vcomp train[/cyan]  every stage in order; run it again to go on where it stopped

[cyan]vcomp train compositional --max-minutes 60[/cyan]  an hour of the last stage

[cyan]vcomp train compositional --start-from tiny -d runs/more[/cyan]  go on from the bundled model

[cyan]vcomp train --export my-model[/cyan]  write what was trained, for [cyan]--model my-model[/cyan]

[cyan]vcomp train --ablation no-stc-temporal[/cyan]  the same without a part of the method

[cyan]vcomp train pictures text-to-video compositional --size nano --start-from tiny[/cyan]  a smaller UNet,
from nothing, beside the bundled model's other networks
"""


def train(
    stages: Annotated[
        list[str] | None,
        typer.Argument(
            help="autoencoder, towers, pidinet, depth, pictures, text-to-video, compositional.",
            show_default="all, in order",
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder",
            "-d",
            file_okay=False,
            help="Checkpoints and previews.",
            show_default="runs/ and the size, with --ablation the ablation's name",
        ),
    ] = None,
    size: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Of the UNet: [b]tiny[/b] is the bundled one; [b]nano[/b] is half as wide and trained for a"
            " third of the steps, to compare ablations.",
        ),
    ] = "tiny",
    ablation: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Leave out a part of the method, at the same budget: [b]no-stc-temporal[/b] (condition"
            " encoders that see one frame at a time) or [b]single-stage[/b] (compositional training from the"
            " start).",
        ),
    ] = None,
    start_from: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Train this model further, in its own sizes: tiny, or a folder. What is not trained in"
            " the folder is taken from it; with --ablation or another size, all but the UNet.",
        ),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            help="Encoded pictures and videos that the UNet learns from, 10 GB; with the same autoencoder and"
            " towers, several runs can share it.",
            show_default="in --folder",
        ),
    ] = None,
    max_minutes: Annotated[
        float | None,
        typer.Option(min=0.0, help="Stop each stage after so long; the checkpoint goes on from there."),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            help="Write the trained system to this folder, as --model takes it; trains nothing before, unless"
            " stages are named.",
        ),
    ] = None,
) -> None:
    """Train the bundled model on video that is drawn as it goes."""
    import math

    from vcomp.engine.checks import check_name
    from vcomp.training.ablations import ablated
    from vcomp.training.recipe import Workshop
    from vcomp.training.tiny import RECIPES, check_stages

    check_name("size", size, RECIPES)
    recipe = RECIPES[size] if ablation is None else ablated(RECIPES[size], ablation)
    chosen = stages or ([] if export else list(recipe.stages))
    check_stages(chosen, recipe.stages)
    place = folder or Path("runs") / (ablation or size)
    if start_from is None:
        workshop = Workshop(place, recipe, report=_print, cache=cache)
    else:
        own = ablation is not None or size != "tiny"
        workshop = Workshop.going_on_from(
            start_from, place, recipe, from_scratch=own, report=_print, cache=cache
        )
    minutes = math.inf if max_minutes is None else max_minutes
    for stage in chosen:
        if not workshop.run(stage, max_minutes=minutes):
            # The stages after it build on it.
            typer.echo(f"{stage} is not at its last step yet: the same command goes on from here.", err=True)
            break
    if export is not None:
        workshop.export(export)
        typer.echo(export)


def _print(progress: Progress) -> None:
    end = "\n" if not sys.stderr.isatty() or progress.step >= progress.steps else ""
    start = "\r\033[K" if sys.stderr.isatty() else ""
    sys.stderr.write(f"{start}{progress}{end}")
    sys.stderr.flush()
