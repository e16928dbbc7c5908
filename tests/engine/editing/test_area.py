"""What a user says of an area."""

from __future__ import annotations

from pathlib import Path

import pytest

from vcomp.engine.editing.area import (
    Area,
    Aspect,
    Box,
    Margins,
    Side,
    margins_of,
    parse_outpaint,
    parse_shape,
)
from vcomp.errors import ConditionError, UsageError


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("10,20,30,40", Box(10, 20, 30, 40)),
        (" 10, 20 ,30,40", Box(10, 20, 30, 40)),
        ("-5,0,30,40", Box(-5, 0, 30, 40)),
        ("left 30%", Side("left", 0.3)),
        ("bottom 12.5 %", Side("bottom", 0.125)),
        ("top:50%", Side("top", 0.5)),
        ("mask.png", None),
        ("left.png", None),
        ("masks/left 30%.png", None),
        ("-", None),
    ],
)
def test_masks_in_words(text: str, shape: Box | Side | None) -> None:
    assert parse_shape(text) == shape


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("10,20,30", "--mask 10,20,30 is not understood. Name a picture"),
        ("10,20,30,40,50", "is not understood"),
        ("left 30", "is not understood"),
        ("left", "is not understood"),
        ("10,20,0,40", "The mask 10,20,0,40 is empty."),
        ("10,20,30,-1", "is empty"),
        ("left 0%", "The mask left 0% is out of range. It is above 0% and below 100%."),
        ("right 100%", "is out of range"),
        ("top -5%", "is out of range"),
    ],
)
def test_masks_that_mean_nothing(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Area(mask=text)


def test_a_file_may_be_called_like_a_shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("left 1").touch()
    assert Area(mask="left 1").mask_file == "left 1"


@pytest.mark.parametrize(
    ("text", "box"),
    [("left 30%", Box(0, 0, 30, 50)), ("right 30%", Box(70, 0, 30, 50)), ("bottom 0.1%", Box(0, 49, 100, 1))],
)
def test_sides(text: str, box: Box) -> None:
    shape = parse_shape(text)
    assert shape is not None
    assert shape.inside((100, 50)) == box


def test_boxes_are_cut_at_the_frame() -> None:
    assert Box(-5, 40, 20, 20).inside((100, 50)) == Box(0, 40, 15, 10)
    for box in (Box(100, 0, 5, 5), Box(0, -5, 5, 5), Box(0, 50, 100, 1)):
        with pytest.raises(ConditionError, match="lies outside the video, which has 100x50 pixels"):
            box.inside((100, 50))


@pytest.mark.parametrize(
    ("text", "size", "margins"),
    [
        ("16:9", (90, 90), Margins(left=35, right=35)),
        ("1:1", (90, 50), Margins(top=20, bottom=20)),
        ("2.39:1", (100, 100), Margins(left=70, right=70)),
        ("9:16", (90, 91), Margins(top=34, bottom=35)),
        ("64,0,0,8", (90, 50), Margins(64, 0, 0, 8)),
    ],
)
def test_outpainting(text: str, size: tuple[int, int], margins: Margins) -> None:
    assert margins_of(Area(outpaint=text), size) == margins


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("wide", "--outpaint wide is not understood."),
        ("0,0,0,0", "does not enlarge the video"),
        ("-8,0,0,0", "does not enlarge the video"),
        ("8,8", "is not understood"),
        ("0:9", "is out of range"),
        ("9:1", "It is from 1:8 to 8:1."),
    ],
)
def test_outpainting_that_means_nothing(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Area(outpaint=text)


def test_outpainting_that_cannot_be() -> None:
    with pytest.raises(ConditionError, match="The video is 16:9 already: 1280x720"):
        margins_of(Area(outpaint="16:9"), (1280, 720))
    with pytest.raises(ConditionError, match="would have 9100x50 pixels"):
        margins_of(Area(outpaint="9000,0,0,0"), (100, 50))
    assert parse_outpaint("16:9") == Aspect(16, 9)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "There is nothing to make anew. Give --mask, --outpaint or both."),
        ({"outpaint": "16:9", "track": True}, "--track is for a mask, and there is none."),
        ({"outpaint": "16:9", "invert": True}, "--invert is for a mask"),
        ({"mask": "left 5%", "dilate_px": -1}, "The dilation is -1."),
        ({"mask": "left 5%", "feather_px": 9999}, "The feather is 9999."),
    ],
)
def test_contradictions(given: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Area(**given)  # type: ignore[arg-type]
