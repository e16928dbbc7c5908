"""What is told of frames, on drawn frames, where it is known."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from vcomp.data.drawn import DrawnDataset, DrawnVideo
from vcomp.evaluation.colours import look_at
from vcomp.evaluation.obeying import (
    background_right,
    colour_right,
    depth_order,
    direction_right,
    kind_right,
    object_motion,
    stroke_obeyed,
    style_right,
)
from vcomp.evaluation.scenes import Scenes, scene_of

DATASET = DrawnDataset(level="bold", seed=1, num_frames=16)


def share(metric: Callable[[DrawnVideo, np.ndarray], float], scenes: Scenes, count: int) -> float:
    """Of the samples that have it."""
    dataset = DATASET if "direction" in metric.__name__ or "stroke" in metric.__name__ else few_frames()
    videos = [scene_of(scenes, dataset, index) for index in range(count)]
    return float(np.nanmean([metric(video, video.frames) for video in videos]))


def few_frames() -> DrawnDataset:
    return replace(DATASET, num_frames=4)


def test_colours_of_drawn_frames() -> None:
    assert share(background_right, "held out", 100) >= 0.97
    assert share(colour_right, "held out", 100) >= 0.97


def test_directions_of_drawn_objects() -> None:
    assert share(direction_right, "held out", 16) >= 0.9
    assert share(stroke_obeyed, "direction unsaid", 16) >= 0.9


def test_depth_order_of_drawn_objects() -> None:
    assert share(depth_order, "overlapping", 30) >= 0.97


def test_the_other_one_before_is_wrong() -> None:
    video = scene_of("overlapping", few_frames(), 0)
    farther, nearer = video.scene.sprites
    turned = replace(video, scene=replace(video.scene, sprites=(nearer, farther)))
    assert depth_order(video, turned.frames) == 0


def test_another_colour_or_background_is_wrong() -> None:
    videos = [v for v in few_frames().clips(0, 40) if not math.isnan(colour_right(v, v.frames))]
    for video in videos[:6]:
        [sprite], background = video.scene.sprites, video.scene.background
        colour = next(c for c in ("cyan", "orange", "green") if c not in {sprite.colour, background.colour})
        other = replace(video, scene=replace(video.scene, sprites=(replace(sprite, colour=colour),)))
        assert colour_right(video, other.frames) == 0
        painted = "grey" if background.colour != "grey" else "brown"
        elsewhere = replace(background, kind="plain", colour=painted)
        other = replace(video, scene=replace(video.scene, background=elsewhere))
        assert background_right(video, other.frames) != 1
        assert look_at(other.frames, video.scene.style).background == {painted}


def test_a_way_back_and_no_way_are_wrong() -> None:
    video = scene_of("direction unsaid", DATASET, 0)
    assert stroke_obeyed(video, video.frames) == 1
    assert stroke_obeyed(video, video.frames[::-1].copy()) == 0
    still = np.repeat(video.frames[:1], 16, axis=0)
    assert stroke_obeyed(video, still) == 0
    assert np.hypot(*object_motion(video, still)) < 0.05


def test_nothing_is_told_of_an_empty_frame() -> None:
    video = scene_of("direction unsaid", few_frames(), 0)
    seen = look_at(np.full((4, 128, 128, 3), 230, np.uint8), "flat")
    assert (seen.background, seen.colour, bool(seen.area.any())) == ({"white"}, None, False)
    assert stroke_obeyed(video, np.full((4, 128, 128, 3), 230, np.uint8)) == 0


def test_what_was_not_asked_for_does_not_count() -> None:
    video = replace(few_frames()[0], caption="something")
    for metric in (background_right, colour_right, kind_right):
        assert math.isnan(metric(video, video.frames))
    two = scene_of("overlapping", few_frames(), 0)
    for metric in (colour_right, kind_right, direction_right):
        assert math.isnan(metric(two, two.frames))


@pytest.mark.parametrize("metric", [kind_right, style_right])
def test_kinds_and_styles_of_drawn_clips(metric: Callable[[DrawnVideo, np.ndarray], float]) -> None:
    dataset = DrawnDataset(level="styled", seed=2, num_frames=4)
    large = [
        v for v in dataset.clips(0, 400) if len(v.scene.sprites) == 1 and v.scene.sprites[0].radius > 0.18
    ]
    values = [metric(video, video.frames) for video in large]
    assert np.isfinite(values).sum() > 20
    assert np.nanmean(values) >= 0.9
