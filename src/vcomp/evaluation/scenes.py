"""Collections of held-out scenes: as they are, or such that text does not tell what a condition does."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Literal

import numpy as np
from jaxtyping import Bool

from vcomp.data.captions import write_caption
from vcomp.data.drawn import DrawnDataset, DrawnVideo
from vcomp.data.scene import Camera, Scene, draw_scene
from vcomp.data.unseen import UnseenDataset
from vcomp.data.vocabulary import DIRECTIONS, LEVELS, SPEEDS

Scenes = Literal["held out", "unseen figures", "style unsaid", "direction unsaid", "overlapping"]

_STYLE_SALT, _DIRECTION_SALT, _OVERLAP_SALT = 4, 5, 6
_OFF_CENTRE = 0.08  # shares of the side: where a steered object starts must not tell where it goes
_LEAST_OVERLAP = 0.15  # of the smaller object, on average over the frames


def scene_of(scenes: Scenes, dataset: DrawnDataset, index: int) -> DrawnVideo:
    """A sample of a collection, the same on every machine.

    Args:
        scenes: Which collection.
        dataset: Its level, seed, length and size.
        index: Of the sample.
    """
    return _SCENES[scenes](dataset, index)


def _unseen(dataset: DrawnDataset, index: int) -> DrawnVideo:
    """A figure that is in no level; see `UnseenDataset`."""
    collection = UnseenDataset(seed=dataset.seed, num_frames=dataset.num_frames, size_px=dataset.size_px)
    return collection[index]


def _style_unsaid(dataset: DrawnDataset, index: int) -> DrawnVideo:
    """A scene whose caption has no word of its style."""
    video, rng = dataset[index], np.random.default_rng([dataset.seed, index, _STYLE_SALT])
    plain = replace(video.scene, style="flat")
    caption = next(text for text in (write_caption(rng, plain) for _ in count()) if "flat" not in text)
    return replace(video, caption=caption)


def _direction_unsaid(dataset: DrawnDataset, index: int) -> DrawnVideo:
    """The nearest object alone, moving from about the centre in a direction that the caption omits."""
    video, rng = dataset[index], np.random.default_rng([dataset.seed, index, _DIRECTION_SALT])
    direction = str(rng.choice(list(DIRECTIONS)))
    travel = float(rng.uniform(*SPEEDS[""])) * 15 / 128
    start = 0.5 + rng.uniform(-_OFF_CENTRE, _OFF_CENTRE, size=2)
    x, y = start + np.array(DIRECTIONS[direction]) * travel / 2
    sprite = replace(
        video.scene.sprites[-1],
        motion="move",
        direction=direction,
        speed_word="",
        travel=travel,
        centre=(float(x), float(y)),
        turn_deg=0.0,
        growth=1.0,
    )
    scene = replace(video.scene, sprites=(sprite,), camera=Camera())
    said = re.sub(rf" (to the )?{direction}(wards)?\b", "", write_caption(rng, scene))
    return replace(video, scene=scene, caption=said)


def _overlapping(dataset: DrawnDataset, index: int) -> DrawnVideo:
    """Two objects, one before the other, and a caption that tells nothing of that."""
    level = replace(LEVELS[dataset.level], max_sprites=2, second_sprite_p=1.0, camera_p=0.0)
    for attempt in count():
        rng = np.random.default_rng([dataset.seed, index, _OVERLAP_SALT, attempt])
        scene = draw_scene(rng, level)
        one, other = rng.permutation(2)
        mentioned = replace(scene, sprites=(scene.sprites[one], scene.sprites[other]), arranged=False)
        video = replace(dataset[index], scene=scene, caption=write_caption(rng, mentioned))
        if _overlap(video) >= _LEAST_OVERLAP:
            return video
    raise AssertionError  # count() does not end


def covered_by_both(video: DrawnVideo) -> Bool[np.ndarray, "f h w"]:
    """Where the two objects of a scene are, the nearer one before the farther."""
    farther, nearer = (_alone(video, number) for number in (0, 1))
    return np.asarray(farther & nearer)


def _overlap(video: DrawnVideo) -> float:
    """Share of the smaller one, on average over the frames; 0 where one is not seen at all."""
    sizes = [_alone(video, number).sum(axis=(1, 2)) for number in (0, 1)]
    smaller = np.minimum(*sizes)
    return float((covered_by_both(video).sum(axis=(1, 2)) / np.maximum(smaller, 1)).mean())


def _alone(video: DrawnVideo, number: int) -> Bool[np.ndarray, "f h w"]:
    scene: Scene = replace(video.scene, sprites=(video.scene.sprites[number],))
    return replace(video, scene=scene).foreground


_SCENES: dict[Scenes, Callable[[DrawnDataset, int], DrawnVideo]] = {
    "held out": lambda dataset, index: dataset[index],
    "unseen figures": _unseen,
    "style unsaid": _style_unsaid,
    "direction unsaid": _direction_unsaid,
    "overlapping": _overlapping,
}
