"""Scenes: what a level allows, and how things move in it."""

from __future__ import annotations

import numpy as np
import pytest

from vcomp.data.scene import Camera, Scene, Sprite, draw_scene
from vcomp.data.vocabulary import DIRECTIONS, LEVELS, SIZES, SPEEDS

SAMPLES = 400
TIMES = (-0.5, -0.1, 0.0, 0.3, 0.5)


def scenes(level: str) -> list[Scene]:
    return [draw_scene(np.random.default_rng([3, i]), LEVELS[level]) for i in range(SAMPLES)]


def sprite(motion: str, **given: object) -> Sprite:
    fixed = {"shape": "square", "colour": "red", "size_word": "", "radius": 0.15, "centre": (0.4, 0.6)}
    return Sprite(motion=motion, **{**fixed, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", LEVELS)
def test_a_level_has_all_of_its_world_and_nothing_else(name: str) -> None:
    level, drawn = LEVELS[name], scenes(name)
    sprites = [sprite for scene in drawn for sprite in scene.sprites]
    assert {scene.style for scene in drawn} == set(level.styles)
    assert {scene.background.kind for scene in drawn} == set(level.backgrounds)
    assert {sprite.motion for sprite in sprites} == set(level.motions)
    assert {len(scene.sprites) for scene in drawn} == set(range(1, level.max_sprites + 1))
    moving_camera = np.mean([scene.camera.move != "still" for scene in drawn])
    assert moving_camera == pytest.approx(level.camera_p, abs=0.08)


@pytest.mark.parametrize("name", LEVELS)
def test_objects_can_be_told_apart_and_stand_in_order_of_depth(name: str) -> None:
    for scene in scenes(name):
        colours = [sprite.colour for sprite in scene.sprites]
        background = {scene.background.colour}
        if scene.background.kind != "plain":
            background.add(scene.background.second_colour)
        assert len(set(colours)) == len(colours)
        assert not background & set(colours)
        depths = [sprite.inverse_depth for sprite in scene.sprites]
        assert depths == sorted(depths)
        assert min(depths) >= 0.35
        assert max(depths) <= 1


def test_words_say_how_large_and_how_fast() -> None:
    for scene in scenes("rich"):
        for s in scene.sprites:
            low, high = SIZES[s.size_word]
            assert s.motion in ("grow", "shrink") or low <= s.radius <= high
            if s.motion == "move":
                low, high = SPEEDS[s.speed_word]
                assert low <= s.travel * 128 / 15 <= high


def test_objects_stay_mostly_in_the_frame() -> None:
    places = [s.matrix(t)[:, 2] for scene in scenes("rich") for s in scene.sprites for t in TIMES]
    assert np.mean(np.abs(np.array(places) - 0.5) < 0.5) > 0.97


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_move_is_straight_and_even(direction: str) -> None:
    moving = sprite("move", direction=direction, travel=0.3)
    step = np.array(DIRECTIONS[direction]) * 0.3
    for time in TIMES:
        assert moving.matrix(time)[:, 2] == pytest.approx(np.array([0.4, 0.6]) + step * time)
    assert np.hypot(*DIRECTIONS[direction]) == pytest.approx(1, abs=1e-4)


def test_directions_are_where_their_words_point() -> None:
    for words, (x, y) in DIRECTIONS.items():
        assert ("right" in words) == (x > 0)
        assert ("left" in words) == (x < 0)
        assert ("down" in words) == (y > 0)
        assert ("up" in words) == (y < 0)


def test_spin_grow_circle_and_bounce() -> None:
    still = sprite("still").matrix(0.0)
    assert sprite("spin", turn_deg=180.0).matrix(0.5) == pytest.approx(
        np.array([[0, -0.15, 0.4], [0.15, 0, 0.6]]), abs=1e-12
    )
    grown = sprite("grow", growth=2.0)
    assert grown.matrix(0.5)[0, 0] == pytest.approx(2 * grown.matrix(-0.5)[0, 0])
    circling = sprite("circle", travel=0.5)
    radii = [np.hypot(*(circling.matrix(t)[:, 2] - still[:, 2])) for t in TIMES]
    assert radii == pytest.approx([0.2] * len(TIMES))
    assert circling.matrix(-0.5) == pytest.approx(circling.matrix(0.5))
    heights = [sprite("bounce", travel=0.2).matrix(t)[1, 2] for t in (-0.5, -0.25, 0, 0.25, 0.5)]
    assert heights == pytest.approx([0.7, 0.5, 0.7, 0.5, 0.7])


def test_the_camera_moves_the_world_the_other_way() -> None:
    centre = np.array([0.5, 0.5, 1.0])
    assert Camera(move="pans right", pan=(0.3, 0.0)).matrix(0.5) @ centre == pytest.approx([0.35, 0.5])
    zoom = Camera(move="zooms in", zoom=1.6)
    assert zoom.matrix(0.5) @ centre == pytest.approx([0.5, 0.5])
    assert zoom.matrix(0.5)[0, 0] == pytest.approx(1.6 * zoom.matrix(-0.5)[0, 0])
    assert Camera().matrix(0.4) == pytest.approx(np.eye(3)[:2])
