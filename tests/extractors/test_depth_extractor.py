"""Depth of frames."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vcomp.errors import MediaError
from vcomp.extractors.depth import extract_depth
from vcomp.models.depth import DepthConfig, DepthNet

CPU = torch.device("cpu")


def test_depth_has_one_channel_and_every_frame() -> None:
    frames = np.random.default_rng(0).integers(0, 256, (5, 30, 21, 3), dtype=np.uint8)
    model = DepthNet(DepthConfig(channels=(8, 16), num_groups=4)).eval()
    depth = extract_depth(frames, model=model, device=CPU)
    assert depth.shape == (1, 5, 30, 21)
    assert depth.min() >= 0
    assert depth.max() <= 1
    last = extract_depth(frames[-1:], model=model, device=CPU)
    torch.testing.assert_close(depth[:, -1:], last)


def test_any_estimator_with_the_call_fits_and_sees_the_range_it_is_promised() -> None:
    frames = np.stack([np.zeros((4, 4, 3), dtype=np.uint8), np.full((4, 4, 3), 255, dtype=np.uint8)])

    def brightness(batch: torch.Tensor) -> torch.Tensor:
        return batch.mean(1, keepdim=True)

    depth = extract_depth(frames, model=brightness, device=CPU)
    assert depth[0, :, 0, 0].tolist() == [-1, 1]


def test_no_frames_is_an_error() -> None:
    with pytest.raises(MediaError, match="no frames"):
        extract_depth(np.zeros((0, 4, 4, 3), dtype=np.uint8), model=DepthNet(DepthConfig()), device=CPU)
