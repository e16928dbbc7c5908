"""What photographs have and drawings lack: noise, blur, shading and texture, added to drawn frames."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def _smooth_field(rng: np.random.Generator, side: int, cells: int) -> NDArray[np.float32]:
    """A random field of unit deviation that varies over ``side / cells`` pixels, ``[side side]``."""
    noise = rng.standard_normal((cells, cells)).astype(np.float32)
    return np.asarray(cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC))


def disturb(rng: np.random.Generator, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A frame ``[h w 3]`` as a poor camera might have taken it; where its edges are stays the same.

    Args:
        rng: Source of every choice.
        frame: Square RGB.
    """
    side = frame.shape[0]
    picture: NDArray[np.floating] = frame.astype(np.float32)
    if rng.random() < 0.5:
        texture = _smooth_field(rng, side, int(rng.integers(8, 64)))
        picture = picture + texture[..., None] * rng.uniform(2, 14)
    if rng.random() < 0.6:
        shade = _smooth_field(rng, side, int(rng.integers(2, 5)))
        picture = picture * (1 + 0.25 * shade[..., None]) + rng.uniform(-25, 25)
    if rng.random() < 0.4:
        picture = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.4, 1.3)))
    if rng.random() < 0.6:
        picture = picture + rng.standard_normal(picture.shape).astype(np.float32) * rng.uniform(1, 14)
    if rng.random() < 0.2:
        picture = np.repeat(picture.mean(axis=-1, keepdims=True), 3, axis=-1)
    contrast = rng.uniform(0.5, 1.15)
    disturbed: NDArray[np.uint8] = np.clip((picture - 128) * contrast + 128, 0, 255).astype(np.uint8)
    return disturbed
