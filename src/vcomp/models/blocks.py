"""Blocks the UNet is made of: residual blocks with temporal convolutions, layers, down- and upsampling.

Activations are ``(b f) c h w``, channels-last in memory, so frames and videos are views of each other.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from vcomp.models.attention import KeysValues, SpatialTransformer, TemporalTransformer
from vcomp.models.config import UNetConfig
from vcomp.models.layers import Conv2d, GroupNorm, Linear, frames_to_video, video_to_frames, zeroed


class TemporalConv(Conv2d):
    """A convolution over three frames at each position.

    Args:
        channels: Of its input and of its output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels, (3, 1), padding=(1, 0))

    def forward(self, x: Float[Tensor, "b c f n"]) -> Float[Tensor, "b c f n"]:
        """See `torch.nn.Conv2d`."""
        # On a CPU in bfloat16 three matrix products take half to two thirds of a convolution's time, in which
        # weights are laid out anew in every call. In float32 both are as fast.
        if x.device.type != "cpu" or x.dtype != torch.bfloat16 or torch.is_grad_enabled():
            return super().forward(x)
        before, here, after = (self.weight[:, :, tap, 0] for tap in range(3))
        video = rearrange(x, "b c f n -> b f n c")
        out = F.linear(video, here, self.bias)
        for summed, frames in zip(out, video, strict=True):
            _add_product(summed[1:], frames[:-1], before)
            _add_product(summed[:-1], frames[1:], after)
        return rearrange(out, "b f n c -> b c f n")


def _add_product(
    out: Float[Tensor, "f n c2"], tokens: Float[Tensor, "f n c"], weight: Float[Tensor, "c2 c"]
) -> None:
    """Add a linear map of the tokens to `out`, in place."""
    rows = out.flatten(0, 1)
    torch.addmm(rows, tokens.flatten(0, 1), weight.T, out=rows)


class TemporalConvBlock(nn.Module):
    """Four convolutions over three frames each; residual, and nothing at the start of training."""

    def __init__(self, *, channels: int, norm_groups: int, dropout: float) -> None:
        super().__init__()
        self.norms = nn.ModuleList(GroupNorm(norm_groups, channels) for _ in range(4))
        self.convs = nn.ModuleList(TemporalConv(channels) for _ in range(4))
        self.dropout = nn.Dropout(dropout)
        zeroed(self.convs[-1])

    def forward(self, x: Float[Tensor, "bf c h w"], *, num_frames: int) -> Float[Tensor, "bf c h w"]:
        """Mix neighbouring frames; the group norms are over all frames of a video."""
        video = hidden = frames_to_video(x, num_frames=num_frames)
        for index, (norm, conv) in enumerate(zip(self.norms, self.convs, strict=True)):
            hidden = F.silu(norm(hidden))
            hidden = conv(hidden if index == 0 else self.dropout(hidden))
        return video_to_frames(video + hidden, height=x.shape[2])


class ResBlock(nn.Module):
    """Two convolutions of each frame with the timestep added between, residual; then a temporal block.

    Where the configuration says so, the features between are scaled by it, too: only products let what the
    embedding says choose among the convolution's features, such as those of one direction.
    """

    def __init__(self, *, in_channels: int, out_channels: int, config: UNetConfig) -> None:
        super().__init__()
        self.norm1 = GroupNorm(config.norm_groups, in_channels)
        self.conv1 = Conv2d(in_channels, out_channels, 3, padding=1)
        self.embedding = Linear(config.embedding_dim, out_channels)
        self.scale = zeroed(Linear(config.embedding_dim, out_channels)) if config.scale_features else None
        self.norm2 = GroupNorm(config.norm_groups, out_channels)
        self.dropout = nn.Dropout(config.dropout)
        self.conv2 = zeroed(Conv2d(out_channels, out_channels, 3, padding=1))
        self.skip = nn.Identity() if in_channels == out_channels else Conv2d(in_channels, out_channels, 1)
        self.temporal = TemporalConvBlock(
            channels=out_channels, norm_groups=config.norm_groups, dropout=config.dropout
        )
        self.min_frames = config.min_temporal_frames

    def forward(
        self, x: Float[Tensor, "bf c h w"], embedding: Float[Tensor, "b f1 e"], *, num_frames: int
    ) -> Float[Tensor, "bf c2 h w"]:
        """Transform features; `embedding`, after its activation, is of each frame or one for all."""
        hidden = self.conv1(F.silu(self.norm1(x)))
        hidden = self.norm2(hidden + _of_frames(self.embedding(embedding), num_frames))
        if self.scale is not None:
            hidden = hidden * (1 + _of_frames(self.scale(embedding), num_frames))
        hidden = self.conv2(self.dropout(F.silu(hidden)))
        out: Tensor = self.skip(x) + hidden
        return out if num_frames < self.min_frames else self.temporal(out, num_frames=num_frames)


def _of_frames(vectors: Float[Tensor, "b f1 c"], num_frames: int) -> Float[Tensor, "bf c 1 1"]:
    """A vector for every frame, to be broadcast over its pixels; given is one of each frame, or of all."""
    return vectors.expand(-1, num_frames, -1).flatten(0, 1)[:, :, None, None]


class UNetLayer(nn.Module):
    """A residual block and, where the scale has attention, a spatial and a temporal transformer."""

    def __init__(self, *, in_channels: int, out_channels: int, attention: bool, config: UNetConfig) -> None:
        super().__init__()
        self.residual = ResBlock(in_channels=in_channels, out_channels=out_channels, config=config)
        self.spatial: SpatialTransformer | None = None
        self.temporal: TemporalTransformer | None = None
        self.min_frames = config.min_temporal_frames
        if attention:
            num_heads = out_channels // config.head_dim
            self.spatial = SpatialTransformer(
                channels=out_channels,
                num_heads=num_heads,
                head_dim=config.head_dim,
                context_dim=config.context_dim,
                norm_groups=config.norm_groups,
            )
            self.temporal = TemporalTransformer(
                channels=out_channels,
                num_heads=num_heads,
                head_dim=config.head_dim,
                norm_groups=config.norm_groups,
            )

    def forward(
        self,
        x: Float[Tensor, "bf c h w"],
        embedding: Float[Tensor, "b f1 e"],
        keys_values: Iterator[KeysValues],
        *,
        num_frames: int,
    ) -> Float[Tensor, "bf c2 h w"]:
        """Transform features; a layer with attention takes the next pair of `keys_values`."""
        x = self.residual(x, embedding, num_frames=num_frames)
        if self.spatial is not None and self.temporal is not None:
            x = self.spatial(x, next(keys_values))
            x = x if num_frames < self.min_frames else self.temporal(x, num_frames=num_frames)
        return x


class Downsample(nn.Module):
    """Halve height and width by a convolution."""

    def __init__(self, *, channels: int) -> None:
        super().__init__()
        self.conv = Conv2d(channels, channels, 3, stride=2, padding=1)

    def forward(self, x: Float[Tensor, "bf c h w"]) -> Float[Tensor, "bf c h2 w2"]:
        """Halve the size, rounding up."""
        out: Tensor = self.conv(x)
        return out


class Upsample(nn.Module):
    """Repeat pixels, then smooth by a convolution."""

    def __init__(self, *, channels: int) -> None:
        super().__init__()
        self.conv = Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Float[Tensor, "bf c h w"], *, size: tuple[int, int]) -> Float[Tensor, "bf c h2 w2"]:
        """Bring features to `size`, that of the skip connection they meet: twice their own, or one less."""
        out: Tensor = self.conv(F.interpolate(x, size=size, mode="nearest"))
        return out
