"""The numbers a bundled model is judged by, on drawn videos it never saw."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import torch

from vcomp.data.drawn import DrawnDataset, DrawnVideo
from vcomp.engine.checks import check_name
from vcomp.engine.engine import Engine
from vcomp.evaluation.edges import colour_edges
from vcomp.evaluation.edits import NUM_SCENES, Recoloured, inpaint_recolouring, recolouring
from vcomp.evaluation.held_out import HELD_OUT_SEED, WAYS, Maker, Way
from vcomp.evaluation.metrics import edge_f1, endpoint_error, psnr_db
from vcomp.evaluation.parallel import Map, parallel_map
from vcomp.evaluation.seams import LENGTH_IN_WINDOWS, seam_consistency
from vcomp.evaluation.statistics import Estimate, largest, mean, ratio_of_means
from vcomp.evaluation.timing import generate_seconds, help_seconds
from vcomp.extractors.flow import dense_flow
from vcomp.media.clip import Frames
from vcomp.models.system import load_system

MOVING_PX = 0.5
"""Pixels per frame from which on an object counts as moving."""


class Measure(NamedTuple):
    """A metric of frames made in one way, given the drawn video they follow; nan where it has none."""

    way: Way
    metric: Callable[[DrawnVideo, Frames], float]


def sketch_f1(video: DrawnVideo, frames: Frames) -> float:
    """F1 of the frames' colour edges against the exact sketch."""
    return edge_f1(colour_edges(frames), video.sketch > 0.5)


def motion_epe(video: DrawnVideo, frames: Frames) -> float:
    """End-point error of the frames' optical flow against the exact one, inside the objects that move.

    In pixels per frame; nan if nothing moves. Frame 0 has no motion and so does not count.
    """
    flow = torch.from_numpy(video.flow)
    moving = (torch.linalg.vector_norm(flow, dim=0) > MOVING_PX) & torch.from_numpy(video.foreground)
    return endpoint_error(dense_flow(frames), flow, moving) if moving.any() else math.nan


def clip_psnr_db(video: DrawnVideo, frames: Frames) -> float:
    """PSNR of all frames against the drawn ones."""
    return psnr_db(frames, video.frames)


def first_frame_psnr_db(video: DrawnVideo, frames: Frames) -> float:
    """PSNR of the first frame against the drawn one."""
    return psnr_db(frames[:1], video.frames[:1])


MEANS: dict[str, Measure] = {
    "autoencoder_psnr_db": Measure("autoencoder", clip_psnr_db),
    "sketch_f1": Measure("text + sketch", sketch_f1),
    "sketch_f1_text_only": Measure("text", sketch_f1),
    "sketch_f1_true_video": Measure("true video", sketch_f1),
    "motion_epe_text": Measure("text", motion_epe),
    "motion_epe_motion": Measure("text + motion", motion_epe),
    "motion_epe_true_video": Measure("true video", motion_epe),
    "image_psnr_db": Measure("text + image", first_frame_psnr_db),
}
"""Averaged over samples. Those of the true video are the best that can be told by detector and estimator."""

RATIOS: dict[str, tuple[str, str]] = {"motion_epe_ratio": ("motion_epe_motion", "motion_epe_text")}
"""Of two of the means, on the same samples."""

WINDOW_SEAM = "window_seam"
"""Frame consistency of long videos across windows' borders, divided by that inside windows: 1 is no seam."""

EDITS = ("inpaint_outside_max_diff", "inpaint_colour_right")
"""Of scenes whose object is masked while the text gives it another colour: the largest difference outside the
mask before encoding, and the share in which the object has that colour; see `vcomp.evaluation.edits`."""

