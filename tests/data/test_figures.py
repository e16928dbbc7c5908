"""Figures: traced as their drawings say, and all of them fit to be shown and named."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from vcomp.data.captions import UNNAMED
from vcomp.data.figures import RADIUS, Drawing, Figure, figure, sprite_drawings, unseen_drawings
from vcomp.data.outlines import Outline, outline
from vcomp.data.vocabulary import BACKGROUND_COLOURS, COLOURS, SCENERY, SHAPES

SQUARE = "M0,0h100v100h-100z"
THINGS = list(sprite_drawings())
UNSEEN = list(unseen_drawings())


def area(border: Outline) -> float:
    x, y = border.T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def covered(borders: tuple[Outline, ...], side: int = 120) -> np.ndarray:
    raster = np.zeros((side, side), np.uint8)
    placed = [np.round((border / 1.2 + 1) * side / 2 * 16).astype(np.int32) for border in borders]
    cv2.fillPoly(raster, placed, 1, cv2.LINE_8, 4)
    return raster > 0


def test_plain_shapes_are_their_outlines() -> None:
    for shape in SHAPES:
        assert figure(shape) == Figure((outline(shape),))


def test_a_drawing_is_centred_and_scaled_by_its_longer_side() -> None:
    [border] = Drawing(body="M10,20h80v40h-80z").trace().body
    assert border.max(axis=0) == pytest.approx([RADIUS, RADIUS / 2], abs=0.01)
    assert border.min(axis=0) == pytest.approx([-RADIUS, -RADIUS / 2], abs=0.01)


def test_parts_are_united_and_holes_cut_out() -> None:
    united = Drawing(body=f"{SQUARE}M20,20h20v20h-20z", holes="M50,50h30v30h-30z").trace()
    outer, hole = sorted(map(area, united.body), reverse=True)
    unit = (2 * RADIUS / 100) ** 2
    assert outer == pytest.approx(100**2 * unit, rel=0.01)
    assert hole == pytest.approx(30**2 * unit, rel=0.05)
    assert not covered(united.body)[80, 80]
    assert covered(united.body)[40, 40]


def test_limbs_are_lines_of_their_width() -> None:
    [border] = Drawing(limbs="M0,50h100", limb_width=20).trace().body
    height = np.ptp(border[:, 1]) / np.ptp(border[:, 0])
    assert height == pytest.approx(20 / 120, rel=0.03)  # ends are round


def test_curves_are_followed() -> None:
    [border] = Drawing(body="M0,50a50,50 0 1 0 100,0a50,50 0 1 0 -100,0z").trace().body
    assert np.hypot(*border.T) == pytest.approx(RADIUS, rel=0.01)


def test_details_do_not_stand_out_of_the_silhouette() -> None:
    traced = Drawing(body=SQUARE, marks="M80,40h60v20h-60z", lines="M-10,10h60", line_width=6).trace()
    assert len(traced.details) == 2
    assert all(np.abs(border).max() <= RADIUS + 0.01 for border in traced.details)


def test_unknown_parts_of_a_drawing_are_refused() -> None:
    with pytest.raises(ValidationError, match="legs"):
        Drawing.model_validate({"body": SQUARE, "legs": SQUARE})


def test_there_are_hundreds_of_things_and_all_differ() -> None:
    assert len(THINGS) >= 200
    assert sorted(THINGS) == THINGS
    assert len({np.concatenate(figure(thing).body).tobytes() for thing in THINGS}) == len(THINGS)


def test_names_are_plain_words_that_mean_nothing_else_in_a_caption() -> None:
    taken = {*COLOURS, *BACKGROUND_COLOURS, *SHAPES, *SCENERY, *UNNAMED, "small", "large", "sky", "camera"}
    for thing in THINGS:
        assert re.fullmatch(r"[a-z]+( [a-z]+)*", thing)
        assert thing not in taken
        # The captions' articles go by letters, not by sounds.
        assert not re.match(r"hour|hono|uni|one|eu|use|uk", thing)


@pytest.mark.parametrize("thing", [*THINGS, *UNSEEN])
def test_a_thing_is_one_silhouette_that_can_be_seen(thing: str) -> None:
    traced = figure(thing)
    body, details = covered(traced.body), covered(traced.details)
    extent = np.ptp(np.concatenate(traced.body), axis=0)
    assert extent.max() == pytest.approx(2 * RADIUS, abs=0.02)
    assert extent.min() > 0.3
    assert 0.07 < body.mean() < 0.85
    assert not (details & ~cv2.dilate(body.astype(np.uint8), np.ones((3, 3))).astype(bool)).any()
    assert details.sum() < 0.6 * body.sum()
    # Points between hold the corners apart: no figure slows the drawing down.
    assert sum(map(len, traced.body + traced.details)) < 450
