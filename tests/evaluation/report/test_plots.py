"""Where dots and lines lie in the plots."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest

from vcomp.evaluation.measuring import SetFigure
from vcomp.evaluation.report.plots import Scale, curve_plot, dot_plot
from vcomp.evaluation.statistics import mean, spread


def figure(values: list[float]) -> SetFigure:
    return SetFigure(name="psnr", estimate=mean(values), std=spread(values), tower=None)


def places(svg: str, tag: str, attribute: str) -> list[float]:
    return [float(node.get(attribute) or "nan") for node in ElementTree.fromstring(svg).iter(tag)]


def test_a_scale_is_straight_and_knows_its_ends() -> None:
    scale = Scale([3.0, 1.0, math.inf, math.nan], start=100, end=200)
    assert (scale.least, scale.most) == (1, 3)
    assert [scale(value) for value in (1.0, 2.0, 3.0)] == [100, 150, 200]
    assert Scale([0.5, 0.5], start=0, end=10)(0.5) == 5


def test_dots_lie_as_their_values_do() -> None:
    values = {"a<b>.mp4": 1.0, "c": 2.0, "d": 4.0, "e": math.nan, "f": math.inf}
    svg = dot_plot(figure([1.0, 2.0, 4.0]), values)
    left, middle, right = places(svg, "circle", "cx")
    assert (middle - left) / (right - left) == pytest.approx(1 / 3, abs=0.01)
    [mean_x] = [float(x) for x in re.findall(r'class="mean" x1="([\d.]+)"', svg)]
    assert left < mean_x < right
    assert "a&lt;b&gt;.mp4" in svg


def test_one_result_has_no_interval() -> None:
    svg = dot_plot(figure([0.5]), {"a": 0.5})
    assert places(svg, "circle", "cx")
    assert 'class="band"' not in svg


def test_a_curve_goes_up_where_its_values_do() -> None:
    svg = curve_plot("frame-consistency", [0.2, 0.6, 0.4], Scale([0.0, 1.0], start=0, end=1))
    [points] = [node.get("points") or "" for node in ElementTree.fromstring(svg).iter("polyline")]
    xs, ys = zip(*(map(float, point.split(",")) for point in points.split()), strict=True)
    assert list(xs) == sorted(xs)
    assert ys[1] < ys[2] < ys[0]
    assert "0.000" in svg
    assert "1.000" in svg
