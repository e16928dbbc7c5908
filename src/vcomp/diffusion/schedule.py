"""The noise schedule: how much signal and noise the latents hold at each timestep."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from vcomp.errors import UsageError

TIMESTEP_SPACINGS = ("leading", "trailing")


@dataclass(frozen=True, eq=False)
class NoiseSchedule:
    """Variance-preserving: x_t = sqrt(alphas_cumprod[t]) x_0 + sqrt(1 - alphas_cumprod[t]) noise."""

    alphas_cumprod: Float[Tensor, " t"]  # float64, on the CPU; share of signal power, falling with t

    @classmethod
    def scaled_linear(
        cls,
        *,
        beta_start: float = 0.00085,
        beta_end: float = 0.012,
        num_timesteps: int = 1000,
        zero_terminal_snr: bool = False,
    ) -> NoiseSchedule:
        """Betas linear in their square roots, as latent diffusion models have them.

        Args:
            beta_start: Variance added by the first step.
            beta_end: Variance added by the last step.
            num_timesteps: Number of steps the model was trained on.
            zero_terminal_snr: Shift and scale sqrt(alphas_cumprod) so that the last timestep holds no signal
                (arXiv 2305.08891, algorithm 1). Such models predict v.
        """
        roots = torch.linspace(beta_start**0.5, beta_end**0.5, num_timesteps, dtype=torch.float64)
        signal = torch.cumprod(1 - roots.square(), dim=0).sqrt()
        if zero_terminal_snr:
            signal = (signal - signal[-1]) * signal[0] / (signal[0] - signal[-1])
        return cls(signal.square())

    @property
    def num_timesteps(self) -> int:
        """Number of steps the model was trained on."""
        return len(self.alphas_cumprod)

    @property
    def zero_terminal_snr(self) -> bool:
        """Whether the last timestep holds no signal."""
        return self.alphas_cumprod[-1].item() == 0

    def signal_and_noise(
        self, timesteps: Int[Tensor, " b"], like: Float[Tensor, "b ..."]
    ) -> tuple[Float[Tensor, "b ..."], Float[Tensor, "b ..."]]:
        """Factors of signal and noise at `timesteps`, shaped to broadcast over `like`, in its dtype."""
        alphas_cumprod = self.alphas_cumprod[timesteps.cpu()].reshape(-1, *[1] * (like.ndim - 1))
        return alphas_cumprod.sqrt().to(like), (1 - alphas_cumprod).sqrt().to(like)

    def add_noise(
        self,
        latents: Float[Tensor, "b ..."],
        noise: Float[Tensor, "b ..."],
        timesteps: Int[Tensor, " b"],
    ) -> Float[Tensor, "b ..."]:
        """Clean latents brought to the noise level of their timesteps (arXiv 2006.11239, equation 4)."""
        signal, sigma = self.signal_and_noise(timesteps, latents)
        return signal * latents + sigma * noise

    def sampling_timesteps(self, num_steps: int, *, spacing: str) -> tuple[int, ...]:
        """The timesteps a sampler visits, falling.

        Args:
            num_steps: From 1 to the number of training steps.
            spacing: "leading" (1, 1 + stride, ...) or "trailing" (from the last one
                down, which zero terminal SNR wants; arXiv 2305.08891, table 2).

        Raises:
            UsageError: The number of steps or the spacing is outside these.
        """
        if not 1 <= num_steps < self.num_timesteps:
            raise UsageError(
                f"Cannot sample in {num_steps} steps.", hint=f"Use 1 to {self.num_timesteps - 1}."
            )
        stride = self.num_timesteps / num_steps
        if spacing == "leading":
            return tuple(1 + int(index * stride) for index in reversed(range(num_steps)))
        if spacing == "trailing":
            return tuple(round(self.num_timesteps - index * stride) - 1 for index in range(num_steps))
        raise UsageError(
            f"Unknown timestep spacing {spacing!r}.", hint=f"Use one of: {', '.join(TIMESTEP_SPACINGS)}."
        )


def initial_noise(shape: tuple[int, ...], seed: int) -> Float[Tensor, "*axes"]:
    """Standard normal float32 noise; from a CPU generator, so that one seed is one video on any device."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))
