"""The seam."""

from __future__ import annotations

import numpy as np
import pytest

from vcomp.engine.editing.area import Box
from vcomp.engine.editing.blending import Blend, opacity, tinted

BOX = Box(10, 5, 60, 50)


def disc() -> np.ndarray:
    y, x = np.mgrid[:64, :96]
    return np.hypot(x - 40, y - 30) < 18


@pytest.mark.parametrize("feather_px", [0, 1, 6, 40])
def test_outside_the_mask_nothing_changes(feather_px: int) -> None:
    rng = np.random.default_rng(0)
    frame, made = rng.integers(0, 255, (64, 96, 3), np.uint8), rng.integers(0, 255, (50, 60, 3), np.uint8)
    before, white = frame.copy(), disc()
    result = Blend(BOX, feather_px).lay(made, frame, white)
    assert np.array_equal(result[~white], frame[~white])
    assert np.array_equal(frame, before)
    assert (result[white] != frame[white]).any()


def test_without_a_feather_the_area_is_what_was_made() -> None:
    rng = np.random.default_rng(0)
    frame, made = rng.integers(0, 255, (64, 96, 3), np.uint8), rng.integers(0, 255, (50, 60, 3), np.uint8)
    white = disc()
    result = Blend(BOX, 0).lay(made, frame, white)
    placed = frame.copy()
    placed[5:55, 10:70] = made
    assert np.array_equal(result[white], placed[white])


def test_the_seam_is_as_wide_as_the_feather_and_smooth() -> None:
    white = np.zeros((40, 100), bool)
    white[:, 30:] = True
    across = opacity(white, 8)[20]
    assert (across[:30] == 0).all()
    assert (across[38:] == 1).all()
    steps = np.diff(across[29:39])
    assert (steps > 0).all()
    assert steps.max() < 0.2


def test_nothing_fades_at_the_border_of_the_picture() -> None:
    assert (opacity(np.ones((20, 20), bool), 8) == 1).all()


def test_masks_that_move_are_not_taken_for_each_other() -> None:
    frame, made = np.zeros((64, 96, 3), np.uint8), np.full((50, 60, 3), 200, np.uint8)
    blend, white = Blend(BOX, 0), disc()
    assert np.array_equal(blend.lay(made, frame, white)[..., 0] > 0, white)
    moved = np.roll(white, 5, axis=1)
    assert np.array_equal(blend.lay(made, frame, moved)[..., 0] > 0, moved)


def test_a_preview_shows_the_mask_and_leaves_the_rest() -> None:
    frame, white = np.full((64, 96, 3), 90, np.uint8), disc()
    drawn = tinted(frame, white, BOX)
    red_over_green = drawn[..., 0].astype(int) - drawn[..., 1]
    assert (red_over_green[white] > 50).all()
    outside = ~white
    outside[3:58, 8:73] = False
    assert np.array_equal(drawn[outside], frame[outside])
