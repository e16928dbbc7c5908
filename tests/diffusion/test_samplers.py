from __future__ import annotations

import pytest
import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler, UniPCMultistepScheduler
from torch import Tensor

from vcomp.diffusion.samplers import SAMPLERS, respaced, sample
from vcomp.diffusion.schedule import NoiseSchedule, initial_noise
from vcomp.errors import UsageError

SHAPE = (2, 4, 3, 8, 8)
NORMAL = NoiseSchedule.scaled_linear()
ZERO_SNR = NoiseSchedule.scaled_linear(zero_terminal_snr=True)


MODELS = [(NORMAL, "epsilon"), (NORMAL, "v"), (ZERO_SNR, "v"), (ZERO_SNR, "x0")]


def curved(latents: Tensor, timesteps: Tensor) -> Tensor:
    """A smooth stand-in for a network that depends on both its arguments."""
    return torch.tanh(latents + timesteps.reshape(-1, 1, 1, 1, 1) / 500)


def exact_velocity(latents: Tensor, timesteps: Tensor) -> Tensor:
    """The v that leads to the one clean video of all ones, from any noise."""
    signal, sigma = ZERO_SNR.signal_and_noise(timesteps, latents)
    return signal * (latents - signal) / sigma - sigma


class Gaussian:
    """Data from ``N(0.7, 0.4 ** 2)``, for which network and solution are known in closed form."""

    mean, deviation = 0.7, 0.4

    def marginal(self, timestep: int) -> tuple[float, float]:
        power = NORMAL.alphas_cumprod[timestep].item()
        return power**0.5 * self.mean, (power * self.deviation**2 + 1 - power) ** 0.5

    def predict_x0(self, latents: Tensor, timestep: int) -> Tensor:
        """The best estimate of the data."""
        signal = NORMAL.alphas_cumprod[timestep].item() ** 0.5
        mean, deviation = self.marginal(timestep)
        return self.mean + signal * (self.deviation / deviation) ** 2 * (latents - mean)

    def solve(self, latents: Tensor, start: int, end: int) -> Tensor:
        """The probability-flow ODE, exactly: a point keeps its place in the distribution."""
        (first_mean, first_deviation), (last_mean, last_deviation) = self.marginal(start), self.marginal(end)
        return last_mean + last_deviation * (latents - first_mean) / first_deviation


def diffusers_sample(
    scheduler_class: type, schedule: NoiseSchedule, num_steps: int, prediction_type: str
) -> Tensor:
    scheduler = scheduler_class(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type={"v": "v_prediction", "x0": "sample"}.get(prediction_type, prediction_type),
        timestep_spacing="trailing",
        rescale_betas_zero_snr=schedule.zero_terminal_snr,
    )
    scheduler.set_timesteps(num_steps)
    latents = initial_noise(SHAPE, seed=1)
    for timestep in scheduler.timesteps:
        prediction = curved(latents, timestep.expand(len(latents)))
        latents = scheduler.step(prediction, timestep, latents).prev_sample
    return latents


@pytest.mark.parametrize("num_steps", [1, 2, 3, 20])
@pytest.mark.parametrize(("schedule", "prediction_type"), MODELS)
@pytest.mark.parametrize(
    ("name", "scheduler_class"), [("dpm++", DPMSolverMultistepScheduler), ("unipc", UniPCMultistepScheduler)]
)
def test_solvers_agree_with_diffusers(
    name: str, scheduler_class: type, schedule: NoiseSchedule, prediction_type: str, num_steps: int
) -> None:
    ours = sample(
        curved,
        initial_noise(SHAPE, seed=1),
        schedule=schedule,
        prediction_type=prediction_type,
        num_steps=num_steps,
        sampler=name,
        timestep_spacing="trailing",
    )
    theirs = diffusers_sample(scheduler_class, schedule, num_steps, prediction_type)
    # Where there is no signal diffusers leaves 2 ** -12 of it in; ours reads the prediction there exactly.
    tolerance = 1e-3 if schedule.zero_terminal_snr else 1e-4
    assert (ours - theirs).norm() / theirs.norm() < tolerance


@pytest.mark.parametrize("num_steps", [1, 5, 20])
@pytest.mark.parametrize(("schedule", "prediction_type"), MODELS)
def test_ddim_agrees_with_diffusers(schedule: NoiseSchedule, prediction_type: str, num_steps: int) -> None:
    ours = sample(
        curved,
        initial_noise(SHAPE, seed=1),
        schedule=schedule,
        prediction_type=prediction_type,
        num_steps=num_steps,
        sampler="ddim",
        timestep_spacing="trailing",
    )
    scheduler = DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type={"v": "v_prediction", "x0": "sample"}.get(prediction_type, prediction_type),
        timestep_spacing="trailing",
        rescale_betas_zero_snr=schedule.zero_terminal_snr,
        clip_sample=False,
        set_alpha_to_one=False,
    )
    scheduler.set_timesteps(num_steps)
    theirs = initial_noise(SHAPE, seed=1)
    for timestep in scheduler.timesteps:
        theirs = scheduler.step(curved(theirs, timestep.expand(2)), timestep, theirs).prev_sample
    assert (ours - theirs).norm() / theirs.norm() < 1e-4


