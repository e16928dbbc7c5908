"""Captions: they say what is seen, in words a reader would use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from vcomp.data.captions import write_caption
from vcomp.data.drawn import DrawnDataset, DrawnVideo
from vcomp.data.vocabulary import LEVELS


def videos(level: str = "rich", count: int = 400) -> Iterator[DrawnVideo]:
    return DrawnDataset(level=level, seed=3).clips(0, count)


def test_every_object_is_named_and_most_with_their_colour() -> None:
    named = []
    for video in videos():
        for sprite in video.scene.sprites:
            assert re.search(rf"\b{sprite.shape}\b", video.caption)
            named.append(f"{sprite.colour} {sprite.shape}" in video.caption)
    assert np.mean(named) == pytest.approx(0.95, abs=0.03)


def test_directions_are_always_named() -> None:
    for video in videos():
        for sprite in video.scene.sprites:
            assert sprite.motion != "move" or all(w in video.caption for w in sprite.direction.split())


def test_the_background_is_named_mostly() -> None:
    named = [re.search(rf"\b{v.scene.background.colour}\b", v.caption) is not None for v in videos("plain")]
    assert np.mean(named) == pytest.approx(0.92, abs=0.04)


def test_a_style_that_is_not_flat_is_said_and_so_is_a_moving_camera() -> None:
    words = {
        "outlined": "outline|comic",
        "night": "night|dark",
        "pastel": "pastel",
        "paper": "paper",
        "neon": "neon",
    }
    for video in videos():
        if video.scene.style != "flat":
            assert re.search(words[video.scene.style], video.caption)
        if video.scene.camera.move != "still":
            assert video.caption.endswith(f"the camera {video.scene.camera.move}")


@pytest.mark.parametrize("level", LEVELS)
def test_captions_read_well(level: str) -> None:
    for video in videos(level):
        assert not re.search(r"\ba [aeiou]|\ban [^aeiou]|  |,,|, $| ,|^ | $", video.caption)


def test_another_generator_gives_another_phrasing() -> None:
    scene = DrawnDataset(level="styled")[4].scene
    phrasings = {write_caption(np.random.default_rng(i), scene) for i in range(60)}
    assert len(phrasings) > 40
    assert write_caption(np.random.default_rng(7), scene) == write_caption(np.random.default_rng(7), scene)


def test_the_nearest_object_comes_first() -> None:
    scene = next(v.scene for v in videos() if len({s.shape for s in v.scene.sprites}) == 2)
    far, near = scene.sprites[0].shape, scene.sprites[-1].shape
    caption = write_caption(np.random.default_rng(0), replace(scene, style="flat"))
    assert caption.index(near) < caption.index(far)
