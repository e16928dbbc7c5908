"""A small monocular depth estimator: relative inverse depth of one picture at a time."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from einops import reduce
from jaxtyping import Float
from torch import Tensor, nn

SHORT_SIDE_PX = 160
"""Larger pictures are estimated at this size, where errors on drawn frames of 256 pixels were least: the
network learnt on 128."""


class DepthEstimator(Protocol):
    """What the depth extractor asks of a network: RGB frames in [-1,1] to inverse depth, larger = nearer.

    Any module with this call fits. The unit is the estimator's own; `DepthNet` gives [0,1].
    """

    def __call__(self, frames: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1 h w"]:
        """Inverse depth of each frame, at its size."""
        ...


@dataclass(frozen=True)
class DepthConfig:
    """The size of a `DepthNet`."""

    channels: tuple[int, ...] = (24, 40, 64, 96)  # a level each, the first at half the picture's size
    num_blocks: int = 1  # residual blocks a level, down and up alike
    num_groups: int = 8  # of GroupNorm; divides every entry of channels


class ResidualBlock(nn.Module):
    """GroupNorm, SiLU, 3x3 convolution, twice, added to the input."""

    def __init__(self, *, in_channels: int, out_channels: int, num_groups: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.GroupNorm(num_groups, in_channels),
            nn.SiLU(),
            nn.Conv2d(in_channels, out_channels, 3, padding=1),
            nn.GroupNorm(num_groups, out_channels),
            nn.SiLU(),
            nn.Conv2d(out_channels, out_channels, 3, padding=1),
        )
        same = in_channels == out_channels
        self.shortcut = nn.Identity() if same else nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d h w"]:
        """Features of the same height and width."""
        out: Tensor = self.shortcut(x) + self.layers(x)
        return out


def _blocks(in_channels: int, out_channels: int, config: DepthConfig) -> nn.Sequential:
    widths = [in_channels] + [out_channels] * config.num_blocks
    return nn.Sequential(
        *(
            ResidualBlock(in_channels=before, out_channels=after, num_groups=config.num_groups)
            for before, after in itertools.pairwise(widths)
        )
    )


class DepthNet(nn.Module):
    """Encoder and decoder with skip connections, and the deepest level's mean as a view of the whole scene.

    Half a million parameters with the default configuration. Pictures whose shorter side exceeds
    `SHORT_SIDE_PX` are reduced to it, and their depth is enlarged. All are padded to a multiple of the
    coarsest level's stride (16) by repeating their border, and the result is cropped back.
    """

    def __init__(self, config: DepthConfig) -> None:
        super().__init__()
        channels = config.channels
        self.stride_px = 2 ** len(channels)
        self.stem = nn.Conv2d(3 * 2 * 2, channels[0], 3, padding=1)
        self.down = nn.ModuleList(
            _blocks(before, after, config) for before, after in itertools.pairwise((channels[0], *channels))
        )
        deepest = channels[-1]
        self.scene = nn.Sequential(nn.Linear(deepest, deepest), nn.SiLU(), nn.Linear(deepest, deepest))
        self.up = nn.ModuleList(
            _blocks(coarse + fine, fine, config)
            for coarse, fine in zip(channels[:0:-1], channels[-2::-1], strict=True)
        )
        self.head = nn.Sequential(
            nn.GroupNorm(config.num_groups, channels[0]),
            nn.SiLU(),
            nn.Conv2d(channels[0], 4, 3, padding=1),
            nn.PixelShuffle(2),
        )

    def forward(self, frames: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1 h w"]:
        """Relative inverse depth in [0,1], larger = nearer, of RGB frames in [-1,1] of any size."""
        size = frames.shape[-2:]
        scale = SHORT_SIDE_PX / min(size)
        if scale >= 1:
            return self._at_full_size(frames)
        height, width = (round(side * scale) for side in size)
        reduced = F.interpolate(frames, (height, width), mode="bilinear", antialias=True)
        depth = self._at_full_size(reduced)
        return F.interpolate(depth.float(), size, mode="bilinear", align_corners=False)

    def _at_full_size(self, frames: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1 h w"]:
        height, width = frames.shape[-2:]
        padding = (0, -width % self.stride_px, 0, -height % self.stride_px)
        patches = F.pixel_unshuffle(F.pad(frames, padding, mode="replicate"), 2)
        # Convolutions follow their input's layout, and this one is twice as fast on CPUs.
        features = self.stem(patches.contiguous(memory_format=torch.channels_last))
        skips: list[Tensor] = []
        for level, blocks in enumerate(self.down):
            features = blocks(F.avg_pool2d(features, 2) if level else features)
            skips.append(features)
        scene: Tensor = self.scene(reduce(skips.pop(), "b c h w -> b c", "mean"))
        features = features + scene[:, :, None, None]
        for blocks in self.up:
            features = F.interpolate(features, scale_factor=2.0, mode="nearest")
            features = blocks(torch.cat([features, skips.pop()], dim=1))
        depth: Tensor = self.head(features)
        return depth[..., :height, :width].sigmoid()


def depth_loss(
    prediction: Float[Tensor, "b 1 h w"],
    target: Float[Tensor, "b 1 h w"],
    *,
    gradient_weight: float = 1.0,
    num_scales: int = 4,
) -> Float[Tensor, ""]:
    """Mean absolute error, and that of the error's gradients over a pyramid, which keeps outlines sharp.

    The gradient term is MiDaS's multi-scale gradient matching (arXiv 1907.01341, section 5). Unlike
    there, no scale or shift is fitted first: prediction and target share one fixed range.

    Args:
        prediction: Inverse depth in [0,1].
        target: The same, exact.
        gradient_weight: Of the gradient term.
        num_scales: Levels of the pyramid, each half the last; those under two pixels are left out.

    Returns:
        A scalar, 0 when both are equal.
    """
    error = prediction.float() - target.float()
    loss = error.abs().mean()
    for _ in range(num_scales):
        if min(error.shape[-2:]) < 2:
            break
        loss = loss + gradient_weight * (error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean())
        error = F.avg_pool2d(error, 2)
    return loss
