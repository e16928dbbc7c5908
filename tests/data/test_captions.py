"""Captions: they say what is seen, in words a reader would use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from vcomp.data.captions import UNNAMED, write_caption
from vcomp.data.drawn import DrawnDataset, DrawnVideo
from vcomp.data.relations import OPPOSITES, relation
from vcomp.data.vocabulary import LEVELS, SCENERY


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


STYLE_WORDS = {
    "flat": "flat",
    "outlined": "outline|comic",
    "night": "night|dark",
    "pastel": "pastel",
    "paper": "paper",
    "neon": "neon",
}


def test_a_style_that_is_not_flat_is_said_and_so_is_a_moving_camera() -> None:
    for video in videos():
        if video.scene.style != "flat":
            assert re.search(STYLE_WORDS[video.scene.style], video.caption)
        if video.scene.camera.move != "still":
            assert video.caption.endswith(f"the camera {video.scene.camera.move}")


def test_a_style_can_be_left_untold() -> None:
    rng = np.random.default_rng(0)
    for video in videos("clear"):
        caption = write_caption(rng, video.scene, tell_style=False)
        assert not re.search("|".join(STYLE_WORDS.values()), caption)


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


def test_relations_are_said_of_arranged_objects_and_are_true() -> None:
    said = {"left of": 0, "right of": 0, "above": 0, "below": 0, "in front of": 0, "behind": 0}
    for video in videos("sprites", 1200):
        if len({s.shape for s in video.scene.sprites}) < 2:
            continue
        for subject, other in permutations(video.scene.sprites):
            for words in said:
                where = rf"(is )?(to the |on the )?{words} (a|an|the|one)( \w+){{0,2}}"
                if not re.search(rf"{subject.shape} {where} {other.shape}\b", video.caption):
                    continue
                said[words] += 1
                assert relation(subject, other) == words
                assert relation(other, subject) == OPPOSITES[words]
    assert min(said.values()) >= 8


def test_what_is_said_to_be_in_front_hides_a_part_of_the_other() -> None:
    hides = []
    for video in videos("sprites", 600):
        match video.scene.sprites:
            case (far, near) if relation(near, far) == "in front of":
                alone = replace(video.scene, sprites=(far,))
                hidden = replace(video, scene=alone).foreground & (video.ids == 2)
                hides.append(bool(hidden.any()))
    assert len(hides) > 20
    assert np.mean(hides) > 0.95


def test_three_objects_are_all_named_and_one_stands_somewhere() -> None:
    crowds = [v for v in videos("crowded") if len(v.scene.sprites) == 3]
    unnamed = re.compile("|".join(UNNAMED))
    assert all(s.shape in v.caption or unnamed.search(v.caption) for v in crowds for s in v.scene.sprites)
    assert np.mean([all(s.shape in v.caption for s in v.scene.sprites) for v in crowds]) > 0.9
    assert np.mean([any(words in v.caption for words in OPPOSITES) for v in crowds]) > 0.5


def test_scenery_is_named_by_its_colours_unless_they_are_the_usual_ones() -> None:
    words = {"ground": "ground|land|outdoors|open", "hills": "hills", "sea": "sea|water"}
    coloured = []
    for video in videos("sprites", 1000):
        background = video.scene.background
        if background.kind not in SCENERY or not re.search(words[background.kind], video.caption):
            continue
        named = all(
            re.search(rf"\b{c}\b", video.caption) for c in (background.colour, background.second_colour)
        )
        coloured.append(named)
        assert named or (background.colour, background.second_colour) in SCENERY[background.kind]
    assert len(coloured) > 200
    assert 0.6 < np.mean(coloured) < 0.9


def test_arranged_scenes_say_how_the_camera_moves_in_more_ways() -> None:
    endings: dict[str, set[str]] = {}
    for video in videos("sprites", 1500):
        if video.scene.camera.move != "still":
            endings.setdefault(video.scene.camera.move, set()).add(video.caption.rpartition(", ")[2])
    assert len(endings) == 6
    assert all(len(phrases) == 4 for phrases in endings.values())
    assert "with the camera panning left" in endings["pans left"]
    assert "the camera backs away" in endings["zooms out"]


def test_now_and_then_an_object_is_only_called_a_thing() -> None:
    captions = [v.caption for v in videos("sprites", 800) if len(v.scene.sprites) == 1]
    unnamed = [re.search(rf"\b({'|'.join(UNNAMED)})\b", caption) is not None for caption in captions]
    assert 0.03 < np.mean(unnamed) < 0.1
