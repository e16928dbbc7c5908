"""LPIPS with the weights of a file, against the distance put together by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torchvision.models import alexnet

from vcomp.errors import WeightsError
from vcomp.evaluation.perceptual import load_lpips, lpips_distances
from vcomp.media.pixels import to_tensor

CPU = torch.device("cpu")
TAPS = (1, 4, 7, 9, 11)  # the ReLUs of AlexNet whose features count


@pytest.fixture(scope="module")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """AlexNet of random weights, as torchvision writes it."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "alexnet.pth"
    torch.save(alexnet(weights=None).state_dict(), path)
    return path


def by_hand(backbone: Path, pixels: Tensor, given: Tensor, weights: list[Tensor]) -> Tensor:
    """Equation 1 of the paper, on inputs brought from [-1,1] to ImageNet's statistics."""
    network = alexnet(weights=None)
    network.load_state_dict(torch.load(backbone))
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1) * 2 - 1
    std = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1) * 2
    x, y = ((p - mean) / std for p in (pixels, given))
    total, taken = torch.zeros(len(pixels)), iter(weights)
    for index, layer in enumerate(network.features):
        x, y = layer(x), layer(y)
        if index in TAPS:
            unit_x, unit_y = (z / z.norm(dim=1, keepdim=True) for z in (x, y))
            total += ((unit_x - unit_y) ** 2 * next(taken)).sum(1).mean((1, 2))
    return total


def test_distance_is_that_of_the_papers_equation(backbone: Path) -> None:
    a, b = np.random.default_rng(0).integers(0, 256, (2, 3, 64, 80, 3)).astype(np.uint8)
    network = load_lpips(backbone, CPU)
    weights = [tensor for name, tensor in network.state_dict().items() if name.startswith("lin")][:5]
    with torch.inference_mode():
        expected = by_hand(backbone, *(to_tensor(x).transpose(0, 1) for x in (a, b)), weights)
    assert expected.min() > 0
    assert lpips_distances(network, a, b, CPU).numpy() == pytest.approx(expected.numpy(), rel=1e-3)
    assert lpips_distances(network, a, a, CPU).numpy() == pytest.approx(0)


def test_another_network_is_refused(tmp_path: Path) -> None:
    torch.save({"features.0.weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(WeightsError, match="is not torchvision's AlexNet"):
        load_lpips(tmp_path / "other.pth", CPU)


def test_frames_of_two_sizes(backbone: Path) -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        lpips_distances(
            torch.nn.Identity(), np.zeros((1, 64, 64, 3), np.uint8), np.zeros((1, 64, 32, 3), np.uint8), CPU
        )
