"""Results as data: one object for programs, one row a figure for spreadsheets. Needs no torch."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Sequence
from importlib.metadata import version
from io import StringIO
from typing import TYPE_CHECKING, Any

from vcomp.evaluation.specs import FIGURES

if TYPE_CHECKING:
    from vcomp.evaluation.measuring import SetFigure, SetResult
    from vcomp.evaluation.statistics import Estimate

_DIGITS = 6
_COLUMNS = ("set", "video", "figure", "value", "unit", "better", "tower")


def to_json(results: Sequence[SetResult]) -> str:
    """`{"vcomp": …, "figures": […], "videos": […]}`; null stands for what there is not, and for infinity."""
    content = {
        "vcomp": version("vcomp"),
        "figures": [figure_object(result.name, figure) for result in results for figure in result.figures],
        "videos": [
            {
                "set": result.name,
                "path": video.path,
                "frames": video.num_frames,
                "figures": {name: _number(value) for name, value in video.figures.items()},
            }
            for result in results
            for video in result.videos
        ],
    }
    return json.dumps(content, indent=1, ensure_ascii=False)


def figure_object(set_name: str, figure: SetFigure) -> dict[str, Any]:
    """One figure of a set, with all that is needed to judge it."""
    spec, estimate = FIGURES[figure.name], figure.estimate
    interval = [_number(estimate.low), _number(estimate.high)]
    return {
        "set": set_name,
        "name": figure.name,
        "value": _number(estimate.value),
        "std": _number(figure.std),
        "interval": interval if estimate.n > 1 and None not in interval else None,
        "n": estimate.n,
        "unit": spec.unit,
        "better": spec.better,
        "tower": figure.tower,
    }


def to_csv(results: Sequence[SetResult]) -> str:
    """A header, then a row for every figure of every video; of a figure of whole sets the video is empty."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for result in results:
        for figure in result.figures:
            rows = [
                (video.path, video.figures[figure.name])
                for video in result.videos
                if figure.name in video.figures
            ]
            for path, value in rows or [("", figure.estimate.value)]:
                spec = FIGURES[figure.name]
                cells = (
                    result.name,
                    path,
                    figure.name,
                    _cell(value),
                    spec.unit,
                    spec.better,
                    figure.tower or "",
                )
                writer.writerow(cells)
    return text.getvalue()


def number(value: float) -> str:
    """For people: four digits, as many as any of these figures are good for; a dash for nan."""
    if math.isnan(value):
        return "–"
    return f"{value:.2f}" if math.isinf(value) or abs(value) >= 10 else f"{value:.4f}"


def interval_text(estimate: Estimate) -> str:
    """The 95 % interval for people; a dash where there is none."""
    low, high = estimate.low, estimate.high
    return "–" if math.isnan(low) else f"{number(low)} to {number(high)}"


def _number(value: float) -> float | None:
    return round(value, _DIGITS) if math.isfinite(value) else None


def _cell(value: float) -> str:
    return "" if math.isnan(value) else str(round(value, _DIGITS))
