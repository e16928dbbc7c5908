from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from vcomp.models.attention import CACHED_TOKENS, GatedFeedForward, attend
from vcomp.models.layers import frames_to_video, video_to_frames


@pytest.mark.parametrize("num_keys", [1, 16, 64, 65, 300])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 0.02)])
@pytest.mark.parametrize("in_training", [False, True])
def test_attend_is_scaled_dot_product_attention(
    num_keys: int, dtype: torch.dtype, tolerance: float, in_training: bool
) -> None:
    torch.manual_seed(0)
    q = torch.randn(2, 3, 20, 8, dtype=dtype, requires_grad=in_training)
    k, v = (torch.randn(2, 3, num_keys, 8, dtype=dtype) for _ in range(2))
    expected = F.scaled_dot_product_attention(q.float(), k.float(), v.float())
    torch.testing.assert_close(attend(q, k, v).float(), expected, atol=tolerance, rtol=tolerance)


@torch.no_grad()
def test_a_feed_forward_in_parts_is_the_whole() -> None:
    torch.manual_seed(0)
    layer = GatedFeedForward(dim=4)
    x = torch.randn(2, CACHED_TOKENS - 3, 4)
    in_parts = layer(x)
    with torch.enable_grad():
        whole = layer(x)
    torch.testing.assert_close(in_parts, whole)
    assert in_parts.shape == x.shape


def test_frames_and_video_are_views_of_each_other() -> None:
    frames = torch.randn(6, 4, 5, 7).contiguous(memory_format=torch.channels_last)
    video = frames_to_video(frames, num_frames=3)
    assert video.shape == (2, 4, 3, 35)
    assert video.data_ptr() == frames.data_ptr()
    assert video.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(video_to_frames(video, height=5), frames)
    assert video_to_frames(video, height=5).data_ptr() == frames.data_ptr()
