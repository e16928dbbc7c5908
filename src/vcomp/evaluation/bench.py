"""One model at work on held-out drawn videos, in this process or in several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

from vcomp.data.drawn import DrawnDataset
from vcomp.engine.engine import Engine
from vcomp.engine.settings import Guide
from vcomp.evaluation.edits import Recoloured, inpaint_recolouring, recolouring
from vcomp.evaluation.held_out import HELD_OUT_SEED, Maker, Way
from vcomp.evaluation.measures import Metric
from vcomp.evaluation.scenes import Scenes, scene_of
from vcomp.evaluation.seams import LENGTH_IN_WINDOWS, seam_consistency
from vcomp.models.system import load_system


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One model at work on held-out drawn videos; it can be pickled, and loads the model where it is used.

    Args:
        model: Name or folder.
        num_steps: Of the sampler.
        level: Of drawn video; None takes the one the model was trained on.
        guides: What guidance strengthens; None takes the model's.
    """

    model: str | Path
    num_steps: int
    level: str | None
    guides: tuple[Guide, ...] | None = None

    def values(
        self, way: Way, scenes: Scenes, metrics: Mapping[str, Metric], seeds: Sequence[int]
    ) -> dict[str, list[float]]:
        """One value a sample for each of these, all of the same frames, which are then forgotten."""
        videos = [scene_of(scenes, self._dataset, seed) for seed in seeds]
        made = self._maker.make(way, videos, seeds)
        return {
            name: [metric(video, frames) for video, frames in zip(videos, made, strict=True)]
            for name, metric in metrics.items()
        }

    def seam(self, seed: int) -> tuple[float, float]:
        """Consistency of a long video across its windows' borders, and inside its windows."""
        dataset = replace(self._dataset, num_frames=LENGTH_IN_WINDOWS * self._dataset.num_frames)
        return seam_consistency(self._maker.engine, self._maker.settings, dataset[seed], seed)

    def recoloured(self, seed: int) -> Recoloured:
        """What inpainting makes of a sample whose object is to have another colour."""
        settings = replace(self._maker.settings, seed=seed)
        return inpaint_recolouring(self._maker.engine, settings, recolouring(self._dataset, seed))

    @cached_property
    def _maker(self) -> Maker:
        engine = Engine(load_system(self.model))
        return Maker(engine, replace(engine.default_settings, num_steps=self.num_steps, guides=self.guides))

    @cached_property
    def _dataset(self) -> DrawnDataset:
        card = self._maker.engine.system.card
        return DrawnDataset(
            level=card.level if self.level is None else self.level,
            seed=HELD_OUT_SEED,
            num_frames=card.num_frames,
            size_px=card.size_px,
        )


@lru_cache(maxsize=1)
def _kept(bench: Bench) -> Bench:
    """The first of equal ones: it has the model loaded."""
    return bench


def sample_values(
    bench: Bench, way: Way, scenes: Scenes, metrics: Mapping[str, Metric], seeds: Sequence[int]
) -> dict[str, list[float]]:
    """`Bench.values`."""
    return _kept(bench).values(way, scenes, metrics, seeds)


def sample_seam(bench: Bench, seed: int) -> tuple[float, float]:
    """`Bench.seam`."""
    return _kept(bench).seam(seed)


def sample_recoloured(bench: Bench, seed: int) -> Recoloured:
    """`Bench.recoloured`."""
    return _kept(bench).recoloured(seed)
