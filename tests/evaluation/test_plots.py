"""Where dots and lines lie in the plots."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest

from vcomp.evaluation.measuring import SetFigure
from vcomp.evaluation.plots import (
    STYLE,
    Scale,
    curve_plot,
    dependence_plot,
    dot_plot,
    interval_plot,
    standalone,
)
from vcomp.evaluation.statistics import Estimate, mean, spread, unknown


def figure(values: list[float]) -> SetFigure:
    return SetFigure(name="psnr", estimate=mean(values), std=spread(values), tower=None)


def estimate(value: float) -> Estimate:
    return Estimate(value=value, n=9, low=value - 1, high=value + 1)


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


def test_intervals_lie_around_their_values() -> None:
    svg = interval_plot("error", {"a": estimate(2), "b": estimate(4), "c": unknown("not trained")})
    first, second = places(svg, "circle", "cx")
    whiskers = [n for n in ElementTree.fromstring(svg).iter("line") if n.get("class") == "mean"]
    (low, high), (other_low, _) = ((float(n.get("x1") or 0), float(n.get("x2") or 0)) for n in whiskers)
    assert first - low == pytest.approx(high - first, abs=0.2)
    assert high == pytest.approx(other_low, abs=0.2)
    assert low < first < second
    assert ">c</text>" in svg
    assert ">not trained</text>" in svg


def test_what_depends_on_a_number_is_drawn_at_that_number() -> None:
    svg = dependence_plot("error", "scale", {0: estimate(3), 1: estimate(2), 4: estimate(1), 8: unknown("")})
    at_0, at_1, at_4 = places(svg, "circle", "cx")
    assert (at_4 - at_0) / (at_1 - at_0) == pytest.approx(4, abs=0.05)
    heights = places(svg, "circle", "cy")
    assert heights == sorted(heights)
    [band] = [node.get("points") or "" for node in ElementTree.fromstring(svg).iter("polygon")]
    assert len(band.split()) == 6
    assert ">8</text>" in svg


def test_a_plot_in_a_file_has_its_colours_with_it() -> None:
    plot = dependence_plot("error", "scale", {0: estimate(3), 1: estimate(2)})
    root = ElementTree.fromstring(standalone(plot))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("viewBox") == ElementTree.fromstring(plot).get("viewBox")
    assert "var(" not in standalone(plot)
    assert re.findall(r"svg \.band \{ fill: (#\w+);", standalone(plot))


def test_a_page_has_a_light_and_a_dark_colour_for_all_that_is_drawn() -> None:
    used = set(re.findall(r"var\((--\w+)\)", STYLE))
    assert used
    assert all(STYLE.count(f"{name}:") == 2 for name in used)
