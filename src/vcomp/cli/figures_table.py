"""What `vcomp eval` shows people: a row a video, a column a figure, the means, and what computed them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table

from vcomp.evaluation.results import interval_text, number
from vcomp.evaluation.specs import ARROWS, FIGURES

if TYPE_CHECKING:
    from vcomp.evaluation.measuring import SetResult

_PIPE_WIDTH = 140  # nothing is wrapped where there is no terminal


def print_figures(results: Sequence[SetResult]) -> None:
    """A table for each set, and a line for each figure with its unit and its tower."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, _PIPE_WIDTH)
    for result in results:
        console.print(_table(result))
    figures = {figure.name: figure for result in results for figure in result.figures}
    for figure in figures.values():
        spec = FIGURES[figure.name]
        by = f", by {figure.tower}" if figure.tower else ""
        console.print(f"{figure.name}: {spec.unit}{by}", style="dim", markup=False, soft_wrap=True)


def _table(result: SetResult) -> Table:
    table = Table(title=result.name if len(result.videos) > 1 else None, title_justify="left", box=box.SIMPLE)
    table.add_column("video", overflow="fold")
    for figure in result.figures:
        table.add_column(f"{figure.name} {ARROWS[FIGURES[figure.name].better]}", justify="right")
    for video in result.videos:
        cells = (number(video.figures.get(figure.name, math.nan)) for figure in result.figures)
        table.add_row(video.path, *cells)
    if len(result.videos) > 1:
        table.add_section()
        table.add_row(
            f"mean of {len(result.videos)}", *(number(f.estimate.value) for f in result.figures), style="bold"
        )
        table.add_row("std", *(number(f.std) for f in result.figures))
        table.add_row("95 % interval", *(interval_text(f.estimate) for f in result.figures))
    return table
