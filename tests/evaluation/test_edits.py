"""Objects in other colours: asked for, named, and measured."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vcomp.data.drawn import DrawnDataset
from vcomp.data.vocabulary import LEVELS
from vcomp.engine import Engine, Settings
from vcomp.evaluation.edits import emptied, inpaint_recolouring, named_colour, recolouring
from vcomp.evaluation.numbers import EDITS, Suite
from vcomp.models.system import System


def dataset(level: str = "styled") -> DrawnDataset:
    return DrawnDataset(level=level, seed=1, num_frames=4, size_px=64)


def test_the_text_names_a_colour_that_is_nowhere_in_the_scene() -> None:
    for index in range(30):
        asked = recolouring(dataset(), index)
        scene = asked.video.scene
        assert re.search(rf"\b{asked.colour}\b", asked.caption)
        assert asked.colour not in {sprite.colour for sprite in scene.sprites}
        assert asked.colour not in {scene.background.colour, scene.background.second_colour}
        assert asked == recolouring(dataset(), index)
        assert asked.area.any()


@pytest.mark.parametrize("level", LEVELS)
def test_drawn_objects_have_the_colour_they_are_drawn_in(level: str) -> None:
    named = []
    for index in range(40):
        asked = recolouring(dataset(level), index)
        video = asked.video
        assert named_colour(video, video.frames, asked.area) != asked.colour
        nearest = replace(video.scene.sprites[-1], colour=asked.colour)
        scene = replace(video.scene, sprites=(*video.scene.sprites[:-1], nearest))
        named.append(named_colour(video, replace(video, scene=scene).frames, asked.area) == asked.colour)
    assert np.mean(named) >= 0.95


def test_an_object_that_went_away_has_no_colour() -> None:
    asked = recolouring(dataset("plain"), 3)
    empty = emptied(asked.video).frames
    assert (empty == empty[0, 0, 0]).all()
    assert named_colour(asked.video, empty, asked.area) is None
    assert named_colour(asked.video, empty, np.zeros_like(asked.area)) is None


def test_a_little_noise_does_not_change_a_colour() -> None:
    asked = recolouring(dataset("plain"), 3)
    rng = np.random.default_rng(0)
    noisy = asked.video.frames + rng.normal(0, 8, asked.video.frames.shape)
    frames = noisy.clip(0, 255).astype(np.uint8)
    assert named_colour(asked.video, frames, asked.area) == asked.video.scene.sprites[-1].colour


def test_inpainting_leaves_the_rest(system: System) -> None:
    engine = Engine(system, device="cpu", dtype="float32")
    settings = Settings(num_steps=2, num_frames=4, size=(64, 64))
    made = inpaint_recolouring(engine, settings, recolouring(dataset("plain"), 0))
    assert made.outside_max_diff == 0


def test_the_suite_has_both_figures(model_folder: Path) -> None:
    told: list[tuple[str, int, int]] = []
    suite = Suite(
        model=model_folder,
        num_samples=3,
        num_steps=2,
        level="plain",
        on_progress=lambda *progress: told.append(progress),
    )
    figures = dict(suite.measure(EDITS))
    assert figures.keys() == set(EDITS)
    assert figures["inpaint_outside_max_diff"].value == 0
    assert {figure.n for figure in figures.values()} == {3}
    assert told == [("inpainting", done, 3) for done in (1, 2, 3)]
    [(name, alone)] = suite.measure(["inpaint_colour_right"])
    assert (name, alone) == ("inpaint_colour_right", figures["inpaint_colour_right"])
