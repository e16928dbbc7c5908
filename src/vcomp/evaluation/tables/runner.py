"""Making the frames of each arm once, and measuring all that is asked of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from hashlib import sha256
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch

from vcomp.errors import UsageError
from vcomp.evaluation.bench import Bench, sample_values
from vcomp.evaluation.clip_towers import PUBLISHED, TINY, load_tower
from vcomp.evaluation.held_out import HELD_OUT_SEED
from vcomp.evaluation.judging import JUDGE_PATH
from vcomp.evaluation.own_metrics import metrics_by
from vcomp.evaluation.parallel import Map, parallel_map
from vcomp.evaluation.tables.kept import KeptValues
from vcomp.evaluation.tables.study import Arm, Model, Study, Work, work_of
from vcomp.extractors.named import file_sha256
from vcomp.models.system import load_system
from vcomp.weights import BUNDLED

Samples = Mapping[tuple[Arm, str], Sequence[float]]
"""One value a sample for each arm and metric; those of models that are not there are not in it."""

_SHORT = 8  # digits of a hash
_SHARED = ("size_px", "num_frames", "guidance_scale", "guidance_rescale", "guided")
"""What cards have to agree in, or more than one thing would be compared."""


@dataclass(frozen=True, kw_only=True)
class Runner:
    """The models of some studies at work.

    Args:
        models: Names or folders: that in question (`full`), and such of the others as are trained.
        kept: A file of values, of which none is measured again.
        num_samples: Held-out drawn videos, at most.
        clip: The CLIP tower of all rows, as `load_tower` takes it; None takes that of the model in question.
        num_steps: Of the sampler.
        level: Of drawn video; None takes the one the model in question was trained on.
        batch_size: Videos generated at once.
        num_processes: Batches generated at once, each on its share of the cores.
        on_progress: Told of an arm, how many of its samples are done, and of how many.
    """

    models: Mapping[Model, str | Path]
    kept: Path
    num_samples: int = 100
    clip: str | None = None
    num_steps: int = 20
    level: str | None = None
    batch_size: int = 4
    num_processes: int = 1
    on_progress: Callable[[str, int, int], None] = lambda arm, done, total: None

    def measure(self, studies: Sequence[Study]) -> Samples:
        """All values that the studies need.

        Raises:
            UsageError: The level is unknown, or a model is not the ablation it is given as.
            WeightsError: There is no such model or tower.
        """
        self._check_ablations()
        kept, samples = KeptValues(self.kept), {}
        with parallel_map(self.num_processes) as run:
            for arm, work in work_of(studies, self.models, self.num_samples).items():
                self._make(arm, work, kept, run)
                for metric in work.metrics:
                    samples[arm, metric] = kept.values(self.depends_on(arm), metric, range(work.count))
        return samples

    @cached_property
    def names(self) -> Mapping[Model, str]:
        """What to call the models: by their hashes too, as every training gives another one."""
        return {role: f"{Path(model).name} ({self._hashes[role]})" for role, model in self.models.items()}

    @cached_property
    def tower_name(self) -> str:
        """What to call the CLIP tower of all rows."""
        return load_tower(self._clip, torch.device("cpu")).name

    @cached_property
    def drawn_level(self) -> str:
        """Of drawn video."""
        return load_system(self.models["full"]).card.level if self.level is None else self.level

    @cached_property
    def setting(self) -> Mapping[str, str]:
        """What a reader has to know of how values came about."""
        ablations = {f"model `{role}`": name for role, name in self.names.items() if role != "full"}
        return {
            "model": self.names["full"],
            **ablations,
            "scenes": f"level `{self.drawn_level}`, seed {HELD_OUT_SEED}; training has seed 0",
            "denoising steps of the tables": str(self.num_steps),
            "CLIP tower of all similarities": self.tower_name,
            "depth": "by the bundled estimator",
            "optical flow": "by OpenCV's DIS",
            "vcomp": version("vcomp"),
        }

    def depends_on(self, arm: Arm) -> dict[str, Any]:
        """All that values depend on, but for the code."""
        return {
            "model": self._hashes[arm.model],
            "way": arm.way,
            "scenes": arm.scenes,
            "guides": None if arm.guides is None else [str(guide) for guide in arm.guides],
            "steps": self.num_steps,
            "level": self.drawn_level,
            "tower": self._tower_hash,
            "estimators": self._estimators,
        }

    def _make(self, arm: Arm, work: Work, kept: KeptValues, run: Map) -> None:
        """Measure the samples of an arm that are not kept yet."""
        of, metrics = self.depends_on(arm), metrics_by(self._clip)
        missing = kept.missing(of, work.metrics, range(work.count))
        batches = [missing[i : i + self.batch_size] for i in range(0, len(missing), self.batch_size)]
        bench = Bench(
            model=self.models[arm.model], num_steps=self.num_steps, level=self.drawn_level, guides=arm.guides
        )
        asked = {name: metrics[name] for name in sorted(work.metrics)}
        measure = partial(sample_values, bench, arm.way, arm.scenes, asked)
        done = work.count - len(missing)
        for seeds, values in zip(batches, run(measure, batches), strict=True):
            kept.add(of, seeds, values)
            done += len(seeds)
            self.on_progress(str(arm), done, work.count)

    def _check_ablations(self) -> None:
        """Fail before hours of work, not after them."""
        cards = {role: load_system(model).card for role, model in self.models.items()}
        full, without = cards["full"], cards.get("no-stc-temporal")
        if without is not None and without.unet.stc_temporal:
            raise UsageError(
                f"The condition encoders of {self.models['no-stc-temporal']} have temporal layers.",
                hint="Name the folder of a model that vcomp train --ablation no-stc-temporal made.",
            )
        sizes = {role: replace(card.unet, stc_temporal=True) for role, card in cards.items()}
        compared = [(role, unet) for role, unet in sizes.items() if role != "full"]
        for (one, unet), (other, another) in pairwise(compared):
            if unet != another:
                raise UsageError(
                    f"{self.models[one]} and {self.models[other]} differ in more than what is compared.",
                    hint="Train both with the same --size.",
                )
        for role, card in cards.items():
            for name in _SHARED:
                if getattr(card, name) != getattr(full, name):
                    raise UsageError(
                        f"The {name} of {self.models[role]} is {getattr(card, name)}, and that of"
                        f" {self.models['full']} {getattr(full, name)}.",
                        hint="Export all models by the same version of vcomp train.",
                    )

    @property
    def _clip(self) -> str:
        """That of the model in question, unless another is named."""
        model = str(self.models["full"])
        return self.clip or {"videocomposer": PUBLISHED}.get(model, model)

    @cached_property
    def _hashes(self) -> Mapping[Model, str]:
        """Of the models: wherever their folders are, values are theirs."""
        return {role: _folder_hash(load_system(model).folder) for role, model in self.models.items()}

    @cached_property
    def _tower_hash(self) -> str:
        """Of a tower that comes with a model; the name of any other."""
        towers = (BUNDLED if self._clip == TINY else Path(self._clip)) / "towers.safetensors"
        return file_sha256(towers)[:_SHORT] if towers.is_file() else self.tower_name

    @cached_property
    def _estimators(self) -> list[str]:
        """Hashes of the networks that measure, whatever the model."""
        return [file_sha256(path)[:_SHORT] for path in (BUNDLED / "depth.safetensors", JUDGE_PATH)]


def _folder_hash(folder: Path) -> str:
    """A hash of the files in a folder."""
    digest = sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        digest.update(f"{path.name} {file_sha256(path)}\n".encode())
    return digest.hexdigest()[:_SHORT]
