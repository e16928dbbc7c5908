from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from torch import Tensor

from vcomp.diffusion.prediction import to_epsilon, to_x0
from vcomp.diffusion.schedule import NoiseSchedule, initial_noise
from vcomp.errors import UsageError


@pytest.fixture
def batch() -> tuple[Tensor, Tensor, Tensor]:
    """Latents, noise and timesteps."""
    return (
        initial_noise((4, 4, 2, 8, 8), 0),
        initial_noise((4, 4, 2, 8, 8), 1),
        torch.tensor([0, 1, 500, 999]),
    )


@pytest.mark.parametrize("zero_terminal_snr", [False, True])
def test_schedule_agrees_with_diffusers(
    batch: tuple[Tensor, Tensor, Tensor], zero_terminal_snr: bool
) -> None:
    latents, noise, timesteps = batch
    ours = NoiseSchedule.scaled_linear(zero_terminal_snr=zero_terminal_snr)
    theirs = DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        rescale_betas_zero_snr=zero_terminal_snr,
    )
    torch.testing.assert_close(ours.alphas_cumprod.float(), theirs.alphas_cumprod, atol=1e-5, rtol=1e-4)
    assert ours.zero_terminal_snr is zero_terminal_snr
    noisy = theirs.add_noise(latents, noise, timesteps)
    torch.testing.assert_close(ours.add_noise(latents, noise, timesteps), noisy, atol=2e-4, rtol=1e-3)


def test_zero_terminal_snr_ends_in_pure_noise_and_keeps_the_start() -> None:
    schedule = NoiseSchedule.scaled_linear(zero_terminal_snr=True)
    assert schedule.alphas_cumprod[-1] == 0
    assert schedule.alphas_cumprod[0] == pytest.approx(NoiseSchedule.scaled_linear().alphas_cumprod[0].item())
    assert (schedule.alphas_cumprod.diff() < 0).all()


@pytest.mark.parametrize(("prediction_type", "last"), [("epsilon", 998), ("v", 999), ("x0", 999)])
def test_predictions_lead_back_to_the_latents(
    batch: tuple[Tensor, Tensor, Tensor], prediction_type: str, last: int
) -> None:
    latents, noise, timesteps = batch
    timesteps = timesteps.clamp(max=last)
    schedule = NoiseSchedule.scaled_linear(zero_terminal_snr=prediction_type != "epsilon")
    noisy = schedule.add_noise(latents, noise, timesteps)
    signal, sigma = schedule.signal_and_noise(timesteps, latents)
    predicted = {"epsilon": noise, "v": signal * noise - sigma * latents, "x0": latents}[prediction_type]
    x0 = to_x0(predicted, noisy, signal=signal, noise=sigma, prediction_type=prediction_type)
    torch.testing.assert_close(x0, latents, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(to_epsilon(x0, noisy, signal=signal, noise=sigma), noise, atol=1e-3, rtol=1e-3)


def test_unknown_prediction_is_named(batch: tuple[Tensor, Tensor, Tensor]) -> None:
    latents, noise, _ = batch
    with pytest.raises(UsageError, match="'flow'"):
        to_x0(noise, latents, signal=latents, noise=latents, prediction_type="flow")


def test_timesteps_of_the_reference_and_of_zero_snr_models() -> None:
    schedule = NoiseSchedule.scaled_linear()
    assert schedule.sampling_timesteps(5, spacing="leading") == (801, 601, 401, 201, 1)
    assert schedule.sampling_timesteps(4, spacing="trailing") == (999, 749, 499, 249)


@pytest.mark.parametrize("spacing", ["leading", "trailing"])
@pytest.mark.parametrize("num_steps", [1, 7, 30, 999])
def test_as_many_falling_timesteps_as_asked_for(spacing: str, num_steps: int) -> None:
    timesteps = NoiseSchedule.scaled_linear().sampling_timesteps(num_steps, spacing=spacing)
    assert len(timesteps) == num_steps
    assert all(0 <= b < a <= 999 for a, b in pairwise(timesteps))


def test_noise_depends_on_the_seed_alone() -> None:
    assert torch.equal(initial_noise((2, 3), 5), initial_noise((2, 3), 5))
    assert not torch.equal(initial_noise((2, 3), 5), initial_noise((2, 3), 6))
    state = torch.random.get_rng_state()
    initial_noise((2, 3), 5)
    assert torch.equal(state, torch.random.get_rng_state())
