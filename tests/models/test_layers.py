"""Layers that keep their weights in a smaller precision than they compute in."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from vcomp.models.layers import Conv2d, GroupNorm, LayerNorm, Linear, widened

LAYERS = {
    "linear": (Linear(6, 4), nn.Linear, (3, 5, 6)),
    "linear without bias": (Linear(6, 4, bias=False), nn.Linear, (5, 6)),
    "convolution": (Conv2d(6, 4, (3, 1), stride=2, padding=(1, 0)), nn.Conv2d, (2, 6, 5, 3)),
    "group norm": (GroupNorm(2, 6), nn.GroupNorm, (2, 6, 5, 3)),
    "layer norm": (LayerNorm(6), nn.LayerNorm, (2, 3, 6)),
}


@pytest.fixture(params=LAYERS)
def case(request: pytest.FixtureRequest) -> tuple[nn.Module, type[nn.Module], Tensor]:
    """A layer of random bfloat16 weights, torch's class of the same kind, and an input for it."""
    torch.manual_seed(0)
    layer, plain, shape = LAYERS[request.param]
    layer = copy.deepcopy(layer).to(torch.bfloat16)
    for parameter in layer.parameters():
        nn.init.normal_(parameter)
    return layer, plain, torch.randn(shape)


def test_the_input_decides(case: tuple[nn.Module, type[nn.Module], Tensor]) -> None:
    layer, plain, x = case
    assert torch.equal(layer(x), plain.forward(copy.deepcopy(layer).float(), x))
    assert layer(x).dtype == torch.float32
    assert layer(x.bfloat16()).dtype == torch.bfloat16
    assert {parameter.dtype for parameter in layer.parameters()} == {torch.bfloat16}


def test_weights_learn_in_their_own_precision(case: tuple[nn.Module, type[nn.Module], Tensor]) -> None:
    layer, _, x = case
    layer(x).square().sum().backward()
    assert {parameter.grad.dtype for parameter in layer.parameters()} == {torch.bfloat16}


def test_what_is_large_enough_is_not_copied() -> None:
    weight = torch.ones(2)
    assert widened(weight, torch.ones(1)) is weight
    assert widened(weight, torch.ones(1).half()) is weight
