"""Colours of drawn frames: backgrounds and the six visual styles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vcomp.data.scene import Background
from vcomp.data.vocabulary import BACKGROUND_COLOURS, COLOURS, RGB, SCENERY

Picture = NDArray[np.uint8]
"""``[h w 3]`` RGB."""


@dataclass(frozen=True)
class Look:
    """How a style changes what is painted.

    Args:
        background_gain: Background colours are multiplied by this and shifted by ``background_shift``.
        background_shift: Added to background colours.
        sprite_gain: The same for the inside of objects.
        sprite_shift: The same for the inside of objects.
        outline_px: Width of the outline in a frame of 128 pixels, 0 for none.
        outline_colour: Its colour; None takes the object's own.
        grain: Strength of the paper's grain, in grey levels.
    """

    background_gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    background_shift: RGB = (0, 0, 0)
    sprite_gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    sprite_shift: RGB = (0, 0, 0)
    outline_px: float = 0.0
    outline_colour: RGB | None = None
    grain: float = 0.0


LOOKS: dict[str, Look] = {
    "flat": Look(),
    "outlined": Look(outline_px=2.5, outline_colour=(12, 12, 12)),
    "night": Look((0.32, 0.34, 0.5), (0, 4, 26), (0.5, 0.52, 0.62), (4, 6, 24)),
    "pastel": Look((0.4, 0.4, 0.4), (148, 148, 150), (0.5, 0.5, 0.5), (112, 112, 114)),
    "paper": Look((0.42, 0.4, 0.34), (132, 122, 98), (0.72, 0.68, 0.6), (30, 24, 12), grain=5.0),
    "neon": Look((0.12, 0.1, 0.16), (8, 4, 18), (0.22, 0.22, 0.22), (6, 4, 12), outline_px=3.5),
}


def _toned(colour: RGB, gain: tuple[float, float, float], shift: RGB) -> tuple[float, float, float]:
    red, green, blue = (c * g + s for c, g, s in zip(colour, gain, shift, strict=True))
    return red, green, blue


def sprite_colours(colour: str, style: str) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """RGB of an object's inside and of its outline."""
    look, base = LOOKS[style], COLOURS[colour]
    inside = _toned(base, look.sprite_gain, look.sprite_shift)
    red, green, blue = look.outline_colour or base
    return inside, (float(red), float(green), float(blue))


def detail_colour(colour: str, style: str) -> tuple[float, float, float]:
    """RGB of what is painted on an object: darker, on dark objects lighter, or glowing as its outline."""
    inside, rim = sprite_colours(colour, style)
    if LOOKS[style].outline_px and LOOKS[style].outline_colour is None:
        return rim
    lift = 0.0 if sum(inside) > 300 else 128.0
    red, green, blue = (0.5 * value + lift for value in inside)
    return red, green, blue


def _tones(background: Background, side: int) -> NDArray[np.float32]:
    """How much of the second colour each pixel has, 0 to 1, ``[side side]``."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    angle = np.deg2rad(background.angle_deg)
    along = x * np.cos(angle) + y * np.sin(angle)
    if background.kind == "gradient":
        return np.asarray((along - along.min()) / (along.max() - along.min()), dtype=np.float32)
    if background.kind == "striped":
        return np.asarray(np.floor(along * 8) % 2, dtype=np.float32)
    if background.kind == "checked":
        return np.asarray((np.floor(x * 8) + np.floor(y * 8)) % 2, dtype=np.float32)
    if background.kind == "textured":
        noise = np.random.default_rng(background.seed).standard_normal((16, 16)).astype(np.float32)
        smooth = cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC)
        return np.asarray(np.clip(0.25 + 0.2 * smooth, 0, 0.7), dtype=np.float32)
    return np.zeros((side, side), dtype=np.float32)


def _layers(background: Background, side: int, margin: float) -> NDArray[np.uint8]:
    """Scenery ``[side side]``: 0 the sky, 1 what lies below the horizon, 2 what stands out of that."""
    along = np.linspace(0, 1, side, endpoint=False) * (1 + 2 * margin) - margin
    x, y = along, along[:, None]
    horizon = np.full_like(x, background.horizon)
    nearer = np.full_like(x, 2.0)
    if background.kind == "hills":
        phases = np.random.default_rng(background.seed).uniform(0, 2 * np.pi, size=3)
        horizon += 0.09 * np.sin(6 * x + phases[0]) + 0.03 * np.sin(13 * x + phases[1])
        nearer = background.horizon + 0.2 + 0.08 * np.sin(5 * x + phases[2])
    layers = np.add(y >= horizon, y >= np.maximum(nearer, horizon), dtype=np.uint8)
    if background.kind == "sea":
        below = y - background.horizon + 0.014 * np.sin(36 * x)
        layers[(below > 0.06) & ((below - 0.08) % 0.18 < 0.05)] = 2
    return layers


def paint_background(
    background: Background, style: str, side: int, margin: float = 0.0
) -> tuple[Picture, NDArray[np.uint8]]:
    """The background ``[side side 3]``, and its flat areas ``[side side]``, whose borders are edges.

    Args:
        background: What is painted.
        style: How.
        side: Of the picture, in pixels.
        margin: How far the picture reaches beyond each side of the frame, in sides of the frame.
    """
    look = LOOKS[style]
    first, second = (
        np.array(_toned(BACKGROUND_COLOURS[c], look.background_gain, look.background_shift), np.float32)
        for c in (background.colour, background.second_colour)
    )
    if background.kind == "plain":
        picture = np.empty((side, side, 3), np.uint8)
        picture[:] = np.clip(first, 0, 255)
        return picture, np.zeros((side, side), np.uint8)
    if background.kind in SCENERY:
        layers = _layers(background, side, margin)
        nearer = first * 0.8 if first.sum() > 240 else first * 0.8 + 24
        return np.clip(np.stack([second, first, nearer])[layers], 0, 255).astype(np.uint8), layers
    tones = _tones(background, side)
    picture = np.clip(first + tones[..., None] * (second - first), 0, 255).astype(np.uint8)
    # Stripes of one colour are there in name only: nobody can see, or should learn, their edges.
    hard_edged = background.kind in ("striped", "checked") and background.colour != background.second_colour
    return picture, (tones > 0.5).astype(np.uint8) if hard_edged else np.zeros((side, side), np.uint8)


@lru_cache(maxsize=4)
def paper_grain(side: int, strength: float) -> NDArray[np.int16]:
    """A fixed sheet of paper's grain, ``[side side 1]`` grey levels around 0."""
    noise = np.random.default_rng(7).standard_normal((side, side)).astype(np.float32)
    fine, coarse = cv2.GaussianBlur(noise, (0, 0), 1.2), cv2.GaussianBlur(noise, (0, 0), 6.0)
    grain = fine / fine.std() + coarse / coarse.std()
    return np.asarray(np.round(strength * grain / grain.std())[..., None], dtype=np.int16)
