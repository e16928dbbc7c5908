"""Running a recipe: every network of a system, from nothing, in order."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from vcomp.data.drawn import DrawnDataset
from vcomp.diffusion.schedule import NoiseSchedule
from vcomp.engine.devices import fast_dtype
from vcomp.errors import UsageError
from vcomp.models.autoencoder import TinyAutoencoder
from vcomp.models.clip import Towers, TowersConfig
from vcomp.models.depth import DepthNet
from vcomp.models.pidinet import build_pidinet
from vcomp.models.system import ModelCard, System, load_exactly, load_system, save_system
from vcomp.models.unet import UNet
from vcomp.training.autoencoder import AutoencoderTask, measure_latents
from vcomp.training.cache import CacheSpec, VideoCache
from vcomp.training.dense import depth_task, edge_task
from vcomp.training.dropout import ConditionDropout
from vcomp.training.frames import FrameSampler
from vcomp.training.lookalikes import LookalikeSampler
from vcomp.training.loop import Task, Trainer, read_checkpoint
from vcomp.training.progress import Progress
from vcomp.training.tiny import STAGES, UNET_STAGES, TinyRecipe, check_stages
from vcomp.training.towers import TowersTask, tiny_towers
from vcomp.training.unet import Frozen, UNetTask
from vcomp.training.videos import CONDITION_NAMES, VideoSampler

log = logging.getLogger(__name__)
Network = TypeVar("Network", bound=nn.Module)


def load_parameters(model: nn.Module, parameters: Mapping[str, Tensor], *, source: str) -> None:
    """Load all parameters of ``model``; its buffers, which checkpoints do not hold, stay as they are.

    Args:
        model: In any dtype.
        parameters: By name.
        source: Where they come from, for the message.

    Raises:
        WeightsError: A parameter is missing, left over or of another shape.
    """
    own = {name for name, _ in model.named_parameters()}
    buffers = {name: tensor for name, tensor in model.state_dict().items() if name not in own}
    load_exactly(model, {**buffers, **parameters}, source=source)


def _log(progress: Progress) -> None:
    log.info("%s", progress)


@dataclass
class Workshop:
    """Runs the recipe's stages in a folder, each from its checkpoint if it has one.

    Args:
        folder: Checkpoints and previews.
        recipe: What to train, on what, for how long.
        report: Called with the progress about every ten seconds.
        start: A model of the recipe's sizes: what has no checkpoint begins with its weights, or is it.
        from_scratch: Its UNet is not used, and need not be of the recipe's size.
        cache: Folder of latents and conditions, which workshops of the same autoencoder and towers can share;
            None for one in `folder`.
    """

    folder: Path
    recipe: TinyRecipe = field(default_factory=TinyRecipe)
    report: Callable[[Progress], None] = _log
    start: System | None = None
    from_scratch: bool = False
    cache: Path | None = None

    @classmethod
    def going_on_from(
        cls,
        model: str | Path,
        folder: Path,
        recipe: TinyRecipe,
        *,
        from_scratch: bool = False,
        report: Callable[[Progress], None] = _log,
        cache: Path | None = None,
    ) -> Workshop:
        """Train a model further, in its own sizes.

        Args:
            model: Name or folder.
            folder: Of the checkpoints.
            recipe: The rest of what to train.
            from_scratch: Train a UNet of the recipe from nothing, with the model's other networks.
            report: As of the class.
            cache: As of the class.

        Raises:
            UsageError: The published model is not trained here.
            WeightsError: There is no such model.
        """
        system = load_system(model, complete=False)
        if not isinstance(system, System):
            raise UsageError(f"{model} cannot be trained further.", hint="Name tiny, or an exported folder.")
        card = system.card
        recipe = replace(
            recipe,
            unet=recipe.unet if from_scratch else card.unet,
            autoencoder=card.autoencoder,
            towers=card.towers,
            pidinet=card.pidinet,
            depth=card.depth,
            prediction_type=recipe.prediction_type if from_scratch else card.prediction_type,
        )
        return cls(folder, recipe, report, system, from_scratch, cache)

    def run(self, stage: str, *, max_minutes: float = math.inf) -> bool:
        """Train one stage; True when its last step is done.

        Raises:
            UsageError: There is no such stage, or one it builds on has not been trained.
            WeightsError: A checkpoint is damaged or of another recipe.
        """
        check_stages([stage], self.recipe.stages)
        self._check_needed(stage)
        return self._trainer(stage).run(max_minutes=max_minutes)

    def export(self, out: Path) -> None:
        """Write the system's folder from the checkpoints: half-precision weights and the card.

        Raises:
            UsageError: A stage has not been trained.
            WeightsError: A checkpoint is damaged or of another recipe.
            OutputError: The folder cannot be made.
        """
        recipe = self.recipe
        card = ModelCard(
            name="tiny",
            unet=recipe.unet,
            autoencoder=recipe.autoencoder,
            towers=self._towers_config,
            pidinet=recipe.pidinet,
            depth=recipe.depth,
            prediction_type=recipe.prediction_type,
            guidance_scale=recipe.guidance_scale,
            guidance_rescale=recipe.guidance_rescale,
            guided=recipe.guided,
            level=recipe.level,
            words=DrawnDataset(level=recipe.level).words(),
        )
        networks: Mapping[str, nn.Module] = {
            "pidinet": self._load(build_pidinet(recipe.pidinet), "pidinet"),
            "depth": self._load(DepthNet(recipe.depth), "depth"),
            "unet": self._load(UNet(recipe.unet), "compositional"),
            "autoencoder": self._frozen.autoencoder,
            "towers": self._frozen.towers,
        }
        save_system(out, card, {part: network.state_dict() for part, network in networks.items()})

    def task(self, stage: str) -> Task[Any]:
        """What one stage learns, with an untrained network.

        Raises:
            UsageError: A stage it builds on has not been trained.
        """
        tasks: Mapping[str, Callable[[], Task[Any]]] = {
            "autoencoder": self._autoencoder_task,
            "towers": self._towers_task,
            "pidinet": lambda: edge_task(self.recipe.pidinet, self._frames("pidinet", level="rich")),
            "depth": lambda: depth_task(self.recipe.depth, self._frames("depth", level="rich")),
            "pictures": self._pictures_task,
            "text-to-video": lambda: self._unet_task("text-to-video", dropout=None),
            "compositional": lambda: self._unet_task("compositional", dropout=self.recipe.dropout),
        }
        if stage in UNET_STAGES:
            _ = self._cache(stage)  # before the seed: building it draws random numbers
        torch.manual_seed(STAGES.index(stage))
        return tasks[stage]()

    def _trainer(self, stage: str) -> Trainer[Any]:
        trainer = Trainer(
            self.task(stage),
            self.recipe.stages[stage].schedule,
            self.folder,
            preview_every=400 if stage in UNET_STAGES else 0,
            # Without what it reports to, which cannot go to another process.
            make_task=partial(replace(self, report=_log).task, stage),
            report=self.report,
        )
        if trainer.step == 0 and (beginning := self._beginning(stage)):
            trainer.start_from(self._learnt(beginning, trainer.task.model))
        return trainer

    def _check_needed(self, stage: str) -> None:
        """Fail before hours of work, not after them."""
        if stage not in UNET_STAGES:
            return
        before = None if self._is_trained(stage) else self._stage_before(stage)
        for needed in ("autoencoder", "towers", before):
            if needed and not self._is_trained(needed) and not self._is_in_start(needed):
                raise self._untrained(needed)

    def _beginning(self, stage: str) -> str | None:
        """Whose weights a stage begins with: those of the one before, or what its own are in `start`."""
        before = self._stage_before(stage)
        if not self._is_in_start(stage) or (before and self._is_trained(before)):
            return before
        return stage

    def _is_in_start(self, stage: str) -> bool:
        """Whether `start` has what a stage is to train."""
        return self.start is not None and not (self.from_scratch and stage in UNET_STAGES)

    def _stage_before(self, stage: str) -> str | None:
        """Whose weights a stage of the UNet begins with."""
        of_unet = [name for name in UNET_STAGES if name in self.recipe.stages]
        return of_unet[of_unet.index(stage) - 1] if stage in of_unet[1:] else None

    def _frames(self, stage: str, *, level: str) -> FrameSampler:
        return FrameSampler(level, self.recipe.stages[stage].batch_size)

    def _autoencoder_task(self) -> AutoencoderTask:
        return AutoencoderTask(
            config=self.recipe.autoencoder,
            sampler=self._frames("autoencoder", level=self.recipe.level),
            dtype=_fast_dtype(),
        )

    @cached_property
    def _towers_config(self) -> TowersConfig:
        return self.recipe.towers or tiny_towers()

    def _towers_task(self) -> TowersTask:
        return TowersTask(
            config=self._towers_config,
            sampler=LookalikeSampler(
                self.recipe.level, self.recipe.num_pictures, self.recipe.stages["towers"].batch_size
            ),
            dtype=_fast_dtype(),
        )

    def _pictures_task(self) -> UNetTask:
        """All that a single frame can show of the conditions."""
        names = tuple(name for name in CONDITION_NAMES if name != "motion")
        return self._unet_task("pictures", dropout=self.recipe.picture_dropout, names=names)

    def _unet_task(
        self,
        name: str,
        *,
        dropout: ConditionDropout | None,
        names: tuple[str, ...] = CONDITION_NAMES,
    ) -> UNetTask:
        stage = self.recipe.stages[name]
        sampler = VideoSampler(
            cache=self._cache(name),
            shapes=stage.shapes,
            weights=stage.weights,
            dropout=dropout,
            names=names,
            together=stage.schedule.batches,
        )
        return UNetTask(
            name=name,
            config=self.recipe.unet,
            sampler=sampler,
            frozen=self._frozen,
            schedule=NoiseSchedule.scaled_linear(zero_terminal_snr=True),
            prediction_type=self.recipe.prediction_type,
            dtype=_fast_dtype(),
            timestep_shift=stage.timestep_shift,
            text_timestep_shift=stage.text_timestep_shift,
            guidance_scale=self.recipe.guidance_scale,
        )

    @cached_property
    def _frozen(self) -> Frozen:
        """The trained autoencoder, which normalises its latents, and the trained towers, in float32."""
        autoencoder = self._load(TinyAutoencoder(self.recipe.autoencoder), "autoencoder")
        if self.start is None:
            measure_latents(autoencoder, self._frames("autoencoder", level=self.recipe.level))
        else:  # the UNet is used to their scale
            tensors = self.start.tensors("autoencoder")
            for name, buffer in autoencoder.named_buffers():
                buffer.copy_(tensors[name])
        return Frozen(autoencoder=autoencoder, towers=self._load(Towers(self._towers_config), "towers"))

    def _cache(self, stage: str) -> VideoCache:
        recipe = self.recipe
        if stage == "pictures":
            name = "pictures"
            spec = CacheSpec(level=recipe.level, seed=0, num_videos=recipe.num_pictures, num_frames=1)
        else:
            name, spec = "videos", CacheSpec(level=recipe.level, seed=0, num_videos=recipe.num_videos)
        cache = VideoCache((self.cache or self.folder / "cache") / name, spec)
        cache.build(self._frozen.autoencoder, self._frozen.towers, dtype=_fast_dtype(), report=self.report)
        return cache

    def _load(self, network: Network, stage: str) -> Network:
        load_parameters(network, self._learnt(stage, network), source=str(self._checkpoint(stage)))
        return network.eval().requires_grad_(False)

    def _learnt(self, stage: str, network: nn.Module) -> dict[str, Tensor]:
        """A network's parameters: the averaged ones of a stage's checkpoint, or those it is to begin with."""
        path = self._checkpoint(stage)
        if path.is_file():
            averaged: dict[str, Tensor] = read_checkpoint(path)["averaged"]
            return averaged
        if self.start is None or not self._is_in_start(stage):
            raise self._untrained(stage)
        tensors = self.start.tensors("unet" if stage in UNET_STAGES else stage)
        return {name: tensors[name].float() for name, _ in network.named_parameters()}

    def _untrained(self, stage: str) -> UsageError:
        return UsageError(f"Stage {stage!r} has not been trained in {self.folder}.", hint="Train it first.")

    def _is_trained(self, stage: str) -> bool:
        """Whether it has a checkpoint, maybe not its last."""
        return self._checkpoint(stage).is_file()

    def _checkpoint(self, stage: str) -> Path:
        return self.folder / f"{stage}.ckpt"


def _fast_dtype() -> torch.dtype:
    return fast_dtype(torch.device("cpu"))
