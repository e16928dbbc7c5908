"""The full-size UNet and diffusers' public relative of it, with random weights, ready to be timed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from measuring import CPU
from torch import Tensor, nn

from vcomp.conditions.spec import TOKEN_CONDITIONS
from vcomp.diffusion.guidance import Guidance, guided_denoise
from vcomp.diffusion.samplers import OnStep, sample
from vcomp.diffusion.schedule import NoiseSchedule
from vcomp.engine.denoising import ConditionedUNet
from vcomp.engine.devices import arithmetic_dtype
from vcomp.engine.settings import Settings
from vcomp.models.config import VIDEOCOMPOSER_UNET
from vcomp.models.published import VIDEOCOMPOSER
from vcomp.models.unet import UNet

TEXT_TOKENS = 77
TOKENS = frozenset(TOKEN_CONDITIONS)
CONDITION_SIDE = {"motion": 256}  # the others have 384 pixels
NUM_WEIGHTS = 1_420_000_000  # of the larger of the two

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Size:
    """Of a video in latents."""

    num_frames: int = 16
    side: int = 32

    def __str__(self) -> str:
        return f"{self.num_frames} frames of {self.side}x{self.side} latents"


FULL = Size()


def random_weights(dtype: torch.dtype) -> Tensor:
    """Numbers for the weights of either network: two may share them, so that memory holds them once."""
    weights = torch.empty(NUM_WEIGHTS, dtype=dtype)
    for part in weights.split(2**24):
        part.copy_(torch.randn(part.shape).mul_(0.02))
    return weights


def build(make: Callable[[], Network], weights: Tensor, *, channels_last: bool) -> Network:
    """A network for inference whose parameters are views of `weights`, one after another."""
    with torch.device("meta"):
        network = make()
    state, start = {}, 0
    for name, parameter in network.state_dict().items():
        own = weights[start : start + parameter.numel()]
        start += parameter.numel()
        if channels_last and parameter.ndim == 4:
            o, i, h, w = parameter.shape
            state[name] = own.view(o, h, w, i).permute(0, 3, 1, 2)
        else:
            state[name] = own.view(parameter.shape)
    network.load_state_dict(state, assign=True)
    return network.eval().requires_grad_(False)


def conditioned_unet(weights: Tensor, *, size: Size = FULL, num_steps: int = 20) -> ConditionedUNet:
    """The published sizes as the sampler sees them: text, style and all STC conditions encoded beforehand."""
    unet = build(lambda: UNet(VIDEOCOMPOSER_UNET), weights, channels_last=True)
    unet.arithmetic = arithmetic_dtype(weights.dtype, CPU)
    context_dim = VIDEOCOMPOSER_UNET.context_dim
    with torch.inference_mode():
        encoded = unet.encode_conditions(_conditions(size), latent_size=(size.side, size.side))
        contexts = {
            names: unet.prepare_context(
                unet.encode_context(torch.randn(1, TEXT_TOKENS, context_dim), torch.randn(1, 1, context_dim))
            )
            for names in (TOKENS, frozenset[str]())
        }
    timesteps = _schedule().sampling_timesteps(num_steps, spacing=VIDEOCOMPOSER.timestep_spacing)
    return ConditionedUNet(
        unet=unet,
        encoded=encoded,
        contexts=contexts,
        settings=Settings(num_frames=size.num_frames, num_steps=num_steps),
        positions={t: step / num_steps for step, t in enumerate(timesteps)},
    )


def one_pass(conditioned: ConditionedUNet, *, size: Size = FULL) -> Callable[[], Tensor]:
    """One evaluation with every condition."""
    latents, timesteps = _noise(size), torch.tensor([next(iter(conditioned.positions))])
    names = TOKENS | frozenset(conditioned.encoded)

    @torch.inference_mode()
    def call() -> Tensor:
        return conditioned(latents, timesteps, names)

    return call


def guided_sampling(conditioned: ConditionedUNet, *, on_step: OnStep) -> Callable[[], Tensor]:
    """All steps, guided by text and style as the published model is."""
    frames = frozenset(conditioned.encoded)
    guidance = Guidance.between(frames, frames | TOKENS, scale=VIDEOCOMPOSER.guidance_scale)

    @torch.inference_mode()
    def call() -> Tensor:
        return sample(
            guided_denoise(conditioned, guidance),
            _noise(FULL),
            schedule=_schedule(),
            prediction_type=VIDEOCOMPOSER.prediction_type,
            num_steps=conditioned.settings.num_steps,
            sampler=conditioned.settings.sampler,
            timestep_spacing=VIDEOCOMPOSER.timestep_spacing,
            on_step=on_step,
        )

    return call


def diffusers_unet(weights: Tensor, *, size: Size = FULL) -> Callable[[], Tensor]:
    """One pass of diffusers' UNet3DConditionModel at the same sizes, as its users have it."""
    from diffusers import UNet3DConditionModel

    config: dict[str, Any] = {
        "in_channels": 4 + VIDEOCOMPOSER_UNET.condition_channels,
        "out_channels": 4,
        "block_out_channels": (320, 640, 1280, 1280),
        "cross_attention_dim": VIDEOCOMPOSER_UNET.context_dim,
        "attention_head_dim": VIDEOCOMPOSER_UNET.head_dim,
        "sample_size": size.side,
    }
    unet = build(lambda: UNet3DConditionModel(**config), weights, channels_last=False)
    dtype, width = weights.dtype, VIDEOCOMPOSER_UNET.context_dim
    latents = torch.randn(1, config["in_channels"], size.num_frames, size.side, size.side, dtype=dtype)
    context = torch.randn(1, TEXT_TOKENS + 1, width, dtype=dtype)

    @torch.inference_mode()
    def call() -> Tensor:
        prediction: Tensor = unet(latents, 481, encoder_hidden_states=context).sample
        return prediction

    return call


def _conditions(size: Size) -> dict[str, Tensor]:
    """Random conditions of the published sizes."""
    return {
        name: torch.rand(1, channels, size.num_frames, *[CONDITION_SIDE.get(name, 384)] * 2)
        for name, channels in VIDEOCOMPOSER_UNET.conditions
    }


def _noise(size: Size) -> Tensor:
    return torch.randn(1, VIDEOCOMPOSER_UNET.latent_channels, size.num_frames, size.side, size.side)


def _schedule() -> NoiseSchedule:
    return NoiseSchedule.scaled_linear(zero_terminal_snr=VIDEOCOMPOSER.zero_terminal_snr)
