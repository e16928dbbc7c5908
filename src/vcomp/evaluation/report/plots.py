"""Small plain plots as SVG, drawn in the page's own colours (its CSS variables)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from vcomp.evaluation.measuring import SetFigure
from vcomp.evaluation.results import number

_WIDTH, _LABEL_WIDTH, _ROW, _EDGE = 520, 150, 20, 34
_CURVE_WIDTH, _CURVE_HEIGHT, _CURVE_EDGE = 260, 74, 44
_LONGEST_LABEL = 22  # letters


class Scale:
    """Where values lie on a line of pixels.

    Args:
        values: That must be on it; those that are not finite need no place.
        start: The pixel of the least of them.
        end: The pixel of the largest.
    """

    def __init__(self, values: Sequence[float], *, start: float, end: float) -> None:
        finite = [value for value in values if math.isfinite(value)]
        self.least, self.most = (min(finite), max(finite)) if finite else (0.0, 1.0)
        self._start, self._end = start, end

    def __call__(self, value: float) -> float:
        """The pixel of a value, to a tenth; of values that are all the same, the middle."""
        span = self.most - self.least
        share = (value - self.least) / span if span > 0 else 0.5
        return round(self._start + share * (self._end - self._start), 1)


def dot_plot(figure: SetFigure, values: Mapping[str, float]) -> Markup:
    """A dot for each result, its number beside it; the mean as a line in the band of its 95 % interval.

    Dots, as bars would have to begin at zero, where no two of these figures could be told apart.

    Args:
        figure: What is drawn.
        values: Of each result by its name, in order.
    """
    estimate = figure.estimate
    scale = Scale(
        [*values.values(), estimate.low, estimate.high], start=_LABEL_WIDTH + _EDGE, end=_WIDTH - 2 * _EDGE
    )
    height = len(values) * _ROW
    parts = []
    if math.isfinite(estimate.low) and estimate.n > 1:
        left, width = scale(estimate.low), max(1.0, scale(estimate.high) - scale(estimate.low))
        parts.append(f'<rect class="band" x="{left}" y="0" width="{width:.1f}" height="{height}"/>')
        mean = scale(estimate.value)
        parts.append(f'<line class="mean" x1="{mean}" x2="{mean}" y1="0" y2="{height}"/>')
    for row, (name, value) in enumerate(values.items()):
        y = row * _ROW + _ROW // 2
        parts.append(f'<text class="label" x="{_LABEL_WIDTH}" y="{y + 4}">{escape(_short(name))}</text>')
        parts.append(f'<line class="rule" x1="{_LABEL_WIDTH + 8}" x2="{_WIDTH}" y1="{y}" y2="{y}"/>')
        if math.isfinite(value):
            parts.append(f'<circle class="dot" cx="{scale(value)}" cy="{y}" r="4"/>')
            parts.append(f'<text x="{scale(value) + 9}" y="{y + 4}">{number(value)}</text>')
    title = f"{figure.name} of each result"
    return _svg(parts, width=_WIDTH, height=height + 2, title=title)


def curve_plot(name: str, values: Sequence[float], bounds: Scale) -> Markup:
    """How a figure goes from frame to frame.

    Args:
        name: Of the figure.
        values: Of each frame.
        bounds: Least and most of what is drawn, common to all results, so that they can be compared.
    """
    across = Scale([0, max(1, len(values) - 1)], start=_CURVE_EDGE, end=_CURVE_WIDTH - 6)
    up = Scale([bounds.least, bounds.most], start=_CURVE_HEIGHT - 8, end=8)
    points = [(across(index), up(value)) for index, value in enumerate(values)]
    frame = f"M{_CURVE_EDGE} 2V{_CURVE_HEIGHT - 2}H{_CURVE_WIDTH}"
    parts = [
        f'<path class="axis" d="{frame}"/>',
        f'<text class="label" x="{_CURVE_EDGE - 4}" y="12">{bounds.most:.3f}</text>',
        f'<text class="label" x="{_CURVE_EDGE - 4}" y="{_CURVE_HEIGHT - 4}">{bounds.least:.3f}</text>',
        f'<polyline class="curve" points="{" ".join(f"{x},{y}" for x, y in points)}"/>',
    ]
    if len(points) == 1:
        parts.append(f'<circle class="dot" cx="{points[0][0]}" cy="{points[0][1]}" r="3"/>')
    return _svg(parts, width=_CURVE_WIDTH, height=_CURVE_HEIGHT, title=f"{name}, frame by frame")


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 1]}…"


def _svg(parts: Sequence[str], *, width: int, height: int, title: str) -> Markup:
    head = f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
    return Markup(f"{head}<title>{escape(title)}</title>{''.join(parts)}</svg>")
