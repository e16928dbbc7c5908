"""Closed outlines of the drawn shapes, about one unit in radius, y pointing down."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

Outline = NDArray[np.float64]
"""``[n 2]`` corners ``(x, y)``."""


def _polar(radius: NDArray[np.float64] | float, angle: NDArray[np.float64]) -> Outline:
    return np.stack([radius * np.sin(angle), -radius * np.cos(angle)], axis=-1)


def _regular(sides: int, *, turn: float = 0.0, radius: float = 1.0) -> Outline:
    return _polar(radius, np.linspace(0, 2 * np.pi, sides, endpoint=False) + turn)


def _star() -> Outline:
    angle = np.linspace(0, 2 * np.pi, 10, endpoint=False)
    return _polar(np.where(np.arange(10) % 2 == 0, 1.12, 0.48), angle)


def _heart() -> Outline:
    t = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    x = 16 * np.sin(t) ** 3
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return np.stack([x, y - 2.5], axis=-1) / 16.0


def _cross() -> Outline:
    a, b = 0.34, 1.0
    corners = [(-a, -b), (a, -b), (a, -a), (b, -a), (b, a), (a, a), (a, b), (-a, b), (-a, a), (-b, a)]
    return np.array([*corners, (-b, -a), (-a, -a)])


def _moon() -> Outline:
    outer = np.linspace(-0.78 * np.pi, 0.78 * np.pi, 32)
    tip = np.array([np.cos(outer[-1]), np.sin(outer[-1])])
    centre = np.array([-0.62, 0.0])
    radius = float(np.hypot(*(tip - centre)))
    reach = float(np.arctan2(tip[1] - centre[1], tip[0] - centre[0]))
    inner = np.linspace(reach, -reach, 24)[1:-1]
    rim = np.stack([np.cos(outer), np.sin(outer)], axis=-1)
    bite = centre + radius * np.stack([np.cos(inner), np.sin(inner)], axis=-1)
    return np.concatenate([rim, bite])


def _drop() -> Outline:
    t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return np.stack([0.95 * np.sin(t) * np.sin(t / 2) ** 1.5, -1.1 * np.cos(t)], axis=-1)


_DRAWN: dict[str, Callable[[], Outline]] = {
    "circle": lambda: _regular(40),
    "square": lambda: _regular(4, turn=np.pi / 4, radius=1.2),
    "triangle": lambda: _regular(3, radius=1.2),
    "star": _star,
    "heart": _heart,
    "diamond": lambda: _regular(4) * np.array([0.78, 1.15]),
    "cross": _cross,
    "moon": _moon,
    "hexagon": lambda: _regular(6),
    "drop": _drop,
}


@cache
def outline(shape: str) -> Outline:
    """The outline of a shape by its name in :data:`vcomp.data.vocabulary.SHAPES`."""
    return _DRAWN[shape]()
