"""Batches of captioned frames of which many look alike, for contrastive training."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from vcomp.data.captions import write_caption
from vcomp.data.drawn import DrawnDataset
from vcomp.data.scene import Scene
from vcomp.training.frames import normalised, shrunk


@dataclass(frozen=True)
class CaptionedFrames:
    """Frames ``[n 3 h w]`` in [-1, 1] and a caption of each."""

    pixels: Tensor
    captions: list[str]


@dataclass(frozen=True)
class LookalikeSampler:
    """Draws frames in groups that share style, background and colours; a pure function of the step.

    A batch of chance frames differs so much in colours that nobody needs to look at shapes to tell its pairs
    apart, and towers trained on such batches call a star and a circle the same. Within a group little else
    is left. These are hard negatives (Robinson et al., arXiv 2010.04592), known here from the scenes.

    Args:
        level: Level of drawn video.
        num_pictures: Single frames there are; drawn when the first batch is, and kept in memory.
        batch_size: Frames a batch.
        group_size: Of them that look alike.
        side_px: Side of the frames.
        seed: Collection the scenes come from.
    """

    level: str
    num_pictures: int
    batch_size: int
    group_size: int = 8
    side_px: int = 64
    seed: int = 0

    def draw(self, step: int) -> CaptionedFrames:
        """The batch of ``step``, its captions freshly phrased."""
        rng = np.random.default_rng([self.seed, step, 23])
        scenes, pictures = self._stills
        chosen: list[int] = []
        while len(chosen) < self.batch_size:
            chosen += self._group(rng)
        rows = chosen[: self.batch_size]
        return CaptionedFrames(normalised(pictures[rows]), [write_caption(rng, scenes[row]) for row in rows])

    def _group(self, rng: np.random.Generator) -> list[int]:
        """Different pictures that look like a random one, as many as there are, up to `group_size`."""
        scenes, _ = self._stills
        alike = self._alike[_look(scenes[int(rng.integers(self.num_pictures))])]
        return [int(row) for row in rng.permutation(alike)[: self.group_size]]

    @cached_property
    def _stills(self) -> tuple[list[Scene], NDArray[np.uint8]]:
        """The scenes, and a frame of each ``[n s s 3]``."""
        dataset = DrawnDataset(level=self.level, seed=self.seed)
        scenes: list[Scene] = []
        pictures = np.empty((self.num_pictures, self.side_px, self.side_px, 3), np.uint8)
        for row, picture in enumerate(pictures):
            still = dataset.still(row)
            scenes.append(still.scene)
            [picture[:]] = shrunk(still.frames, self.side_px)
        return scenes, pictures

    @cached_property
    def _alike(self) -> dict[tuple[str, ...], list[int]]:
        groups = defaultdict(list)
        scenes, _ = self._stills
        for row, scene in enumerate(scenes):
            groups[_look(scene)].append(row)
        return dict(groups)


def _look(scene: Scene) -> tuple[str, ...]:
    """All that is seen of a scene before its shapes."""
    background = scene.background
    return (
        scene.style,
        background.kind,
        background.colour,
        *sorted(sprite.colour for sprite in scene.sprites),
    )
