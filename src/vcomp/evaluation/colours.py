"""Colours of drawn and generated frames, told by pixel: the nearest among all that could be painted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from vcomp.data.painting import paint_background, sprite_colours
from vcomp.data.scene import Background
from vcomp.data.vocabulary import BACKGROUND_COLOURS, COLOURS
from vcomp.media.clip import Frame, Frames

BEHIND = -1
"""The label of what is as the background."""

_ANGLES_DEG = (0, 45, 90, 135)  # of the drawn world's gradients
_SMALL_PX = 32
_LEAST_SHARE = 0.005  # of the pixels: fewer are no object


def colour_labels(
    pixels: UInt8[np.ndarray, "n 3"], style: str, behind: UInt8[np.ndarray, "n 3"]
) -> Int[np.ndarray, " n"]:
    """The nearest colour of each pixel: its number in `COLOURS`, or `BEHIND`.

    Nearest in CIELAB (CIE76) among the ten named colours as the style paints them, inside and as an outline,
    and the background behind the pixel.

    Args:
        pixels: RGB.
        style: One of `STYLES`.
        behind: What the background is there.
    """
    names, painted = _palette(style)
    seen = lab(pixels)
    distances = [np.linalg.norm(seen - colour, axis=-1) for colour in painted]
    nearest = np.argmin([*distances, np.linalg.norm(seen - lab(behind), axis=-1)], axis=0)
    return np.asarray(np.array([*names, BEHIND])[nearest])


@lru_cache
def _palette(style: str) -> tuple[list[int], Float[np.ndarray, "k 3"]]:
    """What objects are painted in, in CIELAB, and the number of the colour each is of."""
    numbers, painted = [], []
    for number, (name, base) in enumerate(COLOURS.items()):
        inside, rim = sprite_colours(name, style)
        # An outline that is the same for all says nothing.
        own_rim = [rim] if rim == tuple(map(float, base)) else []
        numbers += [number] * (1 + len(own_rim))
        painted += [inside, *own_rim]
    return numbers, lab(np.array(painted).clip(0, 255))


def lab(colours: Float[np.ndarray, "n 3"] | UInt8[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    """RGB of 0 to 255 to CIELAB."""
    unit = np.asarray(colours, dtype=np.float32)[None] / 255
    return np.asarray(cv2.cvtColor(unit, cv2.COLOR_RGB2LAB)[0]) if unit.size else unit[0]


@dataclass(frozen=True, eq=False)
class Seen:
    """What frames show, told from their pixels and the style they are in.

    Args:
        background: The names of its colours: one, or two of a gradient.
        colour: That of most of what stands before it; None if there is nothing.
        area: Where that is.
    """

    background: frozenset[str]
    colour: str | None
    area: Bool[np.ndarray, "f h w"]


def look_at(frames: Frames, style: str) -> Seen:
    """What generated frames show, before a still background that is plain or a gradient.

    Args:
        frames: RGB, square.
        style: One of `STYLES`.
    """
    background = _nearest_background(np.median(frames, axis=0).astype(np.uint8), style)
    picture, _ = paint_background(background, style, frames.shape[1])
    labels = np.stack(
        [
            colour_labels(frame.reshape(-1, 3), style, picture.reshape(-1, 3)).reshape(frame.shape[:2])
            for frame in frames
        ]
    )
    votes = np.bincount(labels[labels != BEHIND], minlength=len(COLOURS))
    is_there = votes.max() >= _LEAST_SHARE * labels.size
    colour = list(COLOURS)[int(votes.argmax())] if is_there else None
    return Seen(background_colours(background), colour, labels != BEHIND)


def background_colours(background: Background) -> frozenset[str]:
    """The names of the colours that are seen of a plain background or a gradient."""
    plain = background.kind == "plain"
    return frozenset({background.colour} if plain else {background.colour, background.second_colour})


def _nearest_background(picture: Frame, style: str) -> Background:
    """That from which half of the picture's pixels, or more, differ least."""
    backgrounds, painted = _painted_backgrounds(style)
    small = cv2.resize(picture, (_SMALL_PX, _SMALL_PX), interpolation=cv2.INTER_AREA)
    distances = np.linalg.norm(painted - lab(small.reshape(-1, 3)), axis=-1)
    return backgrounds[int(np.median(distances, axis=1).argmin())]


@lru_cache
def _painted_backgrounds(style: str) -> tuple[list[Background], Float[np.ndarray, "k n 3"]]:
    """Every plain background and every gradient, small, in CIELAB."""
    plain = [Background(kind="plain", colour=name, second_colour=name) for name in BACKGROUND_COLOURS]
    gradients = [
        Background(kind="gradient", colour=first, second_colour=second, angle_deg=angle)
        for first, second in permutations(BACKGROUND_COLOURS, 2)
        for angle in _ANGLES_DEG
    ]
    backgrounds = plain + gradients
    pictures = [paint_background(background, style, _SMALL_PX)[0] for background in backgrounds]
    return backgrounds, np.stack([lab(picture.reshape(-1, 3)) for picture in pictures])
