"""The bundled depth estimator: shapes, its loss, training."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from vcomp.models.depth import SHORT_SIDE_PX, DepthConfig, DepthNet, depth_loss

TINY = DepthConfig(channels=(8, 16), num_blocks=1, num_groups=4)


@pytest.mark.parametrize("size", [(16, 16), (37, 50), (5, 3), (64, 48), (170, 301)])
def test_depth_has_the_size_of_the_frames_and_lies_in_the_unit_range(size: tuple[int, int]) -> None:
    depth = DepthNet(DepthConfig())(torch.rand(2, 3, *size) * 2 - 1)
    assert depth.shape == (2, 1, *size)
    assert depth.min() >= 0
    assert depth.max() <= 1


def test_large_pictures_are_estimated_at_the_size_it_learnt() -> None:
    torch.manual_seed(0)
    model, smooth = DepthNet(TINY), torch.rand(1, 3, 4, 6) * 2 - 1
    at_most, twice = (
        model(F.interpolate(smooth, (side, side * 3 // 2), mode="bilinear"))
        for side in (SHORT_SIDE_PX, 2 * SHORT_SIDE_PX)
    )
    assert twice.shape[-2] == 2 * SHORT_SIDE_PX
    torch.testing.assert_close(F.avg_pool2d(twice, 16), F.avg_pool2d(at_most, 8), atol=0.01, rtol=0)


def test_default_has_half_a_million_parameters() -> None:
    parameters = sum(weight.numel() for weight in DepthNet(DepthConfig()).parameters())
    assert 4e5 < parameters < 6e5


def test_training_learns_that_brighter_is_nearer() -> None:
    torch.manual_seed(0)
    brightness = torch.rand(8, 1, 4, 4).repeat_interleave(8, dim=-1).repeat_interleave(8, dim=-2)
    frames = (brightness * 2 - 1).expand(-1, 3, -1, -1)
    model = DepthNet(TINY)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    losses = []
    for _ in range(60):
        loss = depth_loss(model(frames), brightness)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.4 * losses[0]


def test_every_parameter_gets_a_gradient() -> None:
    model = DepthNet(TINY)
    depth_loss(model(torch.randn(1, 3, 16, 16)), torch.rand(1, 1, 16, 16)).backward()
    assert all(weight.grad is not None for weight in model.parameters())


def test_loss_is_zero_for_the_truth_and_sees_blurred_outlines() -> None:
    target = torch.zeros(1, 1, 32, 32)
    target[..., 16:] = 1
    assert depth_loss(target, target).item() == 0
    offset = target + 0.05
    blurred = torch.nn.functional.avg_pool2d(target, 5, 1, 2)
    without = depth_loss(offset, target, gradient_weight=0).item()
    assert depth_loss(offset, target).item() == pytest.approx(without)
    assert depth_loss(blurred, target) > depth_loss(blurred, target, gradient_weight=0)


def test_loss_of_very_small_maps() -> None:
    assert depth_loss(torch.zeros(1, 1, 1, 1), torch.ones(1, 1, 1, 1)).item() == 1
