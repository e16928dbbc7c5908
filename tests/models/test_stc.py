from __future__ import annotations

import pytest
import torch

from vcomp.models.stc import STCEncoder


@pytest.fixture
def encoder() -> STCEncoder:
    torch.manual_seed(0)
    return STCEncoder(in_channels=3, out_channels=8, hidden=16, num_heads=2, head_dim=8, dropout=0.05).eval()


@pytest.mark.parametrize("size", [(32, 32), (16, 24), (100, 60)])
def test_output_has_the_latents_size(encoder: STCEncoder, size: tuple[int, int]) -> None:
    assert encoder(torch.rand(2, 3, 4, *size), latent_size=(8, 6)).shape == (2, 8, 4, 8, 6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_picture_repeated_as_a_view_is_encoded_like_equal_frames(
    encoder: STCEncoder, dtype: torch.dtype
) -> None:
    encoder.to(dtype)
    still = torch.rand(2, 3, 1, 32, 32).expand(-1, -1, 5, -1, -1)
    as_view = encoder(still, latent_size=(8, 8))
    assert as_view.stride(2) == 0
    tolerance = 1e-5 if dtype == torch.float32 else 0.02
    torch.testing.assert_close(
        as_view, encoder(still.contiguous(), latent_size=(8, 8)), atol=tolerance, rtol=tolerance
    )


def test_frames_mix_only_with_the_temporal_transformer() -> None:
    frames = torch.rand(1, 1, 3, 32, 32)
    changed = frames.clone()
    changed[:, :, 2] = 0
    for temporal in (True, False):
        torch.manual_seed(0)
        encoder = STCEncoder(
            in_channels=1, out_channels=4, hidden=8, num_heads=2, head_dim=4, dropout=0.0, temporal=temporal
        )
        first, first_changed = (encoder(x, latent_size=(4, 4))[:, :, 0] for x in (frames, changed))
        assert torch.allclose(first, first_changed) is not temporal


@pytest.mark.parametrize("size", [(64, 64), (16, 16)])
def test_pooling_first_changes_nothing_but_the_order(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    sizes = {"in_channels": 1, "out_channels": 4, "hidden": 8, "num_heads": 2, "head_dim": 4}
    plain = STCEncoder(**sizes, dropout=0.0)
    first = STCEncoder(**sizes, dropout=0.0, pool_first=True)
    first.load_state_dict(plain.state_dict())
    frames = torch.rand(1, 1, 2, *size)
    agree = torch.allclose(plain(frames, latent_size=(4, 4)), first(frames, latent_size=(4, 4)))
    assert agree is (size == (16, 16))  # where there is nothing to pool
