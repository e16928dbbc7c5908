"""The UNet with the conditions and the guidance of whole videos, window by window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from vcomp.conditions.container import Conditions
from vcomp.diffusion.guidance import ConditionSet, Guidance
from vcomp.diffusion.schedule import NoiseSchedule
from vcomp.diffusion.windows import WindowDenoise, independent
from vcomp.engine.batching import with_guidance
from vcomp.engine.continuing import ContinuedWindow, is_continued, later_names, later_settings
from vcomp.engine.denoising import ConditionedUNet, encode_frames, guidance_of, same_names, windows_of
from vcomp.engine.settings import Settings
from vcomp.models.autoencoder import TinyAutoencoder
from vcomp.models.kl_autoencoder import KLAutoencoder
from vcomp.models.published import PublishedCard
from vcomp.models.system import ModelCard
from vcomp.models.unet import ContextKV, UNet


@dataclass(frozen=True, kw_only=True)
class Guided:
    """What a batch of videos is to be: its windows, and the condition sets that guidance needs of each.

    Args:
        conditions: Of each video; all have the same ones.
        settings: With the model's guidance and window in them.
        card: Of the model.
    """

    conditions: Sequence[Conditions]
    settings: Settings
    card: ModelCard | PublishedCard

    @cached_property
    def windows(self) -> tuple[slice, ...]:
        """The frames that the UNet sees at once; one window where it sees them all."""
        return windows_of(self.settings)

    @cached_property
    def guidance(self) -> Guidance:
        """Between which condition sets, in the first window."""
        return guidance_of(same_names(self.conditions), self.settings)

    @cached_property
    def later_guidance(self) -> Guidance:
        """Between which condition sets, in the others."""
        return self.guidance.renamed(later_names) if self.is_continued else self.guidance

    @property
    def is_continued(self) -> bool:
        """Whether later windows are shown the frame they begin with."""
        return is_continued(same_names(self.conditions), self.settings, self.card)

    @property
    def condition_sets(self) -> tuple[ConditionSet, ...]:
        """All that are evaluated."""
        return tuple({**self.guidance.weights, **self.later_guidance.weights})


@dataclass(frozen=True, eq=False, kw_only=True)
class GuidedUNet:
    """Predicts for each window of a batch of videos.

    Args:
        guided: The videos.
        unet: In evaluation mode.
        contexts: Keys and values for each set of text and style.
        schedule: Of the model.
        autoencoder: For windows that are continued; None where there are none.
        batched: Whether condition sets are evaluated in one pass.
    """

    guided: Guided
    unet: UNet
    contexts: Mapping[ConditionSet, ContextKV]
    schedule: NoiseSchedule
    autoencoder: TinyAutoencoder | KLAutoencoder | None
    batched: bool

    def denoises(self) -> list[WindowDenoise]:
        """One for each window, its conditions encoded."""
        first, *later = self._conditioned()
        guide = with_guidance(self.guided.guidance, self.contexts, batched=self.batched)
        if self.autoencoder is None:
            return [independent(guide(window)) for window in (first, *later)]
        settings = later_settings(self.guided.settings)
        guide_later = with_guidance(self.guided.later_guidance, self.contexts, batched=self.batched)
        return [
            independent(guide(first)),
            *(
                ContinuedWindow(
                    conditioned=replace(window, settings=settings),
                    guide=guide_later,
                    autoencoder=self.autoencoder,
                    schedule=self.schedule,
                    card=self.guided.card,
                )
                for window in later
            ),
        ]

    def _conditioned(self) -> list[ConditionedUNet]:
        """The UNet with the conditions of each window."""
        settings, card = self.guided.settings, self.guided.card
        timesteps = self.schedule.sampling_timesteps(settings.num_steps, spacing=card.timestep_spacing)
        positions = {t: step / len(timesteps) for step, t in enumerate(timesteps)}
        return [
            ConditionedUNet(
                unet=self.unet,
                encoded=encode_frames(
                    self.guided.conditions,
                    self.unet,
                    settings,
                    preparation=card.preparation,
                    window=window,
                ),
                contexts=self.contexts,
                settings=settings,
                positions=positions,
            )
            for window in self.guided.windows
        ]
