"""The stages of one generation: each gets its network, works, and holds it no longer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from vcomp.diffusion.guidance import ConditionSet
from vcomp.diffusion.samplers import sample
from vcomp.diffusion.schedule import NoiseSchedule, initial_noise
from vcomp.diffusion.windows import WindowDenoise, blended, prolonged_noise
from vcomp.engine.denoising import SCALE_PX, Tokens, encode_tokens, prepare_contexts
from vcomp.engine.guided import Guided, GuidedUNet
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


@dataclass(frozen=True, kw_only=True)
class Stages:
    """Conditions to tokens to latents to clips; each depends only on what it is given, so it may be repeated.

    Args:
        networks: Of the model.
        guided: The videos and their conditions.
        seeds: Of each video's noise.
        watch: Gets the stages' progress.
    """

    networks: Networks
    guided: Guided
    seeds: Sequence[int]
    watch: Stopwatch

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
                self.guided.conditions,
                towers,
                self.guided.condition_sets,
                preparation=self._card.preparation,
            )

    def denoise(self, tokens: Mapping[ConditionSet, Tokens], ways: Ways) -> Float[Tensor, "b c f h w"]:
        """The other conditions through their encoders, and latents out of noise."""
        with self._loading("unet"):
            autoencoder = self.networks.autoencoder(ways.residency) if self.guided.is_continued else None
            unet = self.networks.unet(ways.residency)
        schedule = NoiseSchedule.scaled_linear(zero_terminal_snr=self._card.zero_terminal_snr)
        with self.watch.stage("encode"):
            denoises = GuidedUNet(
                guided=self.guided,
                unet=unet,
                contexts=prepare_contexts(tokens, unet),
                schedule=schedule,
                autoencoder=autoencoder,
                batched=ways.batched,
            ).denoises()
        settings, windows = self.guided.settings, self.guided.windows
        with self.watch.stage("denoise", steps=settings.num_steps, passes=len(windows)):
            return sample(
                blended(self._telling(denoises), windows, overlap=settings.overlap_frames),
                _noise(self._card.unet, settings, self.seeds).to(self.networks.device),
                schedule=schedule,
                prediction_type=self._card.prediction_type,
                num_steps=settings.num_steps,
                sampler=settings.sampler,
                timestep_spacing=self._card.timestep_spacing,
            )

    def decode(self, latents: Float[Tensor, "b c f h w"], ways: Ways) -> list[Clip]:
        """Pixels."""
        with self._loading("autoencoder"):
            autoencoder = self.networks.autoencoder(ways.residency)
        with self.watch.stage("decode"):
            decoded = (_decode(video, autoencoder, chunk=ways.decoded_frames) for video in latents)
            return [Clip(frames, self.guided.settings.fps) for frames in decoded]

    def _telling(self, denoises: Sequence[WindowDenoise]) -> list[WindowDenoise]:
        """The same, with progress told after each call of any of them."""
        calls, steps = count(1), self.guided.settings.num_steps

        def told(
            denoise: WindowDenoise, latents: Tensor, timesteps: Tensor, *, before: Tensor | None
        ) -> Tensor:
            prediction = denoise(latents, timesteps, before=before)
            self.watch.tell("denoise", next(calls), steps, passes=len(denoises))
            return prediction

        return [partial(told, denoise) for denoise in denoises]

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


def _noise(unet: UNetConfig, settings: Settings, seeds: Sequence[int]) -> Float[Tensor, "b c f h w"]:
    """The noise of each seed, which does not depend on the others in the batch.

    A long video begins with the noise of a short one.
    """
    width, height = settings.size
    grid = (settings.window_frames, height // SCALE_PX, width // SCALE_PX)
    shape = (1, unet.latent_channels, *grid)
    overlap = settings.overlap_frames
    return torch.cat(
        [
            prolonged_noise(initial_noise(shape, seed), settings.num_frames, overlap=overlap, seed=seed)
            for seed in seeds
        ]
    )


def _decode(
    latents: Float[Tensor, "c f h w"],
    autoencoder: TinyAutoencoder | KLAutoencoder,
    *,
    chunk: int,
) -> Frames:
    """Decode a few frames at a time."""
    _, num_frames, height, width = latents.shape
    decoded = np.empty((num_frames, height * SCALE_PX, width * SCALE_PX, 3), np.uint8)
    for start in range(0, num_frames, chunk):
        part = rearrange(latents[:, start : start + chunk], "c f h w -> f c h w")
        pixels = rearrange(autoencoder.decode(part), "f c h w -> c f h w")
        decoded[start : start + chunk] = to_frames(pixels)
    return decoded
