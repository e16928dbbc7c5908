"""Master weights: what bfloat16 alone would lose, averaging, gradients that are not finite."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from vcomp.errors import WeightsError
from vcomp.training.precision import MasterWeights


def single(value: float, dtype: torch.dtype = torch.float32) -> nn.Linear:
    layer = nn.Linear(1, 1, bias=False).to(dtype)
    nn.init.constant_(layer.weight, value)
    return layer


def masters_of(model: nn.Module, **options: float) -> MasterWeights:
    return MasterWeights(model, **{"learning_rate": 1e-3, "weight_decay": 0.0, "ema_decay": 0.9} | options)


def test_small_updates_add_up_that_bfloat16_would_lose() -> None:
    model = single(1.0, torch.bfloat16)
    # Below half of the distance to the next bfloat16 number, a single update rounds to nothing.
    rate = 1e-3
    assert torch.tensor(1.0, dtype=torch.bfloat16) - rate == 1.0
    weights = masters_of(model)
    for step in range(50):
        model.weight.grad = torch.ones_like(model.weight)
        weights.step(step=step, learning_rate=rate, clip_norm=10.0)
    assert weights.masters[0].item() == pytest.approx(1 - 50 * rate, rel=1e-3)
    assert model.weight.item() == pytest.approx(1 - 50 * rate, rel=2**-8)
    assert model.weight.dtype == torch.bfloat16


def test_the_average_follows_with_a_decay_that_grows() -> None:
    model = single(1.0)
    weights = masters_of(model, ema_decay=0.5)
    expected = 1.0
    for step in range(30):
        model.weight.grad = torch.ones_like(model.weight)
        weights.step(step=step, learning_rate=1e-2, clip_norm=10.0)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * weights.masters[0].item()
    assert weights.averaged_state()["weight"].item() == pytest.approx(expected, rel=1e-5)
    weights.use_average()
    assert model.weight.item() == pytest.approx(expected, rel=1e-5)
    weights.use_current()
    assert model.weight.item() == weights.masters[0].item()


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_step_without_finite_gradients_is_skipped(bad: float) -> None:
    model = single(1.0)
    weights = masters_of(model)
    model.weight.grad = torch.full_like(model.weight, bad)
    norm = weights.step(step=0, learning_rate=1e-2, clip_norm=1.0)
    assert not norm < float("inf")
    assert model.weight.item() == weights.average[0].item() == 1.0
    model.weight.grad = torch.ones_like(model.weight)
    assert weights.step(step=1, learning_rate=1e-2, clip_norm=1.0) == 1.0
    assert model.weight.item() == pytest.approx(0.99, rel=1e-4)


def test_gradients_are_clipped_by_their_norm() -> None:
    model = nn.Linear(2, 1, bias=False)
    weights = masters_of(model)
    model.weight.grad = torch.tensor([[30.0, 40.0]])
    assert weights.step(step=0, learning_rate=1e-2, clip_norm=5.0) == pytest.approx(50.0)
    assert weights.masters[0].grad is not None
    torch.testing.assert_close(weights.masters[0].grad, torch.tensor([[3.0, 4.0]]))
    assert model.weight.grad is None


def test_only_matrices_decay() -> None:
    model = nn.Linear(3, 2)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    weights = masters_of(model, weight_decay=0.1)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    weights.step(step=0, learning_rate=0.5, clip_norm=1.0)
    torch.testing.assert_close(model.weight.detach(), 0.95 * before[0])
    assert torch.equal(model.bias, before[1])


class Layers(nn.Module):
    """A hidden kernel, a hidden matrix, and ends."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(40, 64, 3)
        self.kernel = nn.Conv2d(64, 64, 3)
        self.matrix = nn.Linear(128, 64)
        self.small = nn.Linear(8, 8)


def pull(model: nn.Module) -> None:
    """Give every parameter the same gradients each time."""
    torch.manual_seed(3)
    for parameter in model.parameters():
        parameter.grad = torch.randn_like(parameter)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_muon_turns_hidden_layers_in_all_directions_alike(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    model = Layers().to(dtype).to(memory_format=torch.channels_last)
    weights = MasterWeights(model, learning_rate=1e-2, weight_decay=0.0, ema_decay=0.9, muon=True)
    before = dict(zip(weights.names, [m.clone() for m in weights.masters], strict=True))
    pull(model)
    weights.step(step=0, learning_rate=1e-2, clip_norm=1e9)
    changes = {n: m - before[n] for n, m in zip(weights.names, weights.masters, strict=True)}
    for name, longest in (("kernel.weight", 576), ("matrix.weight", 128)):
        spread = torch.linalg.svdvals(changes[name].flatten(1)) / (1e-2 * 0.2 * longest**0.5)
        assert 0.5 < spread.min() < spread.max() < 1.5
    for name in ("conv_in.weight", "small.weight", "kernel.bias"):  # AdamW's first step: the sign
        torch.testing.assert_close(
            changes[name].abs(), torch.full_like(changes[name], 1e-2), rtol=0.05, atol=0
        )
    against = sum(
        (changes[n] * p.grad.float()).sum() for n, p in zip(weights.names, _pulled(model), strict=True)
    )
    assert against < 0


def _pulled(model: nn.Module) -> list[nn.Parameter]:
    pull(model)
    return list(model.parameters())


def test_muon_goes_on_exactly_from_its_state() -> None:
    def fresh() -> tuple[Layers, MasterWeights]:
        torch.manual_seed(0)
        model = Layers()
        return model, MasterWeights(model, learning_rate=1e-2, weight_decay=0.1, ema_decay=0.9, muon=True)

    def step(model: Layers, weights: MasterWeights, number: int) -> None:
        pull(model)
        weights.step(step=number, learning_rate=1e-2, clip_norm=1.0)

    model, weights = fresh()
    step(model, weights, 0)
    resumed_model, resumed = fresh()
    resumed.load_state_dict(copy.deepcopy(weights.state_dict()), copy.deepcopy(weights.averaged_state()))
    step(model, weights, 1)
    step(resumed_model, resumed, 1)
    for one, other in zip(model.parameters(), resumed_model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_frozen_parameters_stay() -> None:
    model = nn.Sequential(single(1.0), single(2.0))
    model[0].requires_grad_(False)
    weights = masters_of(model)
    assert weights.averaged_state().keys() == {"1.weight"}


def test_weights_of_another_model_are_refused() -> None:
    weights = masters_of(single(1.0))
    with pytest.raises(WeightsError, match=r"2 parameters differ, as bias \(need None, got \(1,\)\)"):
        weights.assign({"bias": torch.zeros(1)})
    with pytest.raises(WeightsError, match=r"as weight \(need \(1, 1\), got \(\)\)"):
        weights.assign({"weight": torch.tensor(3.0)})
    assert weights.masters[0].item() == 1.0
