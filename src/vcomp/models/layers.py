"""What several networks share: views between frames and videos, zero initialisation, and being made ready."""

from __future__ import annotations

from typing import TypeVar

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

Module = TypeVar("Module", bound=nn.Module)


def frames_to_video(x: Float[Tensor, "bf c h w"], *, num_frames: int) -> Float[Tensor, "b c f n"]:
    """Frames as one 4-D picture per video, frames down and positions across.

    For channels-last frames this is a view, channels-last again: a (3, 1) convolution of it
    is a temporal one.
    """
    return rearrange(x, "(b f) c h w -> b c f (h w)", f=num_frames)


def video_to_frames(x: Float[Tensor, "b c f n"], *, height: int) -> Float[Tensor, "bf c h w"]:
    """Undo `frames_to_video`, also as a view."""
    return rearrange(x, "b c f (h w) -> (b f) c h w", h=height)


def zeroed(module: Module) -> Module:
    """`module` with all parameters set to zero, so that the residual branch it ends starts as nothing."""
    for parameter in module.parameters():
        nn.init.zeros_(parameter)
    return module


def placed(network: Module, *, device: torch.device | str, dtype: torch.dtype) -> Module:
    """`network` on a device, in one precision, channels-last, in evaluation mode and without gradients."""
    # torch takes all three at once; its annotations do not know.
    network.to(device=device, dtype=dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.eval().requires_grad_(False)
