"""Strokes drawn by hand, in JSON and SVG, on cases whose answer is known."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from vcomp.conditions.strokes import Strokes, read_strokes, strokes_motion
from vcomp.conditions.svg import read_svg
from vcomp.errors import ConditionError, MediaError
from vcomp.media.write import write_picture

SIZE = (64, 32)
RIGHT = {"points": [[0.25, 0.5], [0.75, 0.5]]}  # 32 pixels in all


def write(path: Path, *strokes: object, **more: object) -> Path:
    path.write_text(json.dumps({"strokes": strokes, **more}))
    return path


def motion_of(strokes: Strokes, folder: Path, num_frames: int = 5) -> torch.Tensor:
    return strokes_motion(strokes, num_frames=num_frames, size=SIZE, folder=folder)


def test_what_lies_at_the_end_of_the_path_moves_along_it(tmp_path: Path) -> None:
    strokes = read_strokes(write(tmp_path / "s.json", RIGHT | {"radius": 0.125, "falloff": 0.125}))
    motion = motion_of(strokes, tmp_path)
    assert motion.shape == (2, 5, 32, 64)
    assert motion[:, 0].eq(0).all()
    for index in range(1, 5):
        arrived = 16 + 8 * index
        assert motion[0, index, 15, arrived - 1].item() == pytest.approx(8)
        assert motion[0, index, 15, arrived - 4].item() == pytest.approx(8)  # within 4 pixels: rigid
        assert 0 < motion[0, index, 15, arrived + 5].item() < 8  # then it fades
        assert motion[0, index, 15, (arrived + 20) % 64].item() == 0
    assert motion[1].abs().max() < 1e-5


def test_falloff_is_smooth_and_monotonous(tmp_path: Path) -> None:
    strokes = read_strokes(write(tmp_path / "s.json", RIGHT | {"radius": 0.0, "falloff": 0.5}))
    profile = motion_of(strokes, tmp_path)[0, 2, :16, 31]
    assert (profile.diff() >= 0).all()
    assert profile.diff().max() < 1  # of 8


def test_points_with_times_and_parts_of_the_clip(tmp_path: Path) -> None:
    timed = {"points": [[0.25, 0.5, 0.0], [0.75, 0.5, 0.5], [0.75, 0.25, 1.0]]}
    motion = motion_of(read_strokes(write(tmp_path / "s.json", timed)), tmp_path)
    assert motion[:, 1].amax((1, 2)).tolist() == pytest.approx([16, 0], abs=1e-4)
    assert motion[1, 4].min().item() == pytest.approx(-4, abs=1e-4)
    late = motion_of(read_strokes(write(tmp_path / "l.json", RIGHT | {"start": 0.5})), tmp_path)
    assert late[0].amax((1, 2)).tolist() == pytest.approx([0, 0, 0, 16, 16], abs=1e-4)
    eased = motion_of(read_strokes(write(tmp_path / "e.json", RIGHT | {"eased": True})), tmp_path)
    assert eased[0].amax((1, 2)).tolist() == pytest.approx([0, 5, 11, 11, 5], abs=1e-4)


def test_a_size_gives_the_unit(tmp_path: Path) -> None:
    fractions = read_strokes(write(tmp_path / "a.json", RIGHT | {"radius": 0.25}))
    pixels = {"points": [[160, 80], [480, 80]], "radius": 40}
    scaled = read_strokes(write(tmp_path / "b.json", pixels, size=[640, 160]))
    # The shorter scale decides over lengths: 40 of 160 high, on 32 high is 8.
    assert motion_of(scaled, tmp_path)[0].max() == motion_of(fractions, tmp_path)[0].max()


def test_several_at_once_do_not_add_up_to_more_speed(tmp_path: Path) -> None:
    other = {"points": [[0.25, 0.1], [0.25, 0.9]]}
    motion = motion_of(read_strokes(write(tmp_path / "s.json", RIGHT, RIGHT, other)), tmp_path)
    assert motion[0].max().item() == pytest.approx(8)
    assert motion[1].max().item() == pytest.approx(0.8 * 32 / 4)


def test_a_mask_is_carried_along(tmp_path: Path) -> None:
    mask = np.zeros((32, 64, 3), np.uint8)
    mask[8:24, 8:20] = 255
    write_picture(mask, tmp_path / "mask.png")
    stroke = RIGHT | {"mask": "mask.png", "falloff": 0}
    motion = motion_of(read_strokes(write(tmp_path / "s.json", stroke)), tmp_path)
    moving = motion[0, 2] > 0
    assert moving[8:24, 24:36].all()
    assert moving.sum() == 16 * 12
    assert motion[0, 2].max().item() == pytest.approx(8)
    write_picture(np.zeros_like(mask), tmp_path / "mask.png")
    with pytest.raises(ConditionError, match="no white in it"):
        motion_of(read_strokes(tmp_path / "s.json"), tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "JSON"),
        ("{}", "strokes"),
        ('{"strokes": []}', "at least 1"),
        ('{"strokes": [{"points": [[0, 0]]}]}', "at least 2"),
        ('{"strokes": [{"points": [[0, 0], [1, 1]], "colour": "red"}]}', "colour"),
        ('{"strokes": [{"points": [[0, 0, 0], [1, 1]]}]}', "all points have times, or none"),
        ('{"strokes": [{"points": [[0, 0, 0.5], [1, 1, 0.5]]}]}', "times of the points rise"),
        ('{"strokes": [{"points": [[0, 0], [1, 1e99]]}]}', "less than or equal"),
        ('{"strokes": [{"points": [[0, 0], [1, NaN]]}]}', "finite number"),
        ('{"strokes": [{"points": [[0, 0], [1, 1]], "start": 0.6, "end": 0.4}]}', "from 0.6 to 0.4"),
        ('{"strokes": [{"points": [[0, 0], [1, 1]], "mask": "m.png", "radius": 1}]}', "not both"),
    ],
)
def test_bad_strokes(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "s.json").write_text(text)
    with pytest.raises(MediaError, match=reason) as caught:
        read_strokes(tmp_path / "s.json")
    assert caught.value.hint


def svg(path: Path, content: str, frame: str = 'viewBox="0 0 640 320"') -> Path:
    path.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" {frame}>{content}</svg>')
    return path


def test_lines_of_a_drawing_are_strokes(tmp_path: Path) -> None:
    content = (
        '<defs><path d="M 0 0 L 9 9"/></defs>'
        '<g transform="translate(100 10) scale(2)" style="stroke-width:20px">'
        '<path d="M 30 70 h 160 M 0 0 v 10" data-start="0.5"/></g>'
        '<polyline points="0,0 10,0 10,20" stroke="none"/><line x1="1" y1="2" x2="3" y2="4" data-radius="5"/>'
    )
    strokes = read_svg(svg(tmp_path / "s.svg", content))
    assert strokes.size == (640, 320)
    assert [stroke.points for stroke in strokes.strokes] == [
        ((160, 150), (480, 150)),
        ((100, 10), (100, 30)),
        ((1, 2), (3, 4)),
    ]
    assert [stroke.radius for stroke in strokes.strokes] == [20, 20, 5]
    assert strokes.strokes[0].start == 0.5
    motion = motion_of(strokes, tmp_path)
    assert motion[0, 4].max().item() == pytest.approx(16)


def test_curves_keep_their_course_and_boxes_their_origin(tmp_path: Path) -> None:
    content = '<path d="M 10 60 A 50 50 0 0 1 110 60"/>'
    [stroke] = read_svg(svg(tmp_path / "s.svg", content, 'viewBox="10 10 200 100"')).strokes
    points = np.array(stroke.points)
    assert np.hypot(points[:, 0] - 50, points[:, 1] - 50) == pytest.approx(50)
    assert points[:, 1].min() == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("not xml", "is no SVG"),
        ("<html/>", "it is a <html>"),
        ('<svg viewBox="0 0 9 9"/>', "no strokes"),
        ('<svg><path d="M 0 0 L 1 1"/></svg>', "neither a viewBox"),
        ('<svg viewBox="0 0 9 9"><path d="M 0 0 L x"/></svg>', "cannot be read"),
        ('<svg viewBox="0 0 9 9"><path d="L 1 1 2"/></svg>', "no strokes"),
        ('<svg viewBox="0 0 9 9"><g transform="scale()"><path d="M0 0H1"/></g></svg>', "transform scale"),
        ('<!DOCTYPE svg [<!ENTITY a "aa">]><svg viewBox="0 0 9 9">&a;</svg>', "XML entities"),
        ('<svg viewBox="0 0 9 9">' + "<g>" * 999 + "</g>" * 999 + "</svg>", "too deep"),
    ],
)
def test_bad_drawings(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "s.svg").write_text(text)
    with pytest.raises(MediaError, match=reason):
        read_svg(tmp_path / "s.svg")
