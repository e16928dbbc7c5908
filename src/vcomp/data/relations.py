"""Where two objects of a scene stand to each other, in words that hold throughout the clip."""

from __future__ import annotations

import numpy as np

from vcomp.data.scene import Sprite

_TIMES = np.linspace(-0.5, 0.5, 9)
_APART = 0.14
"""Share of the frame's side by which centres differ when one object is left of another."""
_OVERLAP = 0.6
"""Share of the sum of two radii below which one object surely hides a part of the other."""

OPPOSITES = {"left of": "right of", "above": "below", "in front of": "behind"}
OPPOSITES |= {second: first for first, second in OPPOSITES.items()}


def relation(subject: Sprite, other: Sprite) -> str:
    """How ``subject`` stands to ``other``: a key of :data:`OPPOSITES`, or nothing that holds all the time.

    Objects that overlap in the middle of the clip are one before the other; else they are side by side where
    their centres keep their order and distance.
    """
    places = np.array([[sprite.matrix(time)[:, 2] for time in _TIMES] for sprite in (subject, other)])
    across, down = (places[0] - places[1]).T
    distance = np.hypot(across, down)
    if distance[len(_TIMES) // 2] < _OVERLAP * (subject.radius + other.radius):
        return "in front of" if subject.inverse_depth > other.inverse_depth else "behind"
    level = abs(across.mean()) > abs(down.mean())
    for offset, before, after in ((across, "left of", "right of"), (down, "above", "below")):
        if level == (before == "left of") and np.abs(offset).min() > _APART:
            if (offset < 0).all():
                return before
            if (offset > 0).all():
                return after
    return ""
