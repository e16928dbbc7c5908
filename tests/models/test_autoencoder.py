"""The small autoencoder: sizes, statistics of its latents, its posterior."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch.distributions import Normal, kl_divergence

from vcomp.errors import UsageError
from vcomp.models.autoencoder import (
    HAAR_CHANNELS,
    HaarEncoder,
    Posterior,
    TinyAutoencoder,
    TinyAutoencoderConfig,
)

SMALL = TinyAutoencoderConfig(widths=(16, 8), num_blocks=1)


@pytest.fixture
def autoencoder() -> TinyAutoencoder:
    torch.manual_seed(0)
    return TinyAutoencoder(SMALL).eval().requires_grad_(False)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (32, 80), (8, 8)])
def test_latents_are_an_eighth_of_the_pixels(autoencoder: TinyAutoencoder, height: int, width: int) -> None:
    latents = autoencoder.encode(torch.rand(3, 3, height, width) * 2 - 1)
    assert latents.shape == (3, 4, height // 8, width // 8)
    pixels = autoencoder.decode(latents)
    assert pixels.shape == (3, 3, height, width)


def test_decoded_pixels_stay_in_range(autoencoder: TinyAutoencoder) -> None:
    pixels = autoencoder.decode(100 * torch.randn(2, 4, 4, 4))
    assert pixels.min() == -1
    assert pixels.max() == 1


def test_encode_and_decode_normalise_by_the_stored_statistics(autoencoder: TinyAutoencoder) -> None:
    pixels = torch.rand(2, 3, 32, 32) * 2 - 1
    raw = autoencoder.posterior(pixels).mean
    autoencoder.latent_mean.copy_(torch.tensor([1.0, -2.0, 0.5, 0.0]))
    autoencoder.latent_std.copy_(torch.tensor([2.0, 0.5, 1.0, 3.0]))
    latents = autoencoder.encode(pixels)
    for channel, (mean, deviation) in enumerate(
        zip([1.0, -2.0, 0.5, 0.0], [2.0, 0.5, 1.0, 3.0], strict=True)
    ):
        torch.testing.assert_close(latents[:, channel], (raw[:, channel] - mean) / deviation)
    torch.testing.assert_close(autoencoder.decode(latents), autoencoder.reconstruct(raw).clamp(-1, 1))


def test_statistics_are_kept_with_the_weights(autoencoder: TinyAutoencoder) -> None:
    assert {"latent_mean", "latent_std"} <= autoencoder.state_dict().keys()


def test_posterior_is_a_diagonal_gaussian() -> None:
    mean, logvar, noise = torch.randn(3, 2, 4, 3, 3).unbind()
    posterior = Posterior(mean, logvar)
    normal = Normal(mean, logvar.exp().sqrt())
    expected = kl_divergence(normal, Normal(torch.zeros_like(mean), torch.ones_like(mean))).mean()
    torch.testing.assert_close(posterior.kl(), expected)
    torch.testing.assert_close(posterior.sample(noise), mean + normal.stddev * noise)


def test_extreme_variances_stay_finite(autoencoder: TinyAutoencoder) -> None:
    for parameter in autoencoder.parameters():
        parameter.mul_(1e3)
    posterior = autoencoder.posterior(torch.rand(1, 3, 16, 16))
    assert posterior.logvar.abs().max() <= 30
    assert posterior.kl().isfinite()


def test_haar_latents_are_the_colours_of_quarters_of_patches() -> None:
    """The quarters come back by the definition of the transform: a mean, and signs over rows and columns."""
    pixels = torch.rand(2, 3, 16, 24) * 2 - 1
    means, logvar = HaarEncoder()(pixels).chunk(2, dim=1)
    bands = means.unflatten(1, (3, 4)) * torch.tensor(HaarEncoder.SCALES)[:, None, None]
    average, across, down, diagonal = bands.unbind(2)
    rebuilt = torch.empty(2, 3, 4, 6)
    for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
        x, y = 1 - 2 * column, 1 - 2 * row
        rebuilt[..., row::2, column::2] = average + x * across + y * down + x * y * diagonal
    torch.testing.assert_close(rebuilt, F.avg_pool2d(pixels, 4))
    torch.testing.assert_close(logvar.exp().sqrt(), torch.full_like(logvar, HaarEncoder.NOISE_STD))


def test_haar_bands_keep_their_proportions_and_learnt_channels_are_alike() -> None:
    config = TinyAutoencoderConfig(latent_channels=HAAR_CHANNELS, widths=(16, 8), encoder="haar")
    proportions = TinyAutoencoder(config).proportions
    mean, across, down, diagonal = proportions.unflatten(0, (3, 4)).unbind(1)
    assert mean.eq(1).all()
    torch.testing.assert_close(across, down)
    assert diagonal.max() < across.min() < 0.2
    assert TinyAutoencoder(replace(config, latent_channels=4, encoder="learned")).proportions.eq(1).all()


def test_haar_latents_have_nothing_to_learn() -> None:
    config = TinyAutoencoderConfig(latent_channels=HAAR_CHANNELS, widths=(16, 8), encoder="haar")
    autoencoder = TinyAutoencoder(config)
    assert not list(autoencoder.encoder.parameters())
    assert autoencoder.decode(autoencoder.encode(torch.zeros(1, 3, 32, 16))).shape == (1, 3, 32, 16)
    with pytest.raises(UsageError, match="Haar latents have 12 channels, not 4"):
        TinyAutoencoderConfig(encoder="haar")
