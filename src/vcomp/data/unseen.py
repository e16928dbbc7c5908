"""Drawn video of things and letters that training never shows: are sketches of anything followed?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from vcomp.data.captions import UNNAMED, write_caption
from vcomp.data.drawn import DrawnVideo
from vcomp.data.figures import unseen_drawings
from vcomp.data.scene import Scene, draw_scene
from vcomp.data.vocabulary import LARGER_SIZES, SIMPLE_MOTIONS, STYLES, Level

_LEVEL = Level(
    max_sprites=1,
    second_sprite_p=0.0,
    backgrounds=("plain", "gradient"),
    motions=SIMPLE_MOTIONS,
    styles=STYLES,
    sizes=LARGER_SIZES,
    arranged=True,
)
"""All but the outline is as training knows it, and the sketch has no edges but the object's."""


@dataclass(frozen=True, kw_only=True)
class UnseenDataset:
    """An endless, seeded collection like :class:`vcomp.data.drawn.DrawnDataset`, of one unseen figure a clip.

    Samples go through all figures in turn: the first ``n * len(unseen_drawings())`` show each ``n`` times.
    Captions call it a shape, a thing or an object: its name is no word that a model could know.

    Args:
        seed: Another seed is another collection.
        num_frames: Frames of each clip.
        size_px: Side of the frames.
    """

    seed: int = 1
    num_frames: int = 16
    size_px: int = 128

    def __getitem__(self, index: int) -> DrawnVideo:
        rng = np.random.default_rng([self.seed, index, 3])
        scene, names = draw_scene(rng, _LEVEL), list(unseen_drawings())
        said = _showing(scene, UNNAMED[int(rng.integers(len(UNNAMED)))])
        drawn = _showing(scene, names[index % len(names)])
        return DrawnVideo(drawn, write_caption(rng, said), self.num_frames, self.size_px, 0, self.num_frames)

    def clips(self, start: int, stop: int) -> Iterator[DrawnVideo]:
        """Samples ``start`` to ``stop - 1``."""
        return (self[i] for i in range(start, stop))


def _showing(scene: Scene, shape: str) -> Scene:
    return replace(scene, sprites=tuple(replace(sprite, shape=shape) for sprite in scene.sprites))
