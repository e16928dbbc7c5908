"""Scenes: what a level allows, and how things move in it."""

from __future__ import annotations

import numpy as np
import pytest

from vcomp.data.scene import CROWDING, Camera, Scene, Sprite, draw_scene
from vcomp.data.vocabulary import DIRECTIONS, LEVELS, SCENERY, SHAPES, SPEEDS

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
    things = np.mean([sprite.shape not in SHAPES for sprite in sprites])
    assert things == pytest.approx(level.sprite_p, abs=0.06)


def test_two_colours_of_a_background_differ() -> None:
    assert all(s.background.colour != s.background.second_colour for name in LEVELS for s in scenes(name))


def test_scenery_mostly_has_its_usual_colours() -> None:
    backgrounds = [s.background for s in scenes("sprites") if s.background.kind in SCENERY]
    usual = [(b.colour, b.second_colour) in SCENERY[b.kind] for b in backgrounds]
    assert 0.5 < np.mean(usual) < 0.75
    assert all(0.45 <= b.horizon <= 0.75 for b in backgrounds)


def test_things_face_where_they_go_and_plain_shapes_are_never_mirrored() -> None:
    things = [s for scene in scenes("sprites") for s in scene.sprites if s.shape not in SHAPES]
    assert all(s.mirrored for s in things if "left" in s.direction)
    assert not any(s.mirrored for s in things if "right" in s.direction)
    others = [s.mirrored for s in things if not ("left" in s.direction or "right" in s.direction)]
    assert 0.35 < np.mean(others) < 0.65
    assert not any(s.mirrored for scene in scenes("sprites") for s in scene.sprites if s.shape in SHAPES)


def test_a_mirrored_sprite_is_drawn_the_other_way_round_and_tilts_the_same_way() -> None:
    plain, mirrored = (sprite("still", tilt_deg=10.0, mirrored=m).matrix(0.0) for m in (False, True))
    assert mirrored == pytest.approx(plain * np.array([-1, 1, 1]))


@pytest.mark.parametrize("level", ["bold", "sprites"])
def test_an_object_alone_is_large_enough_for_its_outline_to_be_told(level: str) -> None:
    alone = [s.sprites[0] for s in scenes(level) if len(s.sprites) == 1]
    spans = np.array([2.2 * 128 * s.radius for s in alone if s.motion not in ("grow", "shrink")])
    assert spans.min() > 38
    assert spans.max() < 90
    assert 50 < np.median(spans) < 70


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


@pytest.mark.parametrize("name", LEVELS)
def test_words_say_how_large_and_how_fast(name: str) -> None:
    level = LEVELS[name]
    for scene in scenes(name):
        crowding = CROWDING[len(scene.sprites)] if level.arranged else 1.0
        for s in scene.sprites:
            low, high = level.sizes[s.size_word]
            assert s.motion in ("grow", "shrink") or low <= s.radius / crowding <= high
            if s.motion == "move":
                low, high = SPEEDS[s.speed_word]
                assert low <= s.travel * 128 / 15 <= high


@pytest.mark.parametrize("level", ["rich", "sprites", "crowded"])
def test_objects_stay_mostly_in_the_frame(level: str) -> None:
    places = [s.matrix(t)[:, 2] for scene in scenes(level) for s in scene.sprites for t in TIMES]
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