TIMINGS = ("generate_s", "help_s")
NAMES: tuple[str, ...] = (*MEANS, *RATIOS, WINDOW_SEAM, *EDITS, *TIMINGS)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One model at work on held-out drawn videos; it can be pickled, and loads the model where it is used.

    Args:
        model: Name or folder.
        num_steps: Of the sampler.
        level: Of drawn video; None takes the one the model was trained on.
    """

    model: str | Path
    num_steps: int
    level: str | None

    def values(self, way: Way, names: Collection[str], seeds: Sequence[int]) -> dict[str, list[float]]:
        """One value a sample for each of these means, all of the same frames, which are then forgotten."""
        videos = [self._dataset[seed] for seed in seeds]
        made = self._maker.make(way, videos, seeds)
        return {
            name: [MEANS[name].metric(video, frames) for video, frames in zip(videos, made, strict=True)]
            for name in names
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
        return Maker(engine, replace(engine.default_settings, num_steps=self.num_steps))

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


def _values(bench: Bench, way: Way, names: tuple[str, ...], seeds: Sequence[int]) -> dict[str, list[float]]:
    return _kept(bench).values(way, names, seeds)


def _seam(bench: Bench, seed: int) -> tuple[float, float]:
    return _kept(bench).seam(seed)


def _recoloured(bench: Bench, seed: int) -> Recoloured:
    return _kept(bench).recoloured(seed)


@dataclass(frozen=True, kw_only=True)
class Suite:
    """One model, to be measured.

    Args:
        model: Name or folder.
        num_samples: Held-out drawn videos, the first of their collection; of those edited at most 50.
        num_long: Of them, made longer: as many, or fewer where there are not so many samples.
        num_steps: Of the sampler.
        level: Of drawn video; None takes the one the model was trained on.
        batch_size: Videos generated at once; memory depends on it, and not on `num_samples`.
        num_processes: Batches generated at once, each on its share of the cores.
        on_progress: Told the way frames are made, how many samples are done, and of how many.
    """

    model: str | Path = "tiny"
    num_samples: int = 200
    num_long: int = 12
    num_steps: int = 20
    level: str | None = None
    batch_size: int = 4
    num_processes: int = 1
    on_progress: Callable[[str, int, int], None] = lambda way, done, total: None

    def measure(self, names: Collection[str] = NAMES) -> Iterator[tuple[str, Estimate]]:
        """The numbers of these names, each as soon as it is known.

        Raises:
            UsageError: A name or the level is unknown.
            WeightsError: There is no such model.
        """
        for name in names:
            check_name("number", name, NAMES)
        parts = {part for name in names if name in RATIOS for part in RATIOS[name]}
        wanted = [name for name in MEANS if name in {*names, *parts}]
        values: dict[str, list[float]] = {}
        with parallel_map(self.num_processes) as run:
            for way in WAYS:
                of_this_way = tuple(name for name in wanted if MEANS[name].way == way)
                values.update(self._values(way, of_this_way, run))
                yield from ((name, mean(values[name])) for name in of_this_way if name in names)
            if WINDOW_SEAM in names:
                yield WINDOW_SEAM, self._window_seam(run)
            yield from self._edits(names, run)
        for name, (top, bottom) in RATIOS.items():
            if name in names:
                yield name, ratio_of_means(values[top], values[bottom])
        yield from self._timings(names)

    def _values(self, way: Way, names: tuple[str, ...], run: Map) -> dict[str, list[float]]:
        """One value a sample for each of these means."""
        values: dict[str, list[float]] = {name: [] for name in names}
        starts = range(0, self.num_samples if names else 0, self.batch_size)
        batches = [range(start, min(start + self.batch_size, self.num_samples)) for start in starts]
        for seeds, measured in zip(
            batches, run(partial(_values, self._bench, way, names), batches), strict=True
        ):
            for name in names:
                values[name] += measured[name]
            self.on_progress(way, seeds.stop, self.num_samples)
        return values

    def _window_seam(self, run: Map) -> Estimate:
        seeds = range(min(self.num_long, self.num_samples))
        pairs: list[tuple[float, float]] = []
        for pair in run(partial(_seam, self._bench), seeds):
            pairs.append(pair)
            self.on_progress("long", len(pairs), len(seeds))
        across, inside = zip(*pairs, strict=True)
        return ratio_of_means(across, inside)

    def _edits(self, names: Collection[str], run: Map) -> Iterator[tuple[str, Estimate]]:
        wanted = [name for name in EDITS if name in names]
        seeds = range(min(self.num_samples, NUM_SCENES) if wanted else 0)
        made: list[Recoloured] = []
        for recoloured in run(partial(_recoloured, self._bench), seeds):
            made.append(recoloured)
            self.on_progress("inpainting", len(made), len(seeds))
        if "inpaint_outside_max_diff" in wanted:
            yield wanted[0], largest([each.outside_max_diff for each in made])
        if "inpaint_colour_right" in wanted:
            yield wanted[-1], mean([float(each.is_right) for each in made])

    @property
    def _bench(self) -> Bench:
        return Bench(model=self.model, num_steps=self.num_steps, level=self.level)

    def _timings(self, names: Collection[str]) -> Iterator[tuple[str, Estimate]]:
        if "generate_s" in names:
            yield "generate_s", generate_seconds(self.model, num_steps=self.num_steps)
        if "help_s" in names:
            yield "help_s", help_seconds()
