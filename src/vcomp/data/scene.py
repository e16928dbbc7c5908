"""Scenes of the drawn world: what is where, how it moves, and what is said of it. Nothing is painted here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vcomp.data.figures import sprite_drawings
from vcomp.data.vocabulary import BACKGROUND_COLOURS, COLOURS, DIRECTIONS, SCENERY, SHAPES, SPEEDS, Level

Matrix = NDArray[np.float64]
"""``[2 3]`` affine map."""

CROWDING = {1: 1.0, 2: 0.8, 3: 0.65}
"""How much smaller arranged objects are than one alone, by their number."""


@dataclass(frozen=True, kw_only=True)
class Sprite:
    """One moving object. Lengths are shares of the frame's side; time runs from -0.5 to 0.5 over the clip."""

    shape: str
    colour: str
    size_word: str
    radius: float
    centre: tuple[float, float]
    motion: str
    direction: str = ""
    speed_word: str = ""
    travel: float = 0.0
    turn_deg: float = 0.0
    tilt_deg: float = 0.0
    growth: float = 1.0
    inverse_depth: float = 0.5
    mirrored: bool = False

    def matrix(self, time: float) -> Matrix:
        """Map from the outline's units to shares of the frame's side at ``time``."""
        x, y = self.centre
        scale = self.radius * self.growth**time
        angle = np.deg2rad(self.tilt_deg + self.turn_deg * time)
        if self.motion == "move":
            dx, dy = DIRECTIONS[self.direction]
            x, y = x + dx * self.travel * time, y + dy * self.travel * time
        elif self.motion == "bounce":
            y += 0.5 * self.travel - self.travel * abs(np.sin(2 * np.pi * time))
        elif self.motion == "circle":
            x += 0.4 * self.travel * np.cos(2 * np.pi * time)
            y += 0.4 * self.travel * np.sin(2 * np.pi * time)
        cos, sin = scale * np.cos(angle), scale * np.sin(angle)
        side = -1 if self.mirrored else 1
        return np.array([[side * cos, -sin, x], [side * sin, cos, y]])


@dataclass(frozen=True, kw_only=True)
class Background:
    """What lies behind the objects; if it has a horizon, `colour` is below it and `second_colour` above."""

    kind: str
    colour: str
    second_colour: str
    angle_deg: float = 0.0
    seed: int = 0
    horizon: float = 0.6


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A pan (shares of the side over the clip) and a zoom (factor over the clip)."""

    move: str = "still"
    pan: tuple[float, float] = (0.0, 0.0)
    zoom: float = 1.0

    def matrix(self, time: float) -> Matrix:
        """Map from the world's to the frame's coordinates at ``time``."""
        zoom = self.zoom**time
        return np.array(
            [
                [zoom, 0.0, 0.5 * (1 - zoom) - self.pan[0] * time],
                [0.0, zoom, 0.5 * (1 - zoom) - self.pan[1] * time],
            ]
        )


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A clip before it is painted. ``sprites`` run from the farthest to the nearest.

    ``arranged`` is whether captions may say where they stand to each other.
    """

    sprites: tuple[Sprite, ...]
    background: Background
    style: str = "flat"
    camera: Camera = field(default_factory=Camera)
    arranged: bool = False


def _choose(rng: np.random.Generator, options: tuple[str, ...] | list[str]) -> str:
    return options[int(rng.integers(len(options)))]


def _weighted(rng: np.random.Generator, table: Mapping[str, tuple[float, float]]) -> tuple[str, float]:
    """A word of ``table``, the unnamed one half of the time, and a number from its range."""
    words = list(table)
    word = "" if rng.random() < 0.5 else _choose(rng, words)
    low, high = table[word]
    return word, float(rng.uniform(low, high))


def _sprite(
    rng: np.random.Generator, level: Level, *, avoid: set[str], inverse_depth: float, crowding: float
) -> Sprite:
    colour = _choose(rng, [name for name in COLOURS if name not in avoid])
    motion = "move" if rng.random() < 0.6 else _choose(rng, level.motions)
    size_word, radius = _weighted(rng, level.sizes)
    radius *= crowding
    course = _course(rng, motion)
    if motion in ("grow", "shrink"):
        radius = min(radius, level.sizes[""][1])
    # The middle of the path lies where both of its ends stay inside the frame, as far as that can be.
    dx, dy = DIRECTIONS.get(course.direction, (0.0, 0.5 if course.travel else 0.0))
    room_x = max(0.04, 0.5 - radius - 0.5 * abs(dx) * course.travel)
    room_y = max(0.04, 0.5 - radius - 0.5 * abs(dy) * course.travel)
    centre = (0.5 + float(rng.uniform(-room_x, room_x)), 0.5 + float(rng.uniform(-room_y, room_y)))
    shape, mirrored = _shape(rng, level, course.direction)
    return Sprite(
        shape=shape,
        colour=colour,
        size_word=size_word,
        radius=radius,
        centre=centre,
        motion=motion,
        direction=course.direction,
        speed_word=course.speed_word,
        travel=course.travel,
        turn_deg=course.turn_deg,
        tilt_deg=float(rng.uniform(-12, 12)),
        growth=course.growth,
        inverse_depth=inverse_depth,
        mirrored=mirrored,
    )


