"""What several networks share: basic layers, views between frames and videos, and being made ready.

`Linear`, `Conv2d`, `GroupNorm` and `LayerNorm` are torch's, but compute in the precision of their input where
their weights are kept in a smaller one: half the memory on hardware that is slow at half precision.
"""

from __future__ import annotations

from typing import TypeVar

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

Module = TypeVar("Module", bound=nn.Module)


def widened(parameter: Tensor, x: Tensor) -> Tensor:
    """`parameter` in the precision of `x`, if that is the larger one; it is thrown away after use."""
    return parameter.to(x.dtype) if parameter.dtype.itemsize < x.dtype.itemsize else parameter


class Linear(nn.Linear):
    """A linear map."""

    def forward(self, x: Float[Tensor, "*axes c"]) -> Float[Tensor, "*axes c2"]:
        """See `torch.nn.Linear`."""
        return F.linear(x, widened(self.weight, x), _widened_if_there(self.bias, x))


class Conv2d(nn.Conv2d):
    """A convolution."""

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c2 h2 w2"]:
        """See `torch.nn.Conv2d`."""
        out: Tensor = self._conv_forward(x, widened(self.weight, x), _widened_if_there(self.bias, x))
        return out


class GroupNorm(nn.GroupNorm):
    """Normalisation over groups of channels."""

    def forward(self, x: Float[Tensor, "b c *axes"]) -> Float[Tensor, "b c *axes"]:
        """See `torch.nn.GroupNorm`."""
        return F.group_norm(x, self.num_groups, widened(self.weight, x), widened(self.bias, x), self.eps)


class LayerNorm(nn.LayerNorm):
    """Normalisation of each token."""

    def forward(self, x: Float[Tensor, "*axes c"]) -> Float[Tensor, "*axes c"]:
        """See `torch.nn.LayerNorm`."""
        weight, bias = widened(self.weight, x), widened(self.bias, x)
        return F.layer_norm(x, self.normalized_shape, weight, bias, self.eps)


def _widened_if_there(parameter: Tensor | None, x: Tensor) -> Tensor | None:
    return None if parameter is None else widened(parameter, x)


def frames_to_video(x: Float[Tensor, "bf c h w"], *, num_frames: int) -> Float[Tensor, "b c f n"]:
    """Frames as one 4-D picture per video, frames down and positions across.

    For channels-last frames this is a view, channels-last again: a (3, 1) convolution of it
    is a temporal one.
    """
    # Through channels last: else torch takes the strides of a single video for another layout, and copies it.
    video = rearrange(rearrange(x, "bf c h w -> bf h w c"), "(b f) h w c -> b f (h w) c", f=num_frames)
    return rearrange(video, "b f n c -> b c f n")


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
