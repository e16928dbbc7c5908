"""Areas to regenerate: binary, of every kind, never nothing."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vcomp.training.masks import draw_kept_area


def moving_square() -> NDArray[np.uint8]:
    foreground = np.zeros((4, 64, 64), np.uint8)
    for i, frame in enumerate(foreground):
        frame[20:40, 10 + 8 * i : 25 + 8 * i] = 255
    return foreground


def areas() -> list[NDArray[np.float32]]:
    return [draw_kept_area(np.random.default_rng(seed), moving_square()) for seed in range(100)]


def test_areas_are_binary_and_regenerate_something() -> None:
    for area in areas():
        assert area.shape == (4, 64, 64)
        assert area.dtype == np.float32
        assert set(np.unique(area)) == {0.0, 1.0}


def test_some_follow_the_objects_with_a_margin_and_the_others_stand_still() -> None:
    following = [area for area in areas() if not (area == area[0]).all()]
    assert 10 < len(following) < 40
    grown = [cv2.dilate(frame, np.ones((5, 5), np.uint8)) == 0 for frame in moving_square()]
    for area in following:
        assert np.array_equal(area, np.stack(grown).astype(np.float32))


def test_shares_vary_and_frames_need_not_be_square() -> None:
    shares = [1 - area.mean() for area in areas()]
    assert min(shares) < 0.15
    assert max(shares) > 0.45
    for seed in range(40):
        area = draw_kept_area(np.random.default_rng(seed), np.zeros((2, 32, 48), np.uint8))
        assert area.shape == (2, 32, 48)


def test_areas_are_seeded() -> None:
    for first, second in zip(areas(), areas(), strict=True):
        assert np.array_equal(first, second)