class _Course(NamedTuple):
    """What a motion is like: those fields of :class:`Sprite`."""

    direction: str = ""
    speed_word: str = ""
    travel: float = 0.0
    turn_deg: float = 0.0
    growth: float = 1.0


def _course(rng: np.random.Generator, motion: str) -> _Course:
    if motion in ("move", "bounce", "circle"):
        speed_word, speed = _weighted(rng, SPEEDS)
        direction = _choose(rng, list(DIRECTIONS)) if motion == "move" else ""
        return _Course(direction, speed_word, travel=speed * 15 / 128)
    if motion == "spin":
        return _Course(turn_deg=float(rng.choice([-1, 1]) * rng.uniform(120, 270)))
    if motion in ("grow", "shrink"):
        ratio = float(rng.uniform(1.8, 2.6))
        return _Course(growth=ratio if motion == "grow" else 1 / ratio)
    return _Course()


def _shape(rng: np.random.Generator, level: Level, direction: str) -> tuple[str, bool]:
    """What an object is, and whether it is mirrored, for things are drawn facing right and face their way."""
    if not level.sprite_p or rng.random() >= level.sprite_p:
        return _choose(rng, SHAPES), False
    thing, turned = _choose(rng, list(sprite_drawings())), bool(rng.random() < 0.5)
    return thing, "left" in direction or (turned and "right" not in direction)


def _arrange(rng: np.random.Generator, sprites: list[Sprite]) -> list[Sprite]:
    """Sprites side by side, one above another, or the nearer before the farther, where they have room."""
    way = _choose(rng, ("across", "down", "in depth", "anyhow"))
    if len(sprites) == 1 or way == "anyhow":
        return sprites
    places = rng.uniform(-0.06, 0.06, size=(len(sprites), 2))
    along = np.linspace(-0.24, 0.24, len(sprites)) * (1.2 if len(sprites) > 2 else 1.0)
    if way == "in depth":
        angle = rng.uniform(0, 2 * np.pi)
        radius = np.mean([sprite.radius for sprite in sprites])
        places += np.outer(along / 0.24 * 0.45 * radius, [np.cos(angle), np.sin(angle)])
    else:
        places[:, 0 if way == "across" else 1] += rng.permutation(along)
    return [
        replace(sprite, centre=_inside(0.5 + place, sprite))
        for sprite, place in zip(sprites, places, strict=True)
    ]


def _inside(place: NDArray[np.float64], sprite: Sprite) -> tuple[float, float]:
    """The place nearest to ``place`` from which a moving sprite's centre stays in the frame."""
    direction = np.array(DIRECTIONS.get(sprite.direction, (0.0, 0.0)))
    margin = np.minimum(0.5, 0.1 + 0.5 * np.abs(direction) * sprite.travel)
    x, y = np.clip(place, margin, 1 - margin)
    return float(x), float(y)


def _camera(rng: np.random.Generator) -> Camera:
    move = _choose(rng, ("pans right", "pans left", "pans up", "pans down", "zooms in", "zooms out"))
    if move.startswith("zooms"):
        ratio = float(rng.uniform(1.3, 1.7))
        return Camera(move=move, zoom=ratio if move == "zooms in" else 1 / ratio)
    dx, dy = DIRECTIONS[move.removeprefix("pans ")]
    reach = float(rng.uniform(0.15, 0.35))
    return Camera(move=move, pan=(dx * reach, dy * reach))


def _scenery(rng: np.random.Generator, background: Background) -> Background:
    horizon, colours = float(rng.uniform(0.45, 0.75)), (background.colour, background.second_colour)
    if rng.random() < 0.6:
        usual = SCENERY[background.kind]
        colours = usual[int(rng.integers(len(usual)))]
    return replace(background, horizon=horizon, colour=colours[0], second_colour=colours[1])


def draw_scene(rng: np.random.Generator, level: Level) -> Scene:
    """A random scene of ``level``.

    Args:
        rng: Where every choice comes from, in a fixed order.
        level: Which parts of the drawn world may appear.
    """
    kind, colour = _choose(rng, level.backgrounds), _choose(rng, list(BACKGROUND_COLOURS))
    background = Background(
        kind=kind,
        colour=colour,
        second_colour=_choose(rng, [name for name in BACKGROUND_COLOURS if name != colour]),
        angle_deg=float(rng.choice([0, 45, 90, 135])),
        seed=int(rng.integers(2**31)),
    )
    if kind in SCENERY:
        background = _scenery(rng, background)
    count = 1
    while count < level.max_sprites and rng.random() < level.second_sprite_p:
        count += 1
    used = {background.colour}
    if background.kind != "plain":
        used.add(background.second_colour)
    sprites: list[Sprite] = []
    crowding = CROWDING[count] if level.arranged else 1.0
    for depth in np.sort(rng.uniform(0.35, 1.0, size=count)):
        sprite = _sprite(rng, level, avoid=used, inverse_depth=float(depth), crowding=crowding)
        used.add(sprite.colour)
        sprites.append(sprite)
    if level.arranged:
        sprites = _arrange(rng, sprites)
    style = level.styles[0] if rng.random() < 0.5 else _choose(rng, level.styles)
    camera = _camera(rng) if rng.random() < level.camera_p else Camera()
    return Scene(
        sprites=tuple(sprites), background=background, style=style, camera=camera, arranged=level.arranged
    )
