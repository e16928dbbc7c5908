"""Random areas to regenerate, for the mask condition."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def draw_kept_area(rng: np.random.Generator, foreground: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Where a clip is kept (1) or not (0), ``[f h w]``: around a box, a stroke, the objects, beside a border.

    Args:
        rng: Source of every choice.
        foreground: Objects, 0 to 255, ``[f h w]``.
    """
    frames, height, width = foreground.shape
    regenerate = np.zeros((height, width), np.uint8)
    kind = rng.integers(4)
    if kind == 0:
        grown = [cv2.dilate(frame, np.ones((5, 5), np.uint8)) for frame in foreground]
        return 1 - (np.stack(grown) > 0).astype(np.float32)
    if kind == 1:
        x, y = rng.integers(0, width - 12), rng.integers(0, height - 12)
        regenerate[y : y + rng.integers(12, height), x : x + rng.integers(12, width)] = 1
    elif kind == 2:
        path = rng.integers(0, width, size=(int(rng.integers(2, 6)), 2)).astype(np.int32)
        cv2.polylines(regenerate, [path], False, 1, int(rng.integers(6, 20)))
    else:
        share = int(rng.integers(width // 6, width // 2))
        regenerate[:, :share] = 1
        regenerate = np.rot90(regenerate, int(rng.integers(4))).copy() if height == width else regenerate
    return np.repeat(1 - regenerate[None].astype(np.float32), frames, 0)
