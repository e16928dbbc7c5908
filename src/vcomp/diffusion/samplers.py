"""Samplers: from noise to latents in a few steps, each a short pure function with one signature.

DPM-Solver++ and UniPC are diffusers', imported when they are first used: that takes seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from vcomp.diffusion.prediction import Denoise, PredictX0, to_epsilon, x0_predictor
from vcomp.diffusion.schedule import NoiseSchedule
from vcomp.errors import UsageError

OnStep = Callable[[int, int], None]  # (steps done, steps in all)

# The solvers divide by the signal; where there is none, diffusers has the same floor.
MIN_ALPHA_CUMPROD = 2**-24


class Sampler(Protocol):
    """The signature of all samplers."""

    def __call__(
        self,
        predict_x0: PredictX0,
        latents: Float[Tensor, "b ..."],
        *,
        schedule: NoiseSchedule,
        timesteps: tuple[int, ...],
        on_step: OnStep | None,
    ) -> Float[Tensor, "b ..."]:
        """Follow falling `timesteps` from noise to clean latents."""


def ddim(
    predict_x0: PredictX0,
    latents: Float[Tensor, "b ..."],
    *,
    schedule: NoiseSchedule,
    timesteps: tuple[int, ...],
    on_step: OnStep | None = None,
) -> Float[Tensor, "b ..."]:
    """DDIM (arXiv 2010.02502, equation 12), without noise; it ends at timestep 0, as the published one."""
    for step, timestep in enumerate(timesteps):
        following = timesteps[step + 1] if step + 1 < len(timesteps) else 0
        alpha, alpha_next = (schedule.alphas_cumprod[t].item() for t in (timestep, following))
        x0 = predict_x0(latents, timestep)
        epsilon = to_epsilon(x0, latents, signal=alpha**0.5, noise=(1 - alpha) ** 0.5)
        latents = alpha_next**0.5 * x0 + (1 - alpha_next) ** 0.5 * epsilon
        if on_step:
            on_step(step + 1, len(timesteps))
    return latents


def dpm_solver_pp(
    predict_x0: PredictX0,
    latents: Float[Tensor, "b ..."],
    *,
    schedule: NoiseSchedule,
    timesteps: tuple[int, ...],
    on_step: OnStep | None = None,
) -> Float[Tensor, "b ..."]:
    """DPM-Solver++(2M) (arXiv 2211.01095, algorithm 2), ending without noise."""
    from diffusers import DPMSolverMultistepScheduler

    scheduler = respaced(DPMSolverMultistepScheduler, schedule, timesteps)
    return _follow(scheduler, predict_x0, latents, timesteps=timesteps, on_step=on_step)


def unipc(
    predict_x0: PredictX0,
    latents: Float[Tensor, "b ..."],
    *,
    schedule: NoiseSchedule,
    timesteps: tuple[int, ...],
    on_step: OnStep | None = None,
) -> Float[Tensor, "b ..."]:
    """UniPC-2 with B(h) = exp(h) - 1 (arXiv 2302.04867), ending without noise."""
    from diffusers import UniPCMultistepScheduler

    scheduler = respaced(UniPCMultistepScheduler, schedule, timesteps)
    return _follow(scheduler, predict_x0, latents, timesteps=timesteps, on_step=on_step)


def respaced(scheduler_class: Callable[..., Any], schedule: NoiseSchedule, timesteps: tuple[int, ...]) -> Any:
    """A multistep scheduler of diffusers whose training steps are `timesteps`, all of which it visits.

    Respacing (arXiv 2102.09672, section 4) makes schedulers follow any timesteps, also those that have no
    argument for them. They are fed clean latents, whatever the network predicts.

    Args:
        scheduler_class: DPMSolverMultistepScheduler or UniPCMultistepScheduler, order 2.
        schedule: The one the network was trained with.
        timesteps: Falling.
    """
    alphas_cumprod = schedule.alphas_cumprod[list(reversed(timesteps))].clamp(min=MIN_ALPHA_CUMPROD)
    before = torch.cat([alphas_cumprod.new_ones(1), alphas_cumprod[:-1]])
    scheduler = scheduler_class(
        num_train_timesteps=len(timesteps),
        trained_betas=(1 - alphas_cumprod / before).tolist(),
        timestep_spacing="trailing",
        prediction_type="sample",
        solver_order=2,
        final_sigmas_type="zero",
    )
    scheduler.set_timesteps(len(timesteps))
    return scheduler


def _follow(
    scheduler: Any,
    predict_x0: PredictX0,
    latents: Float[Tensor, "b ..."],
    *,
    timesteps: tuple[int, ...],
    on_step: OnStep | None,
) -> Float[Tensor, "b ..."]:
    """Step a `respaced` scheduler from noise to clean latents."""
    for step, timestep in enumerate(timesteps):
        x0 = predict_x0(latents, timestep)
        latents = scheduler.step(x0, scheduler.timesteps[step], latents).prev_sample
        if on_step:
            on_step(step + 1, len(timesteps))
    return latents


SAMPLERS: dict[str, Sampler] = {"ddim": ddim, "dpm++": dpm_solver_pp, "unipc": unipc}


def sample(
    denoise: Denoise,
    latents: Float[Tensor, "b ..."],
    *,
    schedule: NoiseSchedule,
    prediction_type: str,
    num_steps: int,
    sampler: str = "dpm++",
    timestep_spacing: str = "leading",
    on_step: OnStep | None = None,
) -> Float[Tensor, "b ..."]:
    """Clean latents from noise.

    Args:
        denoise: The network with its guidance: (latents, timesteps [b]) to a prediction.
        latents: Standard normal noise, see `vcomp.diffusion.schedule.initial_noise`.
        schedule: The one the network was trained with.
        prediction_type: What the network predicts, one of `vcomp.diffusion.prediction.PREDICTION_TYPES`.
        num_steps: Calls of `denoise`.
        sampler: One of `SAMPLERS`.
        timestep_spacing: "leading" or "trailing", see `NoiseSchedule.sampling_timesteps`.
        on_step: Called after each step with the steps done and the steps in all.

    Raises:
        UsageError: A name is unknown, a number out of range, or two of them contradict each other.
    """
    if sampler not in SAMPLERS:
        raise UsageError(f"Unknown sampler {sampler!r}.", hint=f"Use one of: {', '.join(SAMPLERS)}.")
    timesteps = schedule.sampling_timesteps(num_steps, spacing=timestep_spacing)
    if prediction_type == "epsilon" and schedule.alphas_cumprod[timesteps[0]].item() == 0:
        raise UsageError(
            "Epsilon prediction cannot start where there is no signal.", hint="Use leading timesteps."
        )
    return SAMPLERS[sampler](
        x0_predictor(denoise, schedule=schedule, prediction_type=prediction_type),
        latents,
        schedule=schedule,
        timesteps=timesteps,
        on_step=on_step,
    )
