"""What a network may predict, and the way from there to clean latents x_0; so samplers never branch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from vcomp.diffusion.schedule import NoiseSchedule
from vcomp.errors import UsageError

PREDICTION_TYPES = ("epsilon", "v", "x0")

Denoise = Callable[[Tensor, Tensor], Tensor]  # (latents [b ...], timesteps [b]) -> prediction [b ...]
PredictX0 = Callable[[Tensor, int], Tensor]  # (latents [b ...], timestep) -> clean latents [b ...]


def to_x0(
    prediction: Float[Tensor, "*axes"],
    latents: Float[Tensor, "*axes"],
    *,
    signal: Float[Tensor, "*axes"],
    noise: Float[Tensor, "*axes"],
    prediction_type: str,
) -> Float[Tensor, "*axes"]:
    """Clean latents from a prediction (arXiv 2006.11239, equation 15; for v arXiv 2202.00512, appendix D).

    Args:
        prediction: Of the network, in the shape of `latents`.
        latents: Noisy latents x_t.
        signal: sqrt(alphas_cumprod[t]), broadcastable to `latents`.
        noise: sqrt(1 - alphas_cumprod[t]), broadcastable to `latents`.
        prediction_type: One of `PREDICTION_TYPES`.

    Raises:
        UsageError: The prediction type is unknown.
    """
    if prediction_type == "epsilon":
        return (latents - noise * prediction) / signal
    if prediction_type == "v":
        return signal * latents - noise * prediction
    if prediction_type == "x0":
        return prediction
    raise _unknown(prediction_type)


def to_epsilon(
    x0: Float[Tensor, "*axes"],
    latents: Float[Tensor, "*axes"],
    *,
    signal: Float[Tensor, "*axes"] | float,
    noise: Float[Tensor, "*axes"] | float,
) -> Float[Tensor, "*axes"]:
    """The noise that, with clean latents `x0`, makes up `latents`."""
    return (latents - signal * x0) / noise


def x0_predictor(denoise: Denoise, *, schedule: NoiseSchedule, prediction_type: str) -> PredictX0:
    """`denoise` as samplers want it: one timestep for the batch, and clean latents out.

    Args:
        denoise: It gets the timestep as a tensor `[b]` on the CPU, wherever the latents are.
        schedule: The one the network was trained with.
        prediction_type: One of `PREDICTION_TYPES`.

    Raises:
        UsageError: The prediction type is unknown.
    """
    if prediction_type not in PREDICTION_TYPES:
        raise _unknown(prediction_type)

    def predict_x0(latents: Tensor, timestep: int) -> Tensor:
        # On the CPU, as the schedule is: nothing waits for a GPU to look at them.
        timesteps = torch.full((latents.shape[0],), timestep)
        alpha_cumprod = schedule.alphas_cumprod[timestep]
        signal, noise = alpha_cumprod.sqrt(), (1 - alpha_cumprod).sqrt()
        prediction = denoise(latents, timesteps)
        return to_x0(prediction, latents, signal=signal, noise=noise, prediction_type=prediction_type)

    return predict_x0


def _unknown(prediction_type: str) -> UsageError:
    return UsageError(
        f"Unknown prediction type {prediction_type!r}.", hint=f"Use one of: {', '.join(PREDICTION_TYPES)}."
    )
