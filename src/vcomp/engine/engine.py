"""From conditions to a video: extract, encode, sample, decode."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from vcomp.conditions.container import Conditions
from vcomp.conditions.spec import TOKEN_CONDITIONS
from vcomp.diffusion.guidance import ConditionSet
from vcomp.engine.denoising import guidance_of, same_names
from vcomp.engine.devices import pick_device, pick_dtype
from vcomp.engine.fallback import Fallback
from vcomp.engine.guided import Guided
from vcomp.engine.memory import Load
from vcomp.engine.networks import Networks
from vcomp.engine.plan import Plan, make_plan
from vcomp.engine.progress import OnProgress, Stopwatch, no_note
from vcomp.engine.settings import Guide, Settings
from vcomp.engine.stages import Stages
from vcomp.engine.ways import Residency
from vcomp.errors import ConditionError, UsageError
from vcomp.extractors.depth import extract_depth
from vcomp.extractors.flow import dense_flow
from vcomp.extractors.motion_vectors import motion_vectors
from vcomp.extractors.sketch import extract_sketch
from vcomp.media.clip import Clip, Frames
from vcomp.models.published import PublishedSystem
from vcomp.models.system import System


@dataclass(frozen=True)
class Result:
    """A video, and the seconds each stage of making it took."""

    clip: Clip
    seconds: dict[str, float]


class Engine:
    """One model, ready to generate; each network is loaded when it is first needed.

    A small model then stays loaded; of a large one, towers and extractors leave before the UNet runs. Where
    memory is short, it goes smaller ways, of its own accord or when a device says that it has none left.

    Args:
        system: The model's networks.
        device: A device's name, or `auto`.
        dtype: Precision of the UNet: `float32`, `bfloat16`, `float16` or `auto`. On a CPU that is slow at a
            half precision only its weights have it, and the arithmetic is float32. Everything else is
            float32, but for the published towers on a GPU, which are float16 unless the UNet is float32.
        offload: Have each network on the device only while it works.

    Raises:
        UsageError: A name is unknown.
        ResourceError: The machine has no such device.
    """

    def __init__(
        self,
        system: System | PublishedSystem,
        *,
        device: str = "auto",
        dtype: str = "auto",
        offload: bool = False,
    ) -> None:
        self.system = system
        self.device = pick_device(device)
        self.dtype = pick_dtype(dtype, self.device)
        self.networks = Networks(system, device=self.device, dtype=self.dtype, offload=offload)
        self.arithmetic = self.networks.arithmetic_of("unet")

    @property
    def default_settings(self) -> Settings:
        """Length, rate and size that the model was trained on, and the rest as it is."""
        card = self.system.card
        return Settings(num_frames=card.num_frames, fps=card.fps, size=(card.size_px, card.size_px))

    def resolved(self, settings: Settings) -> Settings:
        """With the guidance and the window that were left to the model.

        Raises:
            UsageError: Windows overlap by all of the model's.
        """
        card = self.system.card
        return replace(
            settings,
            window=max(2, card.num_frames) if settings.window is None else settings.window,
            guides=(Guide(names=card.guided),) if settings.guides is None else settings.guides,
            guidance_scale=card.guidance_scale
            if settings.guidance_scale is None
            else settings.guidance_scale,
            guidance_rescale=card.guidance_rescale
            if settings.guidance_rescale is None
            else settings.guidance_rescale,
        )

    def plan(
        self,
        settings: Settings,
        names: ConditionSet = frozenset({"text"}),
        *,
        num_videos: int = 1,
        extracting: Collection[str] = (),
    ) -> Plan:
        """What a generation needs, and the ways it will go; nothing is loaded.

        Args:
            settings: All that is not a condition.
            names: Of the conditions.
            num_videos: In a batch.
            extracting: Extractors that run before: `pidinet`, `depth`.

        Raises:
            WeightsError: The model is damaged.
        """
        settings = self.resolved(settings)
        num_sets = len(guidance_of(names, settings).weights)
        load = Load(settings=settings, names=names, num_videos=num_videos, num_sets=num_sets)
        return make_plan(self.networks, load, extracting=extracting)

    def check(self, settings: Settings) -> None:
        """Make sure, before long work, that there is memory for it.

        Raises:
            ResourceError: There is not.
            WeightsError: The model is damaged.
        """
        self.plan(settings).check()

    def generate(
        self,
        conditions: Conditions,
        settings: Settings,
        *,
        on_progress: OnProgress | None = None,
        on_note: Callable[[str], None] = no_note,
    ) -> Result:
        """Generate one video; the same arguments on the same CPU give the same bits.

        On a GPU the free memory decides whether condition sets are evaluated together, which rounds
        in another way.

        Args:
            conditions: At least one.
            settings: All the rest.
            on_progress: Called when a stage begins, and after each denoising step.
            on_note: Gets a sentence when length or memory ask for another way.

        Raises:
            ConditionError: There is no condition, or one that the model does not know.
            ResourceError: Memory will not do.
            WeightsError: A network's weights are missing or damaged.
        """
        watch = Stopwatch(on_progress)
        [clip] = self._generate([conditions], settings, [settings.seed], watch, on_note)
        return Result(clip, watch.seconds)

    def generate_batch(
        self, conditions: Sequence[Conditions], settings: Settings, *, seeds: Sequence[int]
    ) -> list[Clip]:
        """Generate a video for each of several conditions and seeds, all at once.

        Raises:
            ConditionError: As `generate`, and if the videos do not have the same conditions.
            ResourceError: As `generate`.
            UsageError: There is not one seed for each video.
            WeightsError: As `generate`.
        """
        if len(seeds) != len(conditions):
            raise UsageError(f"There are {len(seeds)} seeds for {len(conditions)} videos.")
        return self._generate(conditions, settings, seeds, Stopwatch())

    @torch.inference_mode()
    def _generate(
        self,
        conditions: Sequence[Conditions],
        settings: Settings,
        seeds: Sequence[int],
        watch: Stopwatch,
        on_note: Callable[[str], None] = no_note,
    ) -> list[Clip]:
        names = self._checked_names(conditions)
        plan = self.plan(settings, names, num_videos=len(conditions))
        plan.check()
        if plan.short_of:
            on_note(f"memory is short: {plan.short_of}")
        if plan.in_windows:
            on_note(f"{settings.num_frames} frames in {plan.in_windows}")
        fallback = Fallback(plan.ways, on_note)
        stages = Stages(
            networks=self.networks,
            guided=Guided(conditions=conditions, settings=plan.load.settings, card=self.system.card),
            seeds=seeds,
            watch=watch,
        )
        fallback.run("load", stages.load)
        tokens = fallback.run("encode", stages.encode)
        latents = fallback.run("denoise", partial(stages.denoise, tokens))
        clips = fallback.run("decode", partial(stages.decode, latents))
        if fallback.ways.residency is Residency.OFFLOADED:
            self.networks.clear()
        return clips

    def sketch(self, frames: Frames) -> Float[Tensor, "1 f h w"]:
        """Edges of frames by the model's PiDiNet, in [0,1], bright on dark."""
        return extract_sketch(frames, model=self.networks.get("pidinet"), device=self.device)

    def depth(self, frames: Frames) -> Float[Tensor, "1 f h w"]:
        """Inverse depth of frames by the model's estimator, larger is nearer."""
        return extract_depth(frames, model=self.networks.depth(), device=self.device)

    def motion(self, frames: Frames) -> Float[Tensor, "2 f h w"]:
        """Motion (dx, dy) of frames from the one before, in pixels per frame, as the model knows it."""
        if self.system.card.preparation.motion == "published":
            return motion_vectors(frames, fill="sparse")
        return dense_flow(np.ascontiguousarray(frames))

    def _checked_names(self, conditions: Sequence[Conditions]) -> frozenset[str]:
        names = same_names(conditions)
        if not names:
            raise ConditionError("There is nothing to generate from.", hint="Give at least a text.")
        known = {*TOKEN_CONDITIONS, *dict(self.system.card.unet.conditions)}
        if unknown := sorted(names - known):
            raise ConditionError(
                f"The model {self.system.card.name} has no condition {unknown[0]}.",
                hint=f"It has {', '.join(sorted(known))}.",
            )
        return names
