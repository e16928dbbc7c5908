"""Batches of single drawn frames, shared by the tasks that learn from pictures."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vcomp.data.drawn import DrawnDataset, DrawnVideo


@dataclass(frozen=True)
class FrameSampler:
    """Draws one random frame of each of ``batch_size`` scenes; a pure function of the step.

    Args:
        level: Level of drawn video.
        batch_size: Frames a batch.
        seed: Collection the scenes come from.
    """

    level: str
    batch_size: int
    seed: int = 0

    def scenes(self, step: int) -> list[DrawnVideo]:
        """One-frame clips, each at a random time of its scene."""
        dataset = DrawnDataset(level=self.level, seed=self.seed)
        first = step * self.batch_size
        return [dataset.still(index) for index in range(first, first + self.batch_size)]


def pixels_of(videos: list[DrawnVideo]) -> Tensor:
    """First frames of ``videos`` as ``[n 3 h w]`` in [-1, 1]."""
    return normalised(np.stack([v.frames[0] for v in videos]))


def shrunk(frames: NDArray[np.generic], side: int) -> NDArray[np.generic]:
    """Frames ``[f h w ...]`` at another size, by the mean over areas."""
    return np.stack([cv2.resize(frame, (side, side), interpolation=cv2.INTER_AREA) for frame in frames])


def normalised(frames: NDArray[np.uint8]) -> Tensor:
    """RGB ``[n h w 3]`` as ``[n 3 h w]`` in [-1, 1]."""
    return torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 127.5 - 1
