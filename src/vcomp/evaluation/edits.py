"""How well a model edits drawn videos: what is to stay stays, and what is named comes."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from vcomp.data.captions import write_caption
from vcomp.data.drawn import DrawnDataset, DrawnVideo
from vcomp.data.vocabulary import COLOURS
from vcomp.engine.editing.area import Area
from vcomp.engine.editing.editing import make
from vcomp.engine.editing.inpainting import prepare_inpainting
from vcomp.engine.engine import Engine
from vcomp.engine.settings import Settings
from vcomp.engine.sources import Sources
from vcomp.evaluation.colours import BEHIND, colour_labels
from vcomp.media.clip import Clip, Frames
from vcomp.media.preview import grey_to_rgb
from vcomp.media.write import write_clip

NUM_SCENES = 50
_DILATE_PX = 3  # the mask reaches a little beyond the object, as those of people do
_FAR_AWAY = (-20.0, -20.0)  # in sides of the frame
_SALT = 2  # of the choice of colours, so that it has nothing to do with the scene


@dataclass(frozen=True)
class Recolouring:
    """A drawn video, and a text in which its nearest object has another colour.

    Args:
        video: As it is.
        colour: That which is asked for: neither the background's nor any object's.
        caption: Of the scene with it.
    """

    video: DrawnVideo
    colour: str
    caption: str

    @property
    def area(self) -> Bool[np.ndarray, "f h w"]:
        """Where the object is seen."""
        return np.asarray(self.video.ids == len(self.video.scene.sprites))


def recolouring(dataset: DrawnDataset, index: int) -> Recolouring:
    """The one of a sample, the same on every machine."""
    video = dataset[index]
    scene, rng = video.scene, np.random.default_rng([dataset.seed, index, _SALT])
    taken = {scene.background.colour, scene.background.second_colour, *(s.colour for s in scene.sprites)}
    colour = str(rng.choice([name for name in COLOURS if name not in taken]))
    nearest = replace(scene.sprites[-1], colour=colour)
    recoloured = replace(scene, sprites=(*scene.sprites[:-1], nearest))
    caption = write_caption(rng, recoloured)
    while not re.search(rf"\b{colour}\b", caption):  # some captions leave the colour out
        caption = write_caption(rng, recoloured)
    return Recolouring(video, colour, caption)


@dataclass(frozen=True)
class Recoloured:
    """What inpainting made of it.

    Args:
        outside_max_diff: The most by which any channel of any pixel outside the mask differs from the source.
        is_right: Whether the object has the colour asked for, see `named_colour`.
    """

    outside_max_diff: float
    is_right: bool


def inpaint_recolouring(engine: Engine, settings: Settings, asked: Recolouring) -> Recoloured:
    """Inpaint the object as `vcomp inpaint` does, from files without loss, and look at the frames."""
    with tempfile.TemporaryDirectory() as folder:
        source, mask = Path(folder) / "source", Path(folder) / "mask"
        write_clip(Clip(asked.video.frames, settings.fps), source)
        write_clip(Clip(grey_to_rgb(asked.area.astype(np.float32)), settings.fps), mask)
        editing = prepare_inpainting(engine, source, Area(mask=mask, dilate_px=_DILATE_PX), settings)
        film = make(editing, editing.conditions(Sources(text=asked.caption))).film
        outside = max(
            _max_diff(made.pixels, kept.pixels, ~kept.white)
            for made, kept in zip(film.frames(), editing.masked_frames(), strict=True)
        )
        return Recoloured(outside, named_colour(asked.video, film.clip().frames, asked.area) == asked.colour)


def named_colour(video: DrawnVideo, frames: Frames, area: Bool[np.ndarray, "f h w"]) -> str | None:
    """The colour of an object in frames: most of its pixels are nearest to it, see `colour_labels`.

    Args:
        video: Gives the style and the background.
        frames: RGB.
        area: Where the object is to be.

    Returns:
        The colour's name; None if most pixels are background, or there are none.
    """
    labels = colour_labels(frames[area], video.scene.style, emptied(video).frames[area])
    if not len(labels):
        return None
    most = int(np.bincount(labels - BEHIND).argmax()) + BEHIND
    return None if most == BEHIND else list(COLOURS)[most]


def emptied(video: DrawnVideo) -> DrawnVideo:
    """The background alone: all objects are far away."""
    sprites = tuple(replace(sprite, centre=_FAR_AWAY) for sprite in video.scene.sprites)
    return replace(video, scene=replace(video.scene, sprites=sprites))


def _max_diff(a: Frames, b: Frames, where: Bool[np.ndarray, "h w"]) -> float:
    differences = np.abs(a[where].astype(int) - b[where])
    return float(differences.max(initial=0))
