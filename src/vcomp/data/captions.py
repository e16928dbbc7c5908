"""Captions of drawn scenes: a small grammar with many phrasings, some words left out at random."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vcomp.data.relations import OPPOSITES, relation
from vcomp.data.scene import Background, Camera, Scene, Sprite
from vcomp.data.vocabulary import SCENERY

UNNAMED = ("shape", "thing", "object")
"""What objects are called now and then, so that a sketch of anything can be told in words."""

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
_RELATION_PHRASES = {
    "left of": ("left of", "to the left of", "on the left of"),
    "right of": ("right of", "to the right of", "on the right of"),
    "above": ("above", "over"),
    "below": ("below", "under"),
    "in front of": ("in front of", "before"),
    "behind": ("behind",),
    "": ("next to", "and", "with", "near"),
}
_SCENERY_PHRASES = {
    "ground": ("{colour} ground under a {sky} sky", "{colour} land and a {sky} sky"),
    "hills": ("{colour} hills under a {sky} sky", "{colour} hills and a {sky} sky"),
    "sea": ("a {colour} sea under a {sky} sky", "{colour} water and a {sky} sky"),
}
_USUAL_SCENERY_PHRASES = {
    "ground": ("outdoors", "over the ground", "in the open"),
    "hills": ("over the hills", "in front of hills", "in the hills"),
    "sea": ("over the sea", "on the sea", "above the water"),
}


def _pick(rng: np.random.Generator, options: Sequence[str]) -> str:
    return options[int(rng.integers(len(options)))]


def _noun(rng: np.random.Generator, sprite: Sprite, *, colour_p: float = 0.95, unnamed_p: float = 0.0) -> str:
    words = [sprite.size_word] if rng.random() < 0.8 else []
    if rng.random() < colour_p:
        words.append(sprite.colour)
    words.append(_pick(rng, UNNAMED) if unnamed_p and rng.random() < unnamed_p else sprite.shape)
    phrase = " ".join(word for word in words if word)
    article = _pick(rng, ("a", "a", "the", "one"))
    return f"{'an' if article == 'a' and phrase[0] in 'aeiou' else article} {phrase}"


def _verb(rng: np.random.Generator, sprite: Sprite, *, finite: bool = False) -> str:
    """What an object does, maybe as a participle or in no word at all unless ``finite``."""

    def options(phrases: tuple[str, ...]) -> list[str]:
        return [phrase for phrase in phrases if not finite or (phrase and not phrase.endswith("ing"))]

    if sprite.motion == "move":
        direction = sprite.direction
        if " " not in direction and rng.random() < 0.3:
            direction = {"up": "upwards", "down": "downwards"}.get(direction, f"to the {direction}")
        words = [_pick(rng, options(_MOVES)), direction]
        if sprite.speed_word and rng.random() < 0.8:
            words.insert(int(rng.choice([1, 2])), sprite.speed_word)
        return " ".join(words)
    return _pick(rng, options(_PHRASES[sprite.motion]))


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
    if background.kind in SCENERY:
        return _scenery(rng, background)
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


def _scenery(rng: np.random.Generator, background: Background) -> str:
    """Scenery by its colours, which need no words where they are the usual ones."""
    colour, sky = background.colour, background.second_colour
    if (colour, sky) in SCENERY[background.kind] and rng.random() < 0.4:
        return _pick(rng, _USUAL_SCENERY_PHRASES[background.kind])
    phrase = _pick(rng, _SCENERY_PHRASES[background.kind]).format(colour=colour, sky=sky)
    return f"{_pick(rng, ('over', 'in front of', 'above'))} {phrase}"


def _camera(rng: np.random.Generator, camera: Camera, *, varied: bool) -> str:
    if camera.move == "still":
        return ""
    if not varied:
        return f"the camera {camera.move}"
    verb, direction = camera.move.split()
    phrases = (
        f"the camera {camera.move}",
        f"camera {camera.move}",
        f"with the camera {'zooming' if verb == 'zooms' else 'panning'} {direction}",
    )
    if verb == "zooms":
        return _pick(
            rng, (*phrases, "the camera comes closer" if direction == "in" else "the camera backs away")
        )
    return _pick(rng, (*phrases, f"the camera moves {direction}"))


def _called(sprite: Sprite, others: Sequence[Sprite]) -> str:
    """An object that was named before: by its kind, or by its colour where there are two of that kind."""
    alike = sum(sprite.shape == other.shape for other in others) > 1
    return f"the {sprite.colour} {sprite.shape}" if alike else f"the {sprite.shape}"


def _pair(rng: np.random.Generator, first: Sprite, second: Sprite, others: Sequence[Sprite]) -> str:
    """Two objects, where one stands to the other, and what each does."""
    if rng.random() < 0.5:
        first, second = second, first
    between = relation(first, second)
    where = _pick(rng, _RELATION_PHRASES[between])
    one, two = (_noun(rng, sprite, colour_p=0.9) for sprite in (first, second))
    # Two of a kind can only be told apart afterwards if their colours were said.
    alike = first.shape == second.shape
    if alike and (first.colour not in one or second.colour not in two):
        one, two = f"a {first.colour} {first.shape}", f"a {second.colour} {second.shape}"
        one, two = (f"an{noun[1:]}" if noun[2] in "aeiou" else noun for noun in (one, two))
    does, other_does = (_verb(rng, sprite, finite=True) for sprite in (first, second))
    called, other_called = _called(first, others), _called(second, others)
    forms = [
        f"{one} {where} {two}, {called} {does} and {other_called} {other_does}",
        f"{one} {where} {two}, {other_called} {other_does} and {called} {does}",
    ]
    if between:
        back = _pick(rng, _RELATION_PHRASES[OPPOSITES[between]])
        forms += [
            f"{one} {does} {where} {two} that {other_does}",
            f"{one} that {does} is {where} {two} that {other_does}",
            f"{one} {does} and {two} {other_does}, {called} is {where} {other_called}",
            f"{one} {does} and {two} {other_does} {back} it",
        ]
    return _pick(rng, forms)


def _related(rng: np.random.Generator, sprites: Sequence[Sprite]) -> str:
    """Two or three objects; the third stands where it does to one of the others."""
    first, second, *more = rng.permutation(len(sprites))
    words = [_pair(rng, sprites[first], sprites[second], sprites)]
    for index in more:
        third, anchor = sprites[index], sprites[_pick_index(rng, (first, second))]
        noun, does = _noun(rng, third, colour_p=0.9), _verb(rng, third, finite=True)
        if any(third.shape == other.shape for other in sprites if other is not third):
            noun = f"{'an' if third.colour[0] in 'aeiou' else 'a'} {third.colour} {third.shape}"
        where = relation(third, anchor)
        stands = f" {_pick(rng, _RELATION_PHRASES[where])} {_called(anchor, sprites)}" if where else ""
        words.append(f"{noun} {does}{stands}")
    return _pick(rng, (", ", " and ")).join(words)


def _pick_index(rng: np.random.Generator, options: Sequence[int]) -> int:
    return int(options[int(rng.integers(len(options)))])


def _subjects(rng: np.random.Generator, scene: Scene) -> str:
    if scene.arranged and len(scene.sprites) > 1 and rng.random() < 0.75:
        return _related(rng, scene.sprites)
    left_out = {"colour_p": 0.9, "unnamed_p": 0.06} if scene.arranged else {}
    return " and ".join(
        f"{_noun(rng, sprite, **left_out)} {_verb(rng, sprite)}".strip() for sprite in reversed(scene.sprites)
    )


def write_caption(rng: np.random.Generator, scene: Scene, *, tell_style: bool = True) -> str:
    """One caption of ``scene``; another ``rng`` gives another phrasing.

    Args:
        rng: Where every choice comes from.
        scene: What to tell.
        tell_style: Whether words may tell the style; they always do of one that is not flat.
    """
    parts = [_subjects(rng, scene)]
    if rng.random() < 0.92:
        parts[0] += f"{',' if ', ' in parts[0] else ''} {_place(rng, scene.background)}"
    if tell_style and (rng.random() < 0.85 or scene.style != "flat"):
        parts.append(_pick(rng, _STYLE_PHRASES[scene.style]))
    parts.append(_camera(rng, scene.camera, varied=scene.arranged))
    return ", ".join(part for part in parts if part)
