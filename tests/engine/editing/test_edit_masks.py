"""From an area to a mask for every frame."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from vcomp.engine.editing.area import Area, Box, margins_of
from vcomp.engine.editing.canvas import Canvas
from vcomp.engine.editing.footage import Footage
from vcomp.engine.editing.masks import MovingMasks, StillMask, bounds_of, read_masks
from vcomp.errors import ConditionError, UsageError
from vcomp.media import Clip, Frames, read_picture, write_clip, write_picture


def masks_of(source: Path, area: Area) -> StillMask | MovingMasks:
    footage = Footage.of(source)
    return read_masks(area, footage, Canvas(footage.size, margins_of(area, footage.size)))  # type: ignore[return-value]


def white_squares(lefts: list[int]) -> Frames:
    frames = np.zeros((len(lefts), 80, 120, 3), np.uint8)
    for frame, left in zip(frames, lefts, strict=True):
        frame[30:50, left : left + 20] = 255
    return frames


def test_one_mask_for_all_frames(source: Path, mask: Path) -> None:
    masks = masks_of(source, Area(mask=mask))
    assert isinstance(masks, StillMask)
    assert np.array_equal(masks.anywhere, read_picture(mask)[..., 0] > 127)
    assert all(white is masks.anywhere for white in islice(masks.frames(), 20))


def test_a_mask_of_another_size_is_for_the_whole_frame(source: Path, tmp_path: Path) -> None:
    write_picture(np.repeat(np.eye(2, dtype=np.uint8)[..., None] * 255, 3, axis=2), tmp_path / "small.png")
    white = masks_of(source, Area(mask=tmp_path / "small.png")).anywhere
    assert white.shape == (80, 120)
    assert white[:35, :55].all()
    assert not white[:35, 65:].any()


def test_shapes_inversion_and_growth(source: Path) -> None:
    white = masks_of(source, Area(mask="10,20,30,40")).anywhere
    assert bounds_of(white) == Box(10, 20, 30, 40)
    assert white.sum() == 30 * 40
    assert np.array_equal(masks_of(source, Area(mask="10,20,30,40", invert=True)).anywhere, ~white)
    grown = masks_of(source, Area(mask="10,20,30,40", dilate_px=5)).anywhere
    assert bounds_of(grown) == Box(5, 15, 40, 50)
    assert not grown[15, 5]  # round at the corners
    assert grown[20, 5]
    shrunk = masks_of(source, Area(mask="10,20,30,40", invert=True, dilate_px=5)).anywhere
    assert bounds_of(~shrunk) == Box(15, 25, 20, 30)


def test_outpainting_adds_to_the_mask(source: Path) -> None:
    alone = masks_of(source, Area(outpaint="16,0,0,8")).anywhere
    assert alone.shape == (88, 136)
    assert alone[:, :16].all()
    assert alone[80:].all()
    assert not alone[:80, 16:].any()
    both = masks_of(source, Area(outpaint="16,0,0,8", mask="0,0,10,10")).anywhere
    assert np.array_equal(both ^ alone, both & ~alone)
    assert bounds_of(both ^ alone) == Box(16, 0, 10, 10)


def test_a_mask_for_every_frame(source: Path, tmp_path: Path) -> None:
    lefts = [0, 10, 20, 30, 40]
    write_clip(Clip(white_squares(lefts), 16.0), tmp_path / "masks")
    masks = masks_of(source, Area(mask=tmp_path / "masks"))
    assert isinstance(masks, MovingMasks)
    boxes = [bounds_of(white).left for white in islice(masks.frames(), 10)]
    assert boxes == [*lefts, 40, 40, 40, 40, 40]
    assert bounds_of(masks.anywhere) == Box(0, 30, 60, 20)


def test_masks_at_another_rate_are_those_of_the_same_time(source: Path, tmp_path: Path) -> None:
    write_clip(Clip(white_squares([0, 20, 40, 60]), 8.0), tmp_path / "masks")
    boxes = [
        bounds_of(white).left for white in islice(masks_of(source, Area(mask=tmp_path / "masks")).frames(), 8)
    ]
    assert boxes == sorted(boxes)
    assert boxes[::2] == [0, 20, 40, 60]


def test_a_tracked_mask_moves_with_the_picture(source: Path, mask: Path) -> None:
    masks = masks_of(source, Area(mask=mask, track=True))
    assert isinstance(masks, MovingMasks)
    *_, last = islice(masks.frames(), 8)
    expected = np.roll(read_picture(mask)[..., 0] > 127, 14, axis=1)
    assert (last & expected).sum() / (last | expected).sum() > 0.9


def test_masks_that_move_cannot_be_tracked(source: Path, tmp_path: Path) -> None:
    write_clip(Clip(white_squares([0, 5]), 16.0), tmp_path / "masks")
    with pytest.raises(UsageError, match="--track carries one mask along"):
        masks_of(source, Area(mask=tmp_path / "masks", track=True))


def test_nothing_to_make_anew(source: Path, tmp_path: Path) -> None:
    write_picture(np.zeros((9, 9, 3), np.uint8), tmp_path / "black.png")
    write_picture(np.full((9, 9, 3), 255, np.uint8), tmp_path / "white.png")
    write_clip(Clip(np.zeros((2, 9, 9, 3), np.uint8), 16.0), tmp_path / "black")
    for area in (Area(mask=tmp_path / "black.png"), Area(mask=tmp_path / "black", dilate_px=9)):
        with pytest.raises(ConditionError, match="has no white in it, so nothing would be regenerated"):
            masks_of(source, area)
    with pytest.raises(ConditionError, match="is white everywhere"):
        masks_of(source, Area(mask=tmp_path / "white.png", invert=True))


def test_a_minute_of_masks_is_small(source: Path, mask: Path) -> None:
    white = masks_of(source, Area(mask=mask)).anywhere
    masks = MovingMasks.of(iter([white] * 30))
    assert sum(map(len, masks.pictures)) < 30 * 1000
    assert all(np.array_equal(each, white) for each in islice(masks.frames(), 40))
