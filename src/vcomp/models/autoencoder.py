"""Autoencoders: pixels to latents an eighth of their size and back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from vcomp.errors import UsageError

HAAR_CHANNELS = 12  # of three colours, a mean and three details


@dataclass(frozen=True, kw_only=True)
class TinyAutoencoderConfig:
    """Sizes of :class:`TinyAutoencoder`.

    Args:
        latent_channels: Channels of the latents.
        widths: Channels at a quarter and at an eighth of the picture's size.
        num_blocks: Residual blocks of each of the two stages, in the encoder and in the decoder.
        encoder: What makes the latents: a network, or :class:`HaarEncoder`, whose latents have 12 channels.

    Raises:
        UsageError: The encoder makes another number of channels.
    """

    latent_channels: int = 4
    widths: tuple[int, int] = (64, 96)
    num_blocks: int = 2
    encoder: Literal["learned", "haar"] = "learned"

    def __post_init__(self) -> None:
        if self.encoder == "haar" and self.latent_channels != HAAR_CHANNELS:
            raise UsageError(f"Haar latents have {HAAR_CHANNELS} channels, not {self.latent_channels}.")


@dataclass(frozen=True)
class Posterior:
    """Diagonal Gaussian over raw latents (Kingma & Welling, arXiv 1312.6114, appendix B)."""

    mean: Float[Tensor, "n c h w"]
    logvar: Float[Tensor, "n c h w"]

    def sample(self, noise: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """``mean + std * noise``, for standard normal ``noise``."""
        return self.mean + torch.exp(0.5 * self.logvar) * noise

    def kl(self) -> Float[Tensor, ""]:
        """Divergence from the unit Gaussian, mean over elements."""
        return 0.5 * (self.mean.square() + self.logvar.exp() - 1 - self.logvar).mean()


class HaarEncoder(nn.Module):
    """Latents without a network: each 8x8 patch as the Haar transform of the colours of its four quarters.

    A picture's latents are then as smooth as the picture, and linear in it, which leaves a small diffusion
    model no code to break; what is finer than a quarter of a patch is the decoder's to draw. The decoder gets
    details brought to the size of the means, as they are to be seen through the same noise.
    """

    SCALES = (0.55, 0.06, 0.06, 0.03)  # deviations of mean, left-right, up-down and diagonal in drawn frames
    NOISE_STD = 0.3  # at most; what a decoder learns to see through

    def forward(self, pixels: Float[Tensor, "n 3 H W"]) -> Float[Tensor, "n 24 h w"]:
        """Means and log-variances of latents of deviation about 1."""
        quarters = F.avg_pool2d(pixels, 4)
        a, b, c, d = (quarters[..., i::2, j::2] for i in (0, 1) for j in (0, 1))
        bands = torch.stack([a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d], dim=2) / 4
        means = rearrange(bands / bands.new_tensor(self.SCALES)[:, None, None], "n c k h w -> n (c k) h w")
        return torch.cat([means, torch.full_like(means, 2 * math.log(self.NOISE_STD))], dim=1)


class ResidualBlock(nn.Module):
    """Two normalised 3x3 convolutions and a skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(8, channels)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm2 = nn.GroupNorm(8, channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """Features of the same size."""
        hidden = self.conv1(F.silu(self.norm1(x)))
        residual: Tensor = self.conv2(F.silu(self.norm2(hidden)))
        return x + residual


def _stage(channels: int, num_blocks: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(channels) for _ in range(num_blocks)))


def _learned_encoder(config: TinyAutoencoderConfig) -> nn.Sequential:
    outer, inner = config.widths
    return nn.Sequential(
        nn.PixelUnshuffle(4),
        nn.Conv2d(48, outer, 3, padding=1),
        _stage(outer, config.num_blocks),
        nn.Conv2d(outer, inner, 3, stride=2, padding=1),
        _stage(inner, config.num_blocks),
        nn.GroupNorm(8, inner),
        nn.SiLU(),
        nn.Conv2d(inner, 2 * config.latent_channels, 3, padding=1),
    )


class TinyAutoencoder(nn.Module):
    """A light KL autoencoder that never works at full resolution.

    A pixel-unshuffle by four replaces the first two stages of the usual latent-diffusion autoencoder
    (Rombach et al., arXiv 2112.10752), which cost most of its time and, on flat drawings, earn little.
    """

    def __init__(self, config: TinyAutoencoderConfig) -> None:
        super().__init__()
        outer, inner = config.widths
        self.config = config
        self.encoder = HaarEncoder() if config.encoder == "haar" else _learned_encoder(config)
        self.decoder = nn.Sequential(
            nn.Conv2d(config.latent_channels, inner, 3, padding=1),
            _stage(inner, config.num_blocks),
            nn.Conv2d(inner, 4 * outer, 3, padding=1),
            nn.PixelShuffle(2),
            _stage(outer, config.num_blocks),
            nn.GroupNorm(8, outer),
            nn.SiLU(),
            nn.Conv2d(outer, 48, 3, padding=1),
            nn.PixelShuffle(4),
        )
        self.latent_mean: Tensor
        self.latent_std: Tensor
        self.register_buffer("latent_mean", torch.zeros(config.latent_channels))
        self.register_buffer("latent_std", torch.ones(config.latent_channels))

    @property
    def proportions(self) -> Float[Tensor, " c"]:
        """Deviations that normalised latents have.

        Those of Haar bands to each other are a picture's own. Details of flat drawings are rare and strong:
        brought to deviation 1, edges would be of 15 and show through noise that hides all else, and a
        diffusion model would settle outlines before it knows what of.
        """
        if not isinstance(self.encoder, HaarEncoder):
            return torch.ones(self.config.latent_channels)
        bands = torch.tensor(HaarEncoder.SCALES) / HaarEncoder.SCALES[0]
        return bands.repeat(self.config.latent_channels // len(bands))

    def posterior(self, pixels: Float[Tensor, "n 3 H W"]) -> Posterior:
        """Distribution of the raw latents of ``pixels`` in [-1, 1]."""
        mean, logvar = self.encoder(pixels).chunk(2, dim=1)
        return Posterior(mean, logvar.clamp(-30, 20))

    def reconstruct(self, raw_latents: Float[Tensor, "n c h w"]) -> Float[Tensor, "n 3 H W"]:
        """Pixels in about [-1, 1] from raw latents."""
        pixels: Tensor = self.decoder(raw_latents)
        return pixels

    def encode(self, pixels: Float[Tensor, "n 3 H W"]) -> Float[Tensor, "n c h w"]:
        """Normalised latents (over the training set, mean 0 and `proportions`) of ``pixels`` in [-1, 1]."""
        mean = self.posterior(pixels).mean
        return (mean - self._channelwise(self.latent_mean)) / self._channelwise(self.latent_std)

    def decode(self, latents: Float[Tensor, "n c h w"]) -> Float[Tensor, "n 3 H W"]:
        """Pixels in [-1, 1] of normalised latents."""
        raw = latents * self._channelwise(self.latent_std) + self._channelwise(self.latent_mean)
        return self.reconstruct(raw).clamp(-1, 1)

    @staticmethod
    def _channelwise(statistic: Tensor) -> Tensor:
        return statistic[None, :, None, None]
