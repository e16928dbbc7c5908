"""The numbers a bundled model is judged by, on drawn videos it never saw."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

from vcomp.engine.checks import check_name
from vcomp.evaluation.bench import Bench, sample_recoloured, sample_seam, sample_values
from vcomp.evaluation.composing import COMPOSED, COMPOSITION_LOSS, composition_loss
from vcomp.evaluation.detecting import DETECTING, edge_figures
from vcomp.evaluation.edits import NUM_SCENES, Recoloured
from vcomp.evaluation.extracting import EXTRACTING, extract_figures
from vcomp.evaluation.held_out import Way
from vcomp.evaluation.measures import MEANS, Measure
from vcomp.evaluation.panning import pan_error_px
from vcomp.evaluation.parallel import Map, parallel_map
from vcomp.evaluation.scenes import Scenes
from vcomp.evaluation.statistics import Estimate, largest, mean, ratio_of_means
from vcomp.evaluation.timing import generate_seconds, help_seconds
from vcomp.evaluation.words import word_share

MEASURES: dict[str, Measure] = {**MEANS, **COMPOSED}
"""All that has one value a sample."""

RATIOS: dict[str, tuple[str, str]] = {"motion_epe_ratio": ("motion_epe_motion", "motion_epe_text")}
"""Of two of the means, on the same samples."""

WINDOW_SEAM = "window_seam"
"""Frame consistency of long videos across windows' borders, divided by that inside windows: 1 is no seam."""

EDITS = ("inpaint_outside_max_diff", "inpaint_colour_right")
"""Of scenes whose object is masked while the text gives it another colour: the largest difference outside the
mask before encoding, and the share in which the object has that colour; see `vcomp.evaluation.edits`."""

PAN_ERROR = "pan_error_px"
WORD_SHARE = "word_share"
TIMINGS = ("generate_s", "help_s")
NAMES: tuple[str, ...] = (
    *MEANS,
    *RATIOS,
    COMPOSITION_LOSS,
    WINDOW_SEAM,
    *EDITS,
    WORD_SHARE,
    PAN_ERROR,
    *EXTRACTING,
    *DETECTING,
    *TIMINGS,
)


def _in_turn(names: Collection[str]) -> list[str]:
    """The measures that these numbers are made of; those of the same frames follow each other."""
    parts = {part for name in names if name in RATIOS for part in RATIOS[name]}
    if COMPOSITION_LOSS in names:
        parts |= COMPOSED.keys()
    turns = list(dict.fromkeys(map(_made_alike, MEASURES)))
    wanted = [name for name in MEASURES if name in {*names, *parts}]
    return sorted(wanted, key=lambda name: turns.index(_made_alike(name)))


def _made_alike(name: str) -> tuple[Way, Scenes]:
    """What a measure's frames are made from."""
    return MEASURES[name].way, MEASURES[name].scenes


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
        pidinet: The published edge detector's weight file, with which the bundled one is compared.
        clip: A real video, on whose frames it is.
        on_progress: Told the way frames are made, how many samples are done, and of how many.
    """

    model: str | Path = "tiny"
    num_samples: int = 200
    num_long: int = 12
    num_steps: int = 20
    level: str | None = None
    batch_size: int = 4
    num_processes: int = 1
    pidinet: Path | None = None
    clip: Path | None = None
    on_progress: Callable[[str, int, int], None] = lambda way, done, total: None

    def measure(self, names: Collection[str] = NAMES) -> Iterator[tuple[str, Estimate]]:
        """The numbers of these names, each as soon as it is known.

        Raises:
            UsageError: A name or the level is unknown.
            WeightsError: There is no such model.
        """
        for name in names:
            check_name("number", name, NAMES)
        values: dict[str, list[float]] = {}
        with parallel_map(self.num_processes) as run:
            for (way, scenes), group in groupby(_in_turn(names), _made_alike):
                of_this_way = tuple(group)
                values.update(self._values(way, scenes, of_this_way, run))
                yield from ((name, mean(values[name])) for name in of_this_way if name in names)
            if WINDOW_SEAM in names:
                yield WINDOW_SEAM, self._window_seam(run)
            yield from self._edits(names, run)
        for name, (top, bottom) in RATIOS.items():
            if name in names:
                yield name, ratio_of_means(values[top], values[bottom])
        if COMPOSITION_LOSS in names:
            yield COMPOSITION_LOSS, composition_loss(values)
        if WORD_SHARE in names:
            yield WORD_SHARE, word_share(self.model)
        if PAN_ERROR in names:
            yield PAN_ERROR, pan_error_px()
        yield from extract_figures(self.model, names)
        yield from edge_figures(self.model, names, published=self.pidinet, clip=self.clip)
        yield from self._timings(names)

    def _values(self, way: Way, scenes: Scenes, names: tuple[str, ...], run: Map) -> dict[str, list[float]]:
        """One value a sample for each of these."""
        values: dict[str, list[float]] = {name: [] for name in names}
        count = min(self.num_samples, max(MEASURES[name].most or self.num_samples for name in names))
        starts = range(0, count, self.batch_size)
        batches = [range(start, min(start + self.batch_size, count)) for start in starts]
        metrics = {name: MEASURES[name].metric for name in names}
        measure = partial(sample_values, self._bench, way, scenes, metrics)
        for seeds, measured in zip(batches, run(measure, batches), strict=True):
            for name in names:
                values[name] += measured[name]
            self.on_progress(way if scenes == "held out" else f"{way}, {scenes}", seeds.stop, count)
        return {name: values[name][: MEASURES[name].most] for name in names}

    def _window_seam(self, run: Map) -> Estimate:
        seeds = range(min(self.num_long, self.num_samples))
        pairs: list[tuple[float, float]] = []
        for pair in run(partial(sample_seam, self._bench), seeds):
            pairs.append(pair)
            self.on_progress("long", len(pairs), len(seeds))
        across, inside = zip(*pairs, strict=True)
        return ratio_of_means(across, inside)

    def _edits(self, names: Collection[str], run: Map) -> Iterator[tuple[str, Estimate]]:
        wanted = [name for name in EDITS if name in names]
        seeds = range(min(self.num_samples, NUM_SCENES) if wanted else 0)
        made: list[Recoloured] = []
        for recoloured in run(partial(sample_recoloured, self._bench), seeds):
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
