"""The UNet's blocks: temporal convolutions in the precisions that take different ways."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from vcomp.models.blocks import ResBlock, TemporalConv
from vcomp.models.config import UNetConfig
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


def test_the_embedding_scales_features_where_a_model_has_it_so() -> None:
    torch.manual_seed(0)
    plain_config = UNetConfig(dim=16, head_dim=16, norm_groups=4)
    plain = ResBlock(in_channels=16, out_channels=16, config=plain_config).eval()
    torch.nn.init.normal_(plain.conv2.weight, std=0.2)
    scaled = ResBlock(
        in_channels=16, out_channels=16, config=replace(plain_config, scale_features=True)
    ).eval()
    scaled.load_state_dict(plain.state_dict(), strict=False)
    assert scaled.scale is not None
    x, embedding = torch.randn(6, 16, 5, 5), torch.randn(2, 3, 64)
    assert torch.equal(scaled(x, embedding, num_frames=3), plain(x, embedding, num_frames=3)), "at first"
    with torch.no_grad():
        scaled.scale.bias.fill_(-1)  # nothing is left of them
    torch.testing.assert_close(
        scaled(x, embedding, num_frames=3), x + scaled.conv2.bias[:, None, None], atol=1e-5, rtol=0
    )
    with torch.no_grad():
        scaled.scale.weight.normal_(std=0.1)
    by_frame = scaled(x, embedding, num_frames=3)
    one_for_all = scaled(x, embedding[:, :1], num_frames=3)
    torch.testing.assert_close(by_frame[::3], one_for_all[::3])
    assert not torch.allclose(by_frame[1::3], one_for_all[1::3], atol=1e-2)
