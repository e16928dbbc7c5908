"""The two stages of the UNet: text-to-video, then compositional (VideoComposer, section 3.3)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor

from vcomp.diffusion.prediction import to_x0
from vcomp.diffusion.samplers import sample
from vcomp.diffusion.schedule import NoiseSchedule, initial_noise
from vcomp.models.autoencoder import TinyAutoencoder
from vcomp.models.clip import Towers
from vcomp.models.config import UNetConfig
from vcomp.models.unet import UNet
from vcomp.training.videos import VideoBatch, VideoSampler


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """Networks that are only used.

    Args:
        autoencoder: For previews.
        towers: For captions.
    """

    autoencoder: TinyAutoencoder
    towers: Towers


def draw_timesteps(shifts: Float[Tensor, " b"], *, num_timesteps: int) -> Int[Tensor, " b"]:
    """Random timesteps, uniform for a shift of 1, oftener noisy for more.

    The map is equation 23 of arXiv 2403.03206. The latents of a plain clip are so redundant that its colours
    show through all but the last tenth of the schedule: only there has the UNet to ask the text, and with
    uniform timesteps it seldom is there.

    Args:
        shifts: Of each sample. With 4, half of the timesteps lie in the noisiest fifth.
        num_timesteps: Of the schedule.
    """
    uniform = torch.rand(len(shifts))
    shifted = shifts * uniform / (1 + (shifts - 1) * uniform)
    return (shifted * num_timesteps).long().clamp(max=num_timesteps - 1)


def loss_weights(signal: Float[Tensor, "*axes"], noise: Float[Tensor, "*axes"]) -> Float[Tensor, "*axes"]:
    """Weights of the error of clean latents, by which each noise level counts about alike.

    They are about one over the error that is to be expected: a curve fitted to a small model's, where arXiv
    2312.02696 (equation 21) learns it beside the network. The error of what noise hides is some thirty times
    that of what shows, no training makes it smaller, and unweighted it drowns the details of shapes.

    Args:
        signal: sqrt(alphas_cumprod[t]).
        noise: sqrt(1 - alphas_cumprod[t]).
    """
    return 1 + 7.5 * signal / noise


class UNetTask:
    """Learn to denoise videos under conditions.

    Args:
        name: Of the stage; names its checkpoint.
        config: Sizes of the UNet.
        sampler: Where batches come from.
        frozen: Networks that are only used.
        schedule: The noise.
        prediction_type: What the UNet predicts.
        dtype: Of the arithmetic.
        timestep_shift: Of `draw_timesteps`, for samples with spatial or temporal conditions.
        text_timestep_shift: The same for samples without, which have nothing but the text to begin with.
        guidance_scale: For previews.
    """

    def __init__(
        self,
        *,
        name: str,
        config: UNetConfig,
        sampler: VideoSampler,
        frozen: Frozen,
        schedule: NoiseSchedule,
        prediction_type: str,
        dtype: torch.dtype,
        timestep_shift: float = 1.0,
        text_timestep_shift: float = 1.0,
        guidance_scale: float = 4.0,
    ) -> None:
        self.name, self.sampler, self.frozen, self.schedule = name, sampler, frozen, schedule
        self.timestep_shift, self.text_timestep_shift = timestep_shift, text_timestep_shift
        self.prediction_type, self.dtype, self.guidance_scale = prediction_type, dtype, guidance_scale
        self.model = UNet(config).to(dtype).to(memory_format=torch.channels_last)

    def draw(self, step: int) -> VideoBatch:
        """Clips and what each keeps of its conditions."""
        return self.sampler.draw(step)

    def size(self, batch: VideoBatch) -> int:
        """Frames, not clips: batches of different lengths cost about the same a frame."""
        return batch.latents.shape[0] * batch.latents.shape[2]

    def loss(self, batch: VideoBatch) -> Tensor:
        """Squared error of clean latents at random timesteps (equation 1 of the paper), weighted."""
        noise = torch.randn_like(batch.latents)
        timesteps = draw_timesteps(self._shifts(batch), num_timesteps=self.schedule.num_timesteps)
        noisy = self.schedule.add_noise(batch.latents, noise, timesteps)
        prediction: Tensor = self.model(
            noisy,
            timesteps,
            context=self._context(batch.captions, batch.style),
            condition=self._condition(batch),
            positions=batch.positions,
        )
        signal, sigma = self.schedule.signal_and_noise(timesteps, noisy)
        clean = to_x0(prediction, noisy, signal=signal, noise=sigma, prediction_type=self.prediction_type)
        return (loss_weights(signal, sigma) * (clean - batch.latents).square()).mean()

    def _shifts(self, batch: VideoBatch) -> Float[Tensor, " b"]:
        shifts = torch.full((len(batch.latents),), self.text_timestep_shift)
        for kept in batch.conditions.values():
            shifts[kept.rows] = self.timestep_shift
        return shifts

    def _context(self, captions: list[str], style: Tensor) -> Tensor:
        with torch.no_grad():
            text = self.frozen.towers.text_tokens(captions)
        return self.model.encode_context(text, style)

    def _condition(self, batch: VideoBatch) -> Tensor | None:
        """Sum of the encodings, each computed only for the samples that keep the condition."""
        if not batch.conditions:
            return None
        b, _, f, h, w = batch.latents.shape
        total = torch.zeros(b, self.model.config.condition_channels, f, h, w, dtype=self.dtype)
        for name, kept in batch.conditions.items():
            values = kept.values.expand(-1, -1, f, -1, -1)
            encoded = self.model.encode_conditions({name: values}, latent_size=(h, w))[name]
            total = total.index_add(0, kept.rows, encoded)
        return total

    def preview(self, path: Path) -> None:
        """Four clips from their captions and conditions: target and result, every other frame."""
        from vcomp.media import write_picture
        from vcomp.training.previews import grid

        batch = self.sampler.draw(10**6)
        if batch.latents.shape[2] == 1:
            rows = [self._decode(batch.latents[:8])[:, :, 0], self._decode(self._sample(batch, 8))[:, :, 0]]
        else:
            pairs = zip(self._decode(batch.latents[:4]), self._decode(self._sample(batch, 4)), strict=True)
            rows = [clip.transpose(0, 1)[::2] for pair in pairs for clip in pair]
        write_picture(grid(rows), path)

    def _decode(self, latents: Tensor) -> Tensor:
        frames = rearrange(latents, "b c f h w -> (b f) c h w")
        pixels = self.frozen.autoencoder.decode(frames.to(self.frozen.autoencoder.latent_mean.dtype)).float()
        return rearrange(pixels, "(b f) c h w -> b c f h w", f=latents.shape[2])

    def _sample(self, batch: VideoBatch, most: int) -> Tensor:
        count = min(most, len(batch.latents))
        shape = (count, *batch.latents.shape[1:])
        full = self._condition(batch)
        condition = None if full is None else full[:count]
        given = self._context(batch.captions[:count], batch.style[:count])
        null = self._context([""] * count, torch.zeros_like(batch.style[:count]))
        positions = batch.positions[:count]

        def denoise(latents: Tensor, timesteps: Tensor) -> Tensor:
            with_text: Tensor = self.model(
                latents, timesteps, context=given, condition=condition, positions=positions
            )
            without: Tensor = self.model(
                latents, timesteps, context=null, condition=condition, positions=positions
            )
            return without + self.guidance_scale * (with_text - without)

        return sample(
            denoise,
            initial_noise(shape, seed=0),
            sampler="dpm++",
            schedule=self.schedule,
            prediction_type=self.prediction_type,
            num_steps=20,
            timestep_spacing="trailing",
        )