@pytest.mark.parametrize(
    ("name", "order", "most"), [("ddim", 1, 5e-3), ("dpm++", 2, 1e-4), ("unipc", 2, 5e-5)]
)
def test_samplers_converge_to_the_exact_solution_in_their_order(name: str, order: int, most: float) -> None:
    data, noise = Gaussian(), initial_noise(SHAPE, seed=3)

    def run(latents: Tensor, timesteps: tuple[int, ...]) -> Tensor:
        return SAMPLERS[name](
            data.predict_x0,
            latents,
            schedule=NORMAL,
            timesteps=timesteps,
            on_step=None,
        )

    # The last step, to no noise, is of first order in all of them: it is taken alike, from the exact latents.
    exact = run(data.solve(noise, 999, 99), (99,))
    coarse, fine = (
        ((run(noise, tuple(range(999, 98, -stride))) - exact).norm() / exact.norm()).item()
        for stride in (30, 15)
    )
    assert fine < most
    assert coarse / fine > 0.8 * 2**order


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("num_steps", [1, 2, 20])
@pytest.mark.parametrize("spacing", ["leading", "trailing"])
def test_zero_terminal_snr_stays_finite_and_repeats(name: str, num_steps: int, spacing: str) -> None:
    results = [
        sample(
            curved,
            initial_noise(SHAPE, seed=4),
            schedule=ZERO_SNR,
            prediction_type="v",
            num_steps=num_steps,
            sampler=name,
            timestep_spacing=spacing,
        )
        for _ in range(2)
    ]
    assert results[0].isfinite().all()
    assert torch.equal(*results)
    assert results[0].dtype == torch.float32


@pytest.mark.parametrize("scheduler_class", [DPMSolverMultistepScheduler, UniPCMultistepScheduler])
@pytest.mark.parametrize("schedule", [NORMAL, ZERO_SNR])
@pytest.mark.parametrize("num_steps", [1, 2, 20, 999])
def test_respaced_scheduler_has_the_noise_levels_of_our_timesteps(
    scheduler_class: type, schedule: NoiseSchedule, num_steps: int
) -> None:
    timesteps = schedule.sampling_timesteps(num_steps, spacing="trailing")
    scheduler = respaced(scheduler_class, schedule, timesteps)
    assert scheduler.timesteps.tolist() == list(reversed(range(num_steps)))
    power = schedule.alphas_cumprod[list(timesteps)].clamp(min=2**-24)
    expected = torch.cat([((1 - power) / power).sqrt(), torch.zeros(1)])
    # A float32 beta near one, where hardly any signal is left, keeps few digits of what it leaves.
    assert torch.allclose(scheduler.sigmas[1:].double(), expected[1:], rtol=1e-3)
    assert torch.allclose(scheduler.sigmas[:1].double(), expected[:1], rtol=5e-2)


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_perfect_network_is_followed_from_pure_noise(name: str) -> None:
    clean = sample(
        exact_velocity,
        initial_noise(SHAPE, seed=2),
        schedule=ZERO_SNR,
        prediction_type="v",
        num_steps=8,
        sampler=name,
        timestep_spacing="trailing",
    )
    residual_noise = (1 - ZERO_SNR.alphas_cumprod[0].item()) ** 0.5
    assert (clean - 1).abs().max() < (5 * residual_noise if name == "ddim" else 1e-4)


@pytest.mark.parametrize("name", SAMPLERS)
def test_steps_are_reported_and_each_calls_the_network_once(name: str) -> None:
    reported: list[tuple[int, int]] = []
    visited: list[int] = []

    def counting(latents: Tensor, timesteps: Tensor) -> Tensor:
        visited.append(int(timesteps[0]))
        return curved(latents, timesteps)

    sample(
        counting,
        initial_noise(SHAPE, seed=0),
        schedule=NORMAL,
        prediction_type="epsilon",
        num_steps=4,
        sampler=name,
        on_step=lambda done, total: reported.append((done, total)),
    )
    assert visited == [751, 501, 251, 1]
    assert reported == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sampler": "euler"}, "'euler'.*ddim, dpm\\+\\+, unipc"),
        ({"prediction_type": "x"}, "'x'.*epsilon, v, x0"),
        ({"num_steps": 0}, "0 steps"),
        ({"timestep_spacing": "even"}, "'even'.*leading, trailing"),
        ({"schedule": ZERO_SNR, "timestep_spacing": "trailing"}, "no signal"),
    ],
)
def test_wrong_options_are_named(options: dict[str, object], message: str) -> None:
    arguments = {"schedule": NORMAL, "prediction_type": "epsilon", "num_steps": 4} | options
    with pytest.raises(UsageError, match=message):
        sample(curved, initial_noise(SHAPE, seed=0), **arguments)
