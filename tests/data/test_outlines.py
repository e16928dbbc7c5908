"""Every shape is a simple closed curve of about unit size."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from vcomp.data.outlines import Outline, outline
from vcomp.data.vocabulary import SHAPES


def turn(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> float:
    """Positive where a, b, c turn one way, negative where they turn the other."""
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def crosses(p: np.ndarray, q: np.ndarray, r: np.ndarray, s: np.ndarray) -> bool:
    return turn(p, q, r) * turn(p, q, s) < 0 and turn(r, s, p) * turn(r, s, q) < 0


def sides(points: Outline) -> list[tuple[np.ndarray, np.ndarray]]:
    return list(zip(points, np.roll(points, -1, axis=0), strict=True))


def area(points: Outline) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in sides(points))) / 2


@pytest.mark.parametrize("shape", SHAPES)
def test_no_side_crosses_another(shape: str) -> None:
    for (p, q), (r, s) in combinations(sides(outline(shape)), 2):
        assert not crosses(p, q, r, s)


@pytest.mark.parametrize("shape", SHAPES)
def test_sides_join_and_none_is_a_leap(shape: str) -> None:
    lengths = [float(np.hypot(*(b - a))) for a, b in sides(outline(shape))]
    assert min(lengths) > 1e-6  # the last corner is not the first one again
    assert max(lengths) < 2.2


@pytest.mark.parametrize("shape", SHAPES)
def test_radius_is_about_one(shape: str) -> None:
    points = outline(shape)
    assert 0.95 <= np.hypot(*points.T).max() <= 1.25
    assert 1.1 < area(points) < np.pi  # none is a sliver
    assert np.abs(points.mean(axis=0)).max() < 0.5


def test_the_area_of_a_circle_and_a_cross() -> None:
    assert area(outline("circle")) == pytest.approx(np.pi, rel=0.01)
    assert area(outline("cross")) == pytest.approx(2 * 0.68 * 2 - 0.68**2)


def test_shapes_differ() -> None:
    assert len({outline(shape).tobytes() for shape in SHAPES}) == len(SHAPES)
