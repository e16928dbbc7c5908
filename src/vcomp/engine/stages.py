"""The stages of one generation: each gets its network, works, and holds it no longer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from vcomp.conditions.container import Conditions
from vcomp.diffusion.guidance import ConditionSet, Guidance, guided_at_once, guided_denoise
from vcomp.diffusion.prediction import Denoise
from vcomp.diffusion.samplers import sample
from vcomp.diffusion.schedule import NoiseSchedule, initial_noise
from vcomp.engine.batching import BatchedUNet
from vcomp.engine.denoising import (
    SCALE_PX,
    ConditionedUNet,
    Tokens,
    encode_frames,
    encode_tokens,
    guidance_of,
    prepare_contexts,
    same_names,
)
from vcomp.engine.networks import GENERATING, Networks
from vcomp.engine.progress import Stopwatch
from vcomp.engine.settings import Settings
from vcomp.engine.ways import Residency, Ways
from vcomp.media.clip import Clip, Frames
from vcomp.media.pixels import to_frames
from vcomp.models.autoencoder import TinyAutoencoder
from vcomp.models.config import UNetConfig
from vcomp.models.kl_autoencoder import KLAutoencoder
from vcomp.models.published import PublishedCard
from vcomp.models.system import ModelCard
from vcomp.models.unet import UNet


@dataclass(frozen=True, kw_only=True)
class Stages:
    """Conditions to tokens to latents to clips; each depends only on what it is given, so it may be repeated.

    Args:
        networks: Of the model.
        conditions: Of each video; all have the same ones.
        settings: With the model's guidance in them.
        seeds: Of each video's noise.
        watch: Gets the stages' progress.
    """

    networks: Networks
    conditions: Sequence[Conditions]
    settings: Settings
    seeds: Sequence[int]
    watch: Stopwatch

    @cached_property
    def guidance(self) -> Guidance:
        """Between which condition sets."""
        return guidance_of(same_names(self.conditions), self.settings)

    def load(self, ways: Ways) -> None:
        """Load what can be there from the start: everything, or what works first."""
        with self.watch.stage("load"):
            for part in GENERATING if ways.residency is Residency.KEPT else GENERATING[:1]:
                self.networks.get(part, ways.residency)

    def encode(self, ways: Ways) -> dict[ConditionSet, Tokens]:
        """Text and style."""
        towers = self.networks.towers(ways.residency)
        with self.watch.stage("encode"):
            return encode_tokens(
                self.conditions, towers, tuple(self.guidance.weights), preparation=self._card.preparation
            )

    def denoise(self, tokens: Mapping[ConditionSet, Tokens], ways: Ways) -> Float[Tensor, "b 4 f h w"]:
        """The other conditions through their encoders, and latents out of noise."""
        with self._loading("unet"):
            unet = self.networks.unet(ways.residency)
        schedule = NoiseSchedule.scaled_linear(zero_terminal_snr=self._card.zero_terminal_snr)
        with self.watch.stage("encode"):
            denoise = self._guided(unet, tokens, schedule, batched=ways.batched)
        with self.watch.stage("denoise", total=self.settings.num_steps):
            return sample(
                denoise,
                _noise(self._card.unet, self.settings, self.seeds).to(self.networks.device),
                schedule=schedule,
                prediction_type=self._card.prediction_type,
                num_steps=self.settings.num_steps,
                sampler=self.settings.sampler,
                timestep_spacing=self._card.timestep_spacing,
                on_step=partial(self.watch.tell, "denoise"),
            )

    def decode(self, latents: Float[Tensor, "b 4 f h w"], ways: Ways) -> list[Clip]:
        """Pixels."""
        with self._loading("autoencoder"):
            autoencoder = self.networks.autoencoder(ways.residency)
        with self.watch.stage("decode"):
            decoded = (_decode(video, autoencoder, chunk=ways.decoded_frames) for video in latents)
            return [Clip(frames, self.settings.fps) for frames in decoded]

    def _guided(
        self, unet: UNet, tokens: Mapping[ConditionSet, Tokens], schedule: NoiseSchedule, *, batched: bool
    ) -> Denoise:
        """The UNet with its conditions and guidance."""
        timesteps = schedule.sampling_timesteps(self.settings.num_steps, spacing=self._card.timestep_spacing)
        conditioned = ConditionedUNet(
            unet=unet,
            encoded=encode_frames(self.conditions, unet, self.settings, preparation=self._card.preparation),
            contexts=prepare_contexts(tokens, unet),
            settings=self.settings,
            positions={t: step / len(timesteps) for step, t in enumerate(timesteps)},
        )
        sets = tuple(self.guidance.weights)
        if batched and len(sets) > 1:
            return guided_at_once(BatchedUNet(conditioned, sets), self.guidance)
        return guided_denoise(conditioned, self.guidance)

    @property
    def _card(self) -> ModelCard | PublishedCard:
        return self.networks.system.card

    @contextmanager
    def _loading(self, part: str) -> Iterator[None]:
        """Time the loading of a network that is not there yet."""
        if part in self.networks:
            yield
        else:
            with self.watch.stage("load"):
                yield


def _noise(unet: UNetConfig, settings: Settings, seeds: Sequence[int]) -> Float[Tensor, "b 4 f h w"]:
    """The noise of each seed, which does not depend on the others in the batch."""
    width, height = settings.size
    grid = (settings.num_frames, height // SCALE_PX, width // SCALE_PX)
    shape = (1, unet.latent_channels, *grid)
    return torch.cat([initial_noise(shape, seed) for seed in seeds])


def _decode(
    latents: Float[Tensor, "4 f h w"], autoencoder: TinyAutoencoder | KLAutoencoder, *, chunk: int
) -> Frames:
    """Decode a few frames at a time."""
    frames = rearrange(latents, "c f h w -> f c h w")
    decoded = [
        to_frames(rearrange(autoencoder.decode(part), "f c h w -> c f h w"))
        for part in torch.split(frames, chunk)
    ]
    return np.concatenate(decoded)
