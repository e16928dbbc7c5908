"""The UNet's blocks: temporal convolutions in the precisions that take different ways."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from vcomp.models.blocks import TemporalConv
from vcomp.models.layers import frames_to_video


@pytest.mark.parametrize(("num_videos", "num_frames"), [(1, 16), (2, 3), (1, 1), (3, 2)])
def test_a_temporal_convolution_in_bfloat16(num_videos: int, num_frames: int) -> None:
    torch.manual_seed(0)
    conv = TemporalConv(12).to(memory_format=torch.channels_last)
    frames = torch.randn(num_videos * num_frames, 12, 4, 5).to(memory_format=torch.channels_last)
    video = frames_to_video(frames, num_frames=num_frames)
    expected = F.conv2d(video, conv.weight, conv.bias, padding=(1, 0))
    assert torch.equal(conv(video), expected)
    with torch.inference_mode():
        result = conv.to(torch.bfloat16)(video.bfloat16())
    assert result.stride() == expected.stride()
    assert (result - expected).norm() < 0.01 * expected.norm()


def test_training_in_bfloat16_is_the_convolution() -> None:
    torch.manual_seed(0)
    conv = TemporalConv(8).to(torch.bfloat16)
    video = torch.randn(1, 8, 4, 6, dtype=torch.bfloat16)
    assert torch.equal(conv(video), F.conv2d(video, conv.weight, conv.bias, padding=(1, 0)))
    conv(video).float().square().sum().backward()
    assert conv.weight.grad is not None
    assert conv.weight.grad.abs().sum() > 0


def test_a_single_video_keeps_its_layout_through_a_norm() -> None:
    frames = torch.randn(4, 8, 3, 5).to(memory_format=torch.channels_last)
    video = frames_to_video(frames, num_frames=4)
    assert video.data_ptr() == frames.data_ptr()
    normed = F.group_norm(video, 2)
    assert normed.is_contiguous(memory_format=torch.channels_last)
    assert normed.stride() == video.stride()
