"""Training of the small autoencoder on drawn frames."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from vcomp.models.autoencoder import TinyAutoencoder, TinyAutoencoderConfig
from vcomp.training.frames import FrameSampler, pixels_of


def _gradients(pixels: Tensor) -> tuple[Tensor, Tensor]:
    return pixels[..., 1:] - pixels[..., :-1], pixels[..., 1:, :] - pixels[..., :-1, :]


def reconstruction_loss(result: Tensor, target: Tensor) -> Tensor:
    """L1, squared error and error of the image gradients, which keeps outlines sharp."""
    pairs = zip(_gradients(result), _gradients(target), strict=True)
    edges = sum((F.l1_loss(a, b) for a, b in pairs), torch.zeros(()))
    return F.l1_loss(result, target) + 4 * F.mse_loss(result, target) + edges


@torch.inference_mode()
def measure_latents(model: TinyAutoencoder, sampler: FrameSampler, *, batches: int = 8) -> None:
    """Have the model normalise each latent channel, from then on, to mean 0 and the deviation it is to have.

    Args:
        model: In float32.
        sampler: Where frames come from.
        batches: How many of its batches are measured.
    """
    raw = torch.cat([model.posterior(pixels_of(sampler.scenes(step))).mean for step in range(batches)])
    model.latent_mean.copy_(raw.mean((0, 2, 3)))
    model.latent_std.copy_(raw.std((0, 2, 3)) / model.proportions)


class AutoencoderTask:
    """Learn to rebuild frames through a few channels an eighth of their size.

    Args:
        config: Sizes of the model.
        sampler: Where frames come from.
        dtype: Of the arithmetic.
        kl_weight: Weight of the divergence, which keeps the latents near a unit Gaussian.
    """

    name = "autoencoder"

    def __init__(
        self,
        *,
        config: TinyAutoencoderConfig,
        sampler: FrameSampler,
        dtype: torch.dtype,
        kl_weight: float = 1e-4,
    ) -> None:
        self.sampler, self.dtype, self.kl_weight = sampler, dtype, kl_weight
        self.model = TinyAutoencoder(config).to(dtype).to(memory_format=torch.channels_last)

    def draw(self, step: int) -> Tensor:
        """Frames ``[n 3 h w]`` in [-1, 1]."""
        return pixels_of(self.sampler.scenes(step)).contiguous(memory_format=torch.channels_last)

    def loss(self, batch: Tensor) -> Tensor:
        """Reconstruction of a sampled latent, and the divergence."""
        posterior = self.model.posterior(batch.to(self.dtype))
        noise = torch.randn_like(posterior.mean)
        if self.model.config.encoder == "haar":  # its deviation is only the largest to be seen through
            noise = noise * torch.rand(len(noise), 1, 1, 1, dtype=noise.dtype)
        sampled = posterior.sample(noise)
        rebuilt = self.model.reconstruct(sampled).float()
        loss: Tensor = reconstruction_loss(rebuilt, batch) + self.kl_weight * posterior.kl().float()
        return loss

    def size(self, batch: Tensor) -> int:
        """Frames."""
        return len(batch)

    def preview(self, path: Path) -> None:
        """Frames above their reconstructions."""
        from vcomp.media import write_picture
        from vcomp.training.previews import grid

        frames = self.draw(10**6)[:8]
        rebuilt = self.model.reconstruct(self.model.posterior(frames.to(self.dtype)).mean).float()
        write_picture(grid([frames, rebuilt]), path)
