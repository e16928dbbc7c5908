"""Training of the small edge detector and of the depth estimator: one map from one drawn frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from vcomp.data.drawn import DrawnVideo
from vcomp.models.depth import DepthConfig, DepthNet, depth_loss
from vcomp.models.pidinet import PiDiNetConfig, build_pidinet, edge_loss, edge_maps
from vcomp.training.frames import FrameSampler
from vcomp.training.nuisances import disturb


@dataclass(frozen=True)
class MappedFrames:
    """Frames ``[n 3 h w]`` in [0, 1] and the map each should give ``[n 1 h w]``."""

    frames: Tensor
    target: Tensor


class DenseTask:
    """Learn one map a frame from exact ground truth, under nuisances that leave it as it is.

    Args:
        name: Of the task; names its checkpoint.
        model: What learns.
        sampler: Where frames come from.
        target: The map of a one-frame clip ``[1 h w]``.
        predict: The model's maps of a batch; the last is the one that is used.
        criterion: Loss of those maps.
    """

    def __init__(
        self,
        *,
        name: str,
        model: nn.Module,
        sampler: FrameSampler,
        target: Callable[[DrawnVideo], np.ndarray],
        predict: Callable[[nn.Module, Tensor], Sequence[Tensor]],
        criterion: Callable[[Sequence[Tensor], Tensor], Tensor],
    ) -> None:
        self.name, self.model, self.sampler = name, model, sampler
        self._target, self._predict, self._criterion = target, predict, criterion

    def draw(self, step: int) -> MappedFrames:
        """Disturbed frames and exact maps."""
        videos = self.sampler.scenes(step)
        rng = np.random.default_rng([self.sampler.seed, step, 41])
        frames = np.stack([disturb(rng, v.frames[0]) for v in videos])
        pixels = torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255
        target = torch.from_numpy(np.stack([self._target(v) for v in videos]))
        return MappedFrames(pixels.contiguous(memory_format=torch.channels_last), target)

    def loss(self, batch: MappedFrames) -> Tensor:
        """Of all the model's maps."""
        return self._criterion(self._predict(self.model, batch.frames), batch.target)

    def size(self, batch: MappedFrames) -> int:
        """Frames."""
        return len(batch.frames)

    def preview(self, path: Path) -> None:
        """Frames, exact maps and the model's."""
        from vcomp.media import write_picture
        from vcomp.training.previews import grid

        batch = self.draw(10**6)
        frames, target = batch.frames[:8], batch.target[:8]
        result = self._predict(self.model, frames)[-1]
        rows = [frames, target.expand(-1, 3, -1, -1), result.expand(-1, 3, -1, -1)]
        write_picture(grid([row.float() * 2 - 1 for row in rows]), path)


def edge_task(config: PiDiNetConfig, sampler: FrameSampler) -> DenseTask:
    """PiDiNet on exact edges (Su et al., arXiv 2108.07009)."""
    return DenseTask(
        name="pidinet",
        model=build_pidinet(config),
        sampler=sampler,
        target=lambda video: video.sketch,
        predict=edge_maps,
        criterion=edge_loss,
    )


def depth_task(config: DepthConfig, sampler: FrameSampler) -> DenseTask:
    """The depth estimator on exact relative inverse depth."""

    def predict(model: nn.Module, frames: Tensor) -> list[Tensor]:
        return [model(frames * 2 - 1)]

    return DenseTask(
        name="depth",
        model=DepthNet(config).to(memory_format=torch.channels_last),
        sampler=sampler,
        target=lambda video: video.depth,
        predict=predict,
        criterion=lambda maps, target: depth_loss(maps[-1], target),
    )
