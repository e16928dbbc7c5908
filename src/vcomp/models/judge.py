"""A small classifier of drawn frames: what kind of object they show, and in which style."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from vcomp.models.depth import ResidualBlock

_PATCH_PX = 4
_GROUPS = 8


class Verdict(NamedTuple):
    """Logits of each kind and of each style, by frame."""

    kind: Float[Tensor, "b k"]
    style: Float[Tensor, "b s"]


class Judge(nn.Module):
    """Residual convolutions over patches of four pixels, and two linear answers to their mean and maximum.

    The residual path is not normalised, so that absolute colours, which styles differ by, get through.

    Args:
        num_kinds: How many kinds of object it tells apart.
        num_styles: How many styles.
        widths: Channels, a level each; each but the first is half as large as the one before.
    """

    def __init__(self, *, num_kinds: int, num_styles: int, widths: tuple[int, ...] = (32, 64, 96)) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.PixelUnshuffle(_PATCH_PX), nn.Conv2d(3 * _PATCH_PX**2, widths[0], 3, padding=1)
        )
        self.blocks = nn.Sequential(
            *(
                nn.Sequential(
                    nn.AvgPool2d(2), ResidualBlock(in_channels=before, out_channels=after, num_groups=_GROUPS)
                )
                for before, after in pairwise(widths)
            )
        )
        self.kind = nn.Linear(2 * widths[-1], num_kinds)
        self.style = nn.Linear(2 * widths[-1], num_styles)

    def forward(self, frames: Float[Tensor, "b 3 h w"]) -> Verdict:
        """Verdicts on RGB in [-1,1], whose sides are multiples of 16."""
        features = self.blocks(self.stem(frames))
        pooled = torch.cat([features.mean((2, 3)), features.amax((2, 3))], dim=1)
        return Verdict(self.kind(pooled), self.style(pooled))
