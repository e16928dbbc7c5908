"""Fréchet distance of two sets of videos (FVD, Unterthiner et al., arXiv 1812.01717)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from vcomp.errors import UsageError
from vcomp.evaluation.toolbox import Toolbox
from vcomp.evaluation.views import View
from vcomp.media.clip import Frame
from vcomp.media.pixels import to_tensor
from vcomp.media.resize import fit
from vcomp.models.i3d import I3D, NUM_FRAMES, SIDE_PX

MIN_VIDEOS = 2  # have a covariance


class VideoEmbedder(Protocol):
    """Makes one vector of one video."""

    def add(self, view: View) -> None:
        """See some more frames."""

    def embedding(self) -> Float[Tensor, " d"]:
        """Of all frames seen."""


@dataclass
class ClipEmbedder:
    """The mean over frames of their CLIP embeddings, each of length one: what is seen, not how it moves."""

    _total: Tensor | None = None
    _count: int = 0

    def add(self, view: View) -> None:
        """See `VideoEmbedder`."""
        sum_ = nn.functional.normalize(view.embeddings, dim=-1).double().sum(dim=0)
        self._total = sum_ if self._total is None else self._total + sum_
        self._count += len(view.frames)

    def embedding(self) -> Float[Tensor, " d"]:
        """See `VideoEmbedder`."""
        assert self._total is not None
        return self._total / self._count


@dataclass
class I3DEmbedder:
    """I3D's logits of the first 16 frames, the last one held where there are fewer.

    Args:
        network: In evaluation mode.
        device: Where it is.
    """

    network: I3D
    device: torch.device
    _frames: list[Frame] = field(default_factory=list)

    def add(self, view: View) -> None:
        """See `VideoEmbedder`."""
        if missing := NUM_FRAMES - len(self._frames):
            self._frames += list(fit(view.frames[:missing], (SIDE_PX, SIDE_PX), "stretch"))

    @torch.inference_mode()
    def embedding(self) -> Float[Tensor, " d"]:
        """See `VideoEmbedder`."""
        held = [self._frames[-1]] * (NUM_FRAMES - len(self._frames))
        video = rearrange(to_tensor(np.stack([*self._frames, *held])), "c f h w -> 1 c f h w")
        logits: Tensor = self.network(video.to(self.device))
        return logits[0].cpu().double()


def video_embedder(tools: Toolbox) -> VideoEmbedder:
    """One for one video: I3D where its weights are in the store, CLIP elsewhere."""
    return ClipEmbedder() if tools.i3d is None else I3DEmbedder(tools.i3d, tools.torch_device)


def embedder_name(tools: Toolbox) -> str:
    """What embeds videos; distances of two embedders cannot be compared."""
    if tools.i3d is None:
        return f"CLIP {tools.tower.name}, mean over frames; not I3D"
    return f"I3D Kinetics-400, first {NUM_FRAMES} frames"


class _Given(nn.Module):
    """Features instead of pictures."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.num_features = num_features

    def forward(self, features: Tensor) -> Tensor:
        return features


def check_sizes(num_videos: int, num_reference: int) -> None:
    """Make sure that two sets can be compared.

    Raises:
        UsageError: One has fewer than two videos.
    """
    if min(num_videos, num_reference) < MIN_VIDEOS:
        raise UsageError(
            f"A Fréchet distance is between sets, not {num_videos} and {num_reference} videos.",
            hint="Name two folders of two videos or more: vcomp eval DIR --metric fvd --reference DIR",
        )


def frechet_distance(embeddings: Float[Tensor, "n d"], reference: Float[Tensor, "m d"]) -> float:
    """The distance of the normal distributions that two sets of vectors suggest.

    With fewer vectors than dimensions it is far too high, though sets of one size can still be compared.

    Raises:
        UsageError: A set has fewer than two.
    """
    from torchmetrics.image.fid import FrechetInceptionDistance

    check_sizes(len(embeddings), len(reference))
    distance = FrechetInceptionDistance(feature=_Given(embeddings.shape[1]))
    distance.update(embeddings.double(), real=False)
    distance.update(reference.double(), real=True)
    # Rounding may leave equal sets a little below nothing.
    return max(0.0, float(distance.compute()))
