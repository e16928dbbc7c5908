"""Unseen figures: in no level, drawn as all others are, and never called by their names."""

from __future__ import annotations

import re
from string import ascii_lowercase

import numpy as np

from vcomp.data.captions import UNNAMED
from vcomp.data.drawn import DrawnDataset
from vcomp.data.figures import figure, sprite_drawings, unseen_drawings
from vcomp.data.unseen import UnseenDataset
from vcomp.data.vocabulary import LEVELS, SHAPES

NAMES = list(unseen_drawings())


def outline_of(shape: str) -> bytes:
    return np.concatenate(figure(shape).body).tobytes()


def test_there_are_two_dozen_things_and_all_letters() -> None:
    assert [name for name in NAMES if name.startswith("letter ")] == [f"letter {a}" for a in ascii_lowercase]
    assert len(NAMES) == 26 + 24


def test_no_level_shows_them() -> None:
    seen = {*SHAPES, *sprite_drawings()}
    assert not seen & set(NAMES)
    assert not {outline_of(name) for name in seen} & {outline_of(name) for name in NAMES}
    for level in LEVELS:
        scenes = (video.scene for video in DrawnDataset(level=level).clips(0, 200))
        assert {sprite.shape for scene in scenes for sprite in scene.sprites} <= seen


def test_each_is_shown_in_turn() -> None:
    shown = [video.scene.sprites[0].shape for video in UnseenDataset().clips(0, 2 * len(NAMES))]
    assert shown == NAMES * 2


def test_captions_tell_all_but_what_it_is() -> None:
    for video in UnseenDataset().clips(0, 200):
        [sprite] = video.scene.sprites
        assert re.search(rf"\b({'|'.join(UNNAMED)})\b", video.caption)
        assert sprite.shape not in video.caption
        assert sprite.motion != "move" or all(word in video.caption for word in sprite.direction.split())


def test_their_sketches_are_the_borders_of_what_is_drawn() -> None:
    for video in UnseenDataset(num_frames=3).clips(0, len(NAMES)):
        outside = np.abs(np.diff(video.ids.astype(int), axis=2)) > 0
        assert video.sketch[:, :, 1:][outside].all()
        assert video.sketch.any(axis=(1, 2)).all()
        assert video.sketch.shape == video.depth.shape == (3, 128, 128)


def test_samples_are_the_same_again_and_seeds_differ() -> None:
    first, again, other = (UnseenDataset(seed=seed)[7] for seed in (1, 1, 2))
    assert np.array_equal(first.frames, again.frames)
    assert first.caption == again.caption
    assert not np.array_equal(first.frames, other.frames)
