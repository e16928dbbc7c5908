"""The words of the drawn world and what each one looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

RGB = tuple[int, int, int]

COLOURS: dict[str, RGB] = {
    "red": (220, 40, 40),
    "orange": (245, 140, 30),
    "yellow": (250, 220, 50),
    "green": (50, 165, 70),
    "cyan": (60, 200, 215),
    "blue": (45, 80, 210),
    "purple": (135, 60, 180),
    "pink": (245, 135, 185),
    "white": (245, 245, 245),
    "black": (25, 25, 28),
}

BACKGROUND_COLOURS: dict[str, RGB] = {
    "red": (170, 60, 60),
    "yellow": (225, 205, 120),
    "green": (95, 150, 95),
    "blue": (75, 110, 175),
    "purple": (115, 85, 145),
    "pink": (225, 165, 190),
    "white": (230, 230, 228),
    "grey": (130, 132, 136),
    "black": (35, 36, 42),
    "brown": (125, 90, 62),
}
"""Softer than the objects' colours, so that a red star shows on a red wall; captions never pair the two."""

DIRECTIONS: dict[str, tuple[float, float]] = {
    "right": (1.0, 0.0),
    "left": (-1.0, 0.0),
    "up": (0.0, -1.0),
    "down": (0.0, 1.0),
    "up and to the right": (0.7071, -0.7071),
    "up and to the left": (-0.7071, -0.7071),
    "down and to the right": (0.7071, 0.7071),
    "down and to the left": (-0.7071, 0.7071),
}
"""Unit vectors ``(x, y)``, y pointing down."""

SIZES: dict[str, tuple[float, float]] = {"small": (0.085, 0.115), "": (0.13, 0.17), "large": (0.19, 0.24)}
"""Radius of an object as a share of the frame's side."""

LARGER_SIZES: dict[str, tuple[float, float]] = {
    "small": (0.14, 0.17),
    "": (0.19, 0.25),
    "large": (0.27, 0.31),
}
"""The same where outlines shall be told: an object alone spans 40 to 85 of 128 pixels."""

SPEEDS: dict[str, tuple[float, float]] = {"slowly": (1.0, 1.6), "": (2.0, 3.2), "quickly": (3.8, 5.0)}
"""Pixels per frame in a frame of 128 pixels."""

STYLES: tuple[str, ...] = ("flat", "outlined", "night", "pastel", "paper", "neon")
BACKGROUNDS: tuple[str, ...] = ("plain", "gradient", "striped", "checked", "textured")
SCENERY: dict[str, tuple[tuple[str, str], ...]] = {
    "ground": (("green", "blue"), ("brown", "blue"), ("yellow", "blue"), ("white", "grey")),
    "hills": (("green", "blue"), ("green", "pink"), ("brown", "yellow"), ("purple", "pink")),
    "sea": (("blue", "white"), ("blue", "pink"), ("blue", "yellow"), ("green", "white")),
}
"""Backgrounds with a horizon, and the colours of what lies below and of the sky that they mostly have."""
SHAPES: tuple[str, ...] = (
    "circle",
    "square",
    "triangle",
    "star",
    "heart",
    "diamond",
    "cross",
    "moon",
    "hexagon",
    "drop",
)
SIMPLE_MOTIONS: tuple[str, ...] = ("move", "still", "spin", "grow", "shrink")
ALL_MOTIONS: tuple[str, ...] = (*SIMPLE_MOTIONS, "bounce", "circle")


@dataclass(frozen=True)
class Level:
    """How much of the drawn world a dataset uses.

    Args:
        max_sprites: Most objects in one scene.
        second_sprite_p: Chance of each further object.
        backgrounds: Kinds of background.
        motions: Kinds of motion.
        styles: Visual styles; the first is drawn half of the time.
        camera_p: Chance that the camera pans or zooms.
        sprite_p: Chance that an object is a named thing and not a plain shape.
        sizes: Radius of an object that is alone, by its word.
        arranged: Whether objects are placed so that captions can tell where they stand to each other, and do.
    """

    max_sprites: int
    second_sprite_p: float
    backgrounds: tuple[str, ...]
    motions: tuple[str, ...]
    styles: tuple[str, ...]
    camera_p: float = 0.0
    sprite_p: float = 0.0
    sizes: Mapping[str, tuple[float, float]] = field(default_factory=lambda: SIZES)
    arranged: bool = False


_SPRITES = Level(
    max_sprites=2,
    second_sprite_p=0.35,
    backgrounds=(*BACKGROUNDS, *SCENERY),
    motions=ALL_MOTIONS,
    styles=STYLES,
    camera_p=0.2,
    sprite_p=0.8,
    sizes=LARGER_SIZES,
    arranged=True,
)

LEVELS: dict[str, Level] = {
    "plain": Level(1, 0.0, ("plain",), ("move", "still"), ("flat",)),
    "simple": Level(2, 0.25, ("plain", "gradient"), SIMPLE_MOTIONS, ("flat",)),
    "styled": Level(2, 0.25, ("plain", "gradient"), SIMPLE_MOTIONS, STYLES),
    "clear": Level(2, 0.1, ("plain",), ("move", "still"), STYLES, sizes=LARGER_SIZES),
    "bold": Level(2, 0.2, ("plain", "gradient"), SIMPLE_MOTIONS, STYLES, sizes=LARGER_SIZES),
    "rich": Level(3, 0.45, BACKGROUNDS, ALL_MOTIONS, STYLES, camera_p=0.3),
    "sprites": _SPRITES,
    "crowded": replace(_SPRITES, max_sprites=3, second_sprite_p=0.6, camera_p=0.3),
}
