"""Captions of drawn scenes: a small grammar with many phrasings, some words left out at random."""

from __future__ import annotations

import numpy as np

from vcomp.data.scene import Background, Camera, Scene, Sprite

_MOVES = ("moves", "moving", "goes", "slides", "drifts", "flies", "travels")
_STILL = ("stands still", "rests", "stays in place", "does not move", "")
_SPINS = ("spins", "rotates", "turns around", "spinning")
_GROWS = ("grows", "gets bigger", "growing")
_SHRINKS = ("shrinks", "gets smaller", "shrinking")
_BOUNCES = ("bounces", "bounces up and down", "jumps")
_CIRCLES = ("moves in a circle", "circles around", "goes round")
_PHRASES = {
    "still": _STILL,
    "spin": _SPINS,
    "grow": _GROWS,
    "shrink": _SHRINKS,
    "bounce": _BOUNCES,
    "circle": _CIRCLES,
}
_STYLE_PHRASES = {
    "flat": ("in flat style", "flat colours", ""),
    "outlined": ("with black outlines", "in outlined style", "comic style"),
    "night": ("at night", "in night style", "in the dark"),
    "pastel": ("in pastel colours", "in pastel style", "soft pastel"),
    "paper": ("on paper", "paper style", "drawn on old paper"),
    "neon": ("in neon style", "neon glow", "made of neon light"),
}


def _pick(rng: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[int(rng.integers(len(options)))]


def _noun(rng: np.random.Generator, sprite: Sprite) -> str:
    words = [sprite.size_word] if rng.random() < 0.8 else []
    if rng.random() < 0.95:
        words.append(sprite.colour)
    words.append(sprite.shape)
    phrase = " ".join(word for word in words if word)
    article = _pick(rng, ("a", "a", "the", "one"))
    return f"{'an' if article == 'a' and phrase[0] in 'aeiou' else article} {phrase}"


def _verb(rng: np.random.Generator, sprite: Sprite) -> str:
    if sprite.motion == "move":
        direction = sprite.direction
        if " " not in direction and rng.random() < 0.3:
            direction = {"up": "upwards", "down": "downwards"}.get(direction, f"to the {direction}")
        words = [_pick(rng, _MOVES), direction]
        if sprite.speed_word and rng.random() < 0.8:
            words.insert(int(rng.choice([1, 2])), sprite.speed_word)
        return " ".join(words)
    return _pick(rng, _PHRASES[sprite.motion])


def _place(rng: np.random.Generator, background: Background) -> str:
    colour = background.colour
    if background.kind == "plain":
        return _pick(
            rng,
            (
                f"over a {colour} background",
                f"on a {colour} background",
                f"against a {colour} backdrop",
                f"on {colour}",
                f"in front of a {colour} wall",
                f"{colour} background",
            ),
        )
    if background.kind == "textured":
        return _pick(rng, (f"over a textured {colour} background", f"on rough {colour} ground"))
    pair = f"{colour} and {background.second_colour}"
    word = {"gradient": "gradient", "striped": "striped", "checked": "checked"}[background.kind]
    return _pick(
        rng,
        (
            f"over a {word} {pair} background",
            f"on a {pair} {word} background",
            f"in front of a {word} of {pair}" if word == "gradient" else f"in front of a {word} {pair} wall",
        ),
    )


def _camera(camera: Camera) -> str:
    return "" if camera.move == "still" else f"the camera {camera.move}"


def write_caption(rng: np.random.Generator, scene: Scene) -> str:
    """One caption of ``scene``; another ``rng`` gives another phrasing."""
    subjects = [f"{_noun(rng, sprite)} {_verb(rng, sprite)}".strip() for sprite in reversed(scene.sprites)]
    parts = [" and ".join(subjects)]
    if rng.random() < 0.92:
        parts[0] += f" {_place(rng, scene.background)}"
    if rng.random() < 0.85 or scene.style != "flat":
        parts.append(_pick(rng, _STYLE_PHRASES[scene.style]))
    parts.append(_camera(scene.camera))
    return ", ".join(part for part in parts if part)
