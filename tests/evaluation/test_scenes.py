"""Collections of scenes whose captions leave something to a condition."""

from __future__ import annotations

import re

import numpy as np
import pytest

from vcomp.data.drawn import DrawnDataset
from vcomp.data.figures import unseen_drawings
from vcomp.data.vocabulary import DIRECTIONS
from vcomp.evaluation.scenes import Scenes, covered_by_both, scene_of

DATASET = DrawnDataset(level="styled", seed=1, num_frames=4, size_px=64)
WORDS_OF_STYLE = r"flat|outline|comic|night|dark|pastel|paper|neon"


@pytest.mark.parametrize("scenes", ["held out", "unseen figures", "style unsaid", "overlapping"])
def test_samples_are_the_same_every_time(scenes: Scenes) -> None:
    video, again = scene_of(scenes, DATASET, 3), scene_of(scenes, DATASET, 3)
    assert video == again
    assert video.frames.shape == (4, 64, 64, 3)
    assert video != scene_of(scenes, DATASET, 4)


def test_held_out_scenes_are_the_datasets_and_unseen_figures_are_not() -> None:
    assert scene_of("held out", DATASET, 5) == DATASET[5]
    assert scene_of("unseen figures", DATASET, 5).scene.sprites[0].shape in unseen_drawings()


def test_captions_without_a_word_of_style() -> None:
    for index in range(40):
        video = scene_of("style unsaid", DATASET, index)
        assert video.scene == DATASET[index].scene
        assert not re.search(WORDS_OF_STYLE, video.caption)
        assert video.scene.sprites[-1].shape in video.caption


def test_captions_without_a_direction_of_an_object_that_has_one() -> None:
    directions, leading = set(), []
    for index in range(80):
        video = scene_of("direction unsaid", DATASET, index)
        assert not re.search(r"\b(left|right|up|down|upwards|downwards)\b", video.caption)
        assert "  " not in video.caption
        [sprite] = video.scene.sprites
        assert sprite.motion == "move"
        directions.add(sprite.direction)
        start = sprite.matrix(-0.5)[:, 2]
        assert np.abs(start - 0.5).max() < 0.09
        leading.append(float((start - 0.5) @ DIRECTIONS[sprite.direction]))
    assert directions == set(DIRECTIONS)
    assert abs(np.mean(leading)) < 0.02  # where it starts does not tell where it goes


def test_one_object_before_the_other() -> None:
    in_order = []
    for index in range(40):
        video = scene_of("overlapping", DATASET, index)
        farther, nearer = video.scene.sprites
        assert farther.inverse_depth < nearer.inverse_depth
        both = covered_by_both(video)
        assert both.any()
        assert (video.ids[both] == 2).all()
        told = [re.search(rf"\b{sprite.colour}\b", video.caption) for sprite in (farther, nearer)]
        if all(told):
            in_order.append(told[0].start() < told[1].start())  # type: ignore[union-attr]
    assert 0.2 < np.mean(in_order) < 0.8  # nor does the order of mention tell it
