"""Small plain plots as SVG, on a page that has `STYLE` or in files of their own."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from vcomp.evaluation.measuring import SetFigure
from vcomp.evaluation.results import number
from vcomp.evaluation.statistics import Estimate

_LIGHT = {
    "paper": "#fff",
    "ink": "#1f2228",
    "faint": "#676c78",
    "line": "#dfe1e6",
    "card": "#f7f8fa",
    "accent": "#c9622b",
    "band": "#c9622b22",
}
_DARK = {
    "paper": "#14161a",
    "ink": "#e6e8ec",
    "faint": "#979dab",
    "line": "#2b2f37",
    "card": "#1b1e24",
    "accent": "#e58a55",
    "band": "#e58a5530",
}
_RULES = """\
  svg { font: 12px system-ui, sans-serif; } svg .paper { fill: var(--paper); } svg text { fill: var(--ink); }
  svg .label { fill: var(--faint); text-anchor: end; } svg .tick { fill: var(--faint); text-anchor: middle; }
  svg .rule, svg .axis { stroke: var(--line); fill: none; } svg .dot { fill: var(--accent); }
  svg .mean, svg .curve { stroke: var(--accent); stroke-width: 1.6; fill: none; }
  svg .band { fill: var(--band); }"""


def _variables(colours: Mapping[str, str]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())


STYLE = Markup(
    f"  :root {{ color-scheme: light dark; {_variables(_LIGHT)} }}\n"
    f"  @media (prefers-color-scheme: dark) {{ :root {{ {_variables(_DARK)} }} }}\n"
    f"{_RULES}"
)
"""For a page: the colours, light and dark, and how its plots are drawn in them."""

_WIDTH, _LABEL_WIDTH, _ROW, _EDGE = 520, 150, 20, 34
_CURVE_WIDTH, _CURVE_HEIGHT, _CURVE_EDGE = 260, 74, 44
_POINTS_WIDTH, _POINTS_HEIGHT, _POINTS_EDGE = 420, 200, 60
_TICKS_HEIGHT = 36  # below the axis: of the numbers, and of what they are
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
    scale = _across([*values.values(), estimate.low, estimate.high])
    height = len(values) * _ROW
    parts = []
    if math.isfinite(estimate.low) and estimate.n > 1:
        left, width = scale(estimate.low), max(1.0, scale(estimate.high) - scale(estimate.low))
        parts.append(f'<rect class="band" x="{left}" y="0" width="{width:.1f}" height="{height}"/>')
        mean = scale(estimate.value)
        parts.append(f'<line class="mean" x1="{mean}" x2="{mean}" y1="0" y2="{height}"/>')
    for row, (name, value) in enumerate(values.items()):
        parts += _row(row, name)
        if math.isfinite(value):
            parts += _dot(row, scale(value), number(value), text_from=scale(value))
    title = f"{figure.name} of each result"
    return _svg(parts, width=_WIDTH, height=height + 2, title=title)


def interval_plot(title: str, estimates: Mapping[str, Estimate]) -> Markup:
    """A dot for each estimate on the line of its 95 % interval, its number beside it.

    Args:
        title: What is drawn.
        estimates: By their labels, in order; where one is nan stands the reason that it gives.
    """
    scale = _across([x for e in estimates.values() for x in (e.value, e.low, e.high)])
    parts = []
    for row, (label, estimate) in enumerate(estimates.items()):
        parts += _row(row, label)
        if not math.isfinite(estimate.value):
            parts.append(_row_text(row, _LABEL_WIDTH + _EDGE, estimate.facts.get("reason", "–")))
            continue
        end = scale(estimate.value)
        if math.isfinite(estimate.low):
            start, end = scale(estimate.low), scale(estimate.high)
            y = row * _ROW + _ROW // 2
            parts.append(f'<line class="mean" x1="{start}" x2="{end}" y1="{y}" y2="{y}"/>')
        parts += _dot(row, scale(estimate.value), number(estimate.value), text_from=end)
    return _svg(parts, width=_WIDTH, height=len(estimates) * _ROW + 2, title=title)


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
    parts = _axes(up, edge=_CURVE_EDGE, width=_CURVE_WIDTH, height=_CURVE_HEIGHT)
    parts.append(f'<polyline class="curve" points="{_joined(points)}"/>')
    if len(points) == 1:
        parts.append(f'<circle class="dot" cx="{points[0][0]}" cy="{points[0][1]}" r="3"/>')
    return _svg(parts, width=_CURVE_WIDTH, height=_CURVE_HEIGHT, title=f"{name}, frame by frame")


def dependence_plot(title: str, along: str, estimates: Mapping[float, Estimate]) -> Markup:
    """How an estimate depends on a number: dots on a line, in the band of their 95 % intervals.

    Args:
        title: What is drawn.
        along: What the number is.
        estimates: By that number, in order; those that are nan are left out.
    """
    known = {x: estimate for x, estimate in estimates.items() if math.isfinite(estimate.value)}
    across = Scale(list(estimates), start=_POINTS_EDGE + 14, end=_POINTS_WIDTH - 14)
    drawn = [y for e in known.values() for y in (e.value, e.low, e.high)]
    up = Scale(drawn, start=_POINTS_HEIGHT - 10, end=10)
    points = [(across(x), up(estimate.value)) for x, estimate in known.items()]
    banded = [(across(x), estimate) for x, estimate in known.items() if math.isfinite(estimate.low)]
    band = [(x, up(e.low)) for x, e in banded] + [(x, up(e.high)) for x, e in reversed(banded)]
    parts = [
        *_axes(up, edge=_POINTS_EDGE, width=_POINTS_WIDTH, height=_POINTS_HEIGHT),
        f'<polygon class="band" points="{_joined(band)}"/>',
        f'<polyline class="curve" points="{_joined(points)}"/>',
        *(f'<circle class="dot" cx="{x}" cy="{y}" r="4"/>' for x, y in points),
        *(f'<text class="tick" x="{across(x)}" y="{_POINTS_HEIGHT + 14}">{x:g}</text>' for x in estimates),
    ]
    middle, bottom = (_POINTS_EDGE + _POINTS_WIDTH) // 2, _POINTS_HEIGHT + _TICKS_HEIGHT
    parts.append(f'<text class="tick" x="{middle}" y="{bottom - 6}">{escape(along)}</text>')
    return _svg(parts, width=_POINTS_WIDTH, height=bottom, title=title)


def standalone(plot: Markup) -> str:
    """A plot as the content of a file, dark on white, for viewers that know no variables either."""
    rules = re.sub(r"var\(--(\w+)\)", lambda variable: _LIGHT[variable[1]], _RULES)
    head, rest = str(plot).split(">", 1)
    head = head.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"')
    paper = '<rect class="paper" width="100%" height="100%"/>'
    return f"{head}><style>\n{rules}\n</style>{paper}{rest}\n"


def _across(values: Sequence[float]) -> Scale:
    """Of rows with a label before them and a number at their end."""
    return Scale(values, start=_LABEL_WIDTH + _EDGE, end=_WIDTH - 2 * _EDGE)


def _row(row: int, label: str) -> list[str]:
    y = row * _ROW + _ROW // 2
    return [
        f'<text class="label" x="{_LABEL_WIDTH}" y="{y + 4}">{escape(_short(label))}</text>',
        f'<line class="rule" x1="{_LABEL_WIDTH + 8}" x2="{_WIDTH}" y1="{y}" y2="{y}"/>',
    ]


def _dot(row: int, x: float, text: str, *, text_from: float) -> list[str]:
    y = row * _ROW + _ROW // 2
    return [f'<circle class="dot" cx="{x}" cy="{y}" r="4"/>', _row_text(row, text_from + 9, text)]


def _row_text(row: int, x: float, text: str) -> str:
    return f'<text x="{x}" y="{row * _ROW + _ROW // 2 + 4}">{escape(text)}</text>'


def _axes(up: Scale, *, edge: int, width: int, height: int) -> list[str]:
    """Two lines, and the least and the most of what is between them."""
    return [
        f'<path class="axis" d="M{edge} 2V{height - 2}H{width}"/>',
        f'<text class="label" x="{edge - 4}" y="12">{up.most:.3f}</text>',
        f'<text class="label" x="{edge - 4}" y="{height - 4}">{up.least:.3f}</text>',
    ]


def _joined(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 1]}…"


def _svg(parts: Sequence[str], *, width: int, height: int, title: str) -> Markup:
    head = f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
    return Markup(f"{head}<title>{escape(title)}</title>{''.join(parts)}</svg>")
