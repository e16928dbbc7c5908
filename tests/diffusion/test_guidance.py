from __future__ import annotations

import pytest
import torch
from torch import Tensor

from vcomp.diffusion.guidance import ConditionSet, Guidance, GuidanceTerm, guided_denoise, rescale_to
from vcomp.diffusion.schedule import initial_noise
from vcomp.errors import UsageError

NONE: ConditionSet = frozenset()
TEXT = frozenset({"text"})
MOTION = frozenset({"motion"})
BOTH = TEXT | MOTION
PREDICTIONS = {
    key: (seed + 1) * initial_noise((2, 4, 3, 8, 8), seed)
    for seed, key in enumerate((NONE, TEXT, MOTION, BOTH))
}


def test_between_is_the_papers_formula() -> None:
    guided = Guidance.between(MOTION, BOTH, scale=9.0).combine(PREDICTIONS)
    torch.testing.assert_close(guided, PREDICTIONS[MOTION] + 9 * (PREDICTIONS[BOTH] - PREDICTIONS[MOTION]))


def test_towards_adds_a_term_for_each_group() -> None:
    guided = Guidance.towards(NONE, {TEXT: 4.0, MOTION: 2.0}).combine(PREDICTIONS)
    base = PREDICTIONS[NONE]
    torch.testing.assert_close(
        guided, base + 4 * (PREDICTIONS[TEXT] - base) + 2 * (PREDICTIONS[MOTION] - base)
    )


def test_towards_one_group_is_between() -> None:
    assert Guidance.towards(MOTION, {TEXT: 3.0}) == Guidance.between(MOTION, BOTH, scale=3.0)


def test_each_distinct_set_is_evaluated_once() -> None:
    guidance = Guidance(
        base=NONE,
        terms=(
            GuidanceTerm(present=BOTH, absent=NONE, scale=3.0),
            GuidanceTerm(present=BOTH, absent=MOTION, scale=2.0),
        ),
    )
    calls: list[ConditionSet] = []

    def denoise(latents: Tensor, timesteps: Tensor, condition_set: ConditionSet) -> Tensor:
        calls.append(condition_set)
        return PREDICTIONS[condition_set]

    guided = guided_denoise(denoise, guidance)(torch.zeros(2, 4, 3, 8, 8), torch.tensor([1, 1]))
    assert sorted(map(sorted, calls)) == [[], ["motion"], ["motion", "text"]]
    torch.testing.assert_close(
        guided, -2 * PREDICTIONS[NONE] + 5 * PREDICTIONS[BOTH] - 2 * PREDICTIONS[MOTION]
    )


def test_sets_without_weight_are_not_evaluated() -> None:
    assert Guidance.between(NONE, BOTH, scale=1.0).weights == {BOTH: 1.0}
    assert Guidance(base=BOTH).weights == {BOTH: 1.0}
    assert Guidance.between(NONE, BOTH, scale=0.0, rescale=0.5).weights == {NONE: 1.0}


def test_rescaling_does_not_depend_on_the_order_of_guides() -> None:
    one_way = Guidance.towards(NONE, {TEXT: 3.0, MOTION: 2.0}, rescale=0.7)
    other_way = Guidance.towards(NONE, {MOTION: 2.0, TEXT: 3.0}, rescale=0.7)
    torch.testing.assert_close(one_way.combine(PREDICTIONS), other_way.combine(PREDICTIONS))


def test_weights_sum_to_one() -> None:
    assert sum(Guidance.towards(NONE, {TEXT: 4.0, MOTION: 2.5}).weights.values()) == 1.0


def test_full_rescaling_restores_the_spread() -> None:
    guidance = Guidance.between(NONE, BOTH, scale=9.0, rescale=1.0)
    guided = guidance.combine(PREDICTIONS)
    axes = (1, 2, 3, 4)
    torch.testing.assert_close(guided.std(dim=axes), PREDICTIONS[BOTH].std(dim=axes))
    plain = Guidance.between(NONE, BOTH, scale=9.0).combine(PREDICTIONS)
    halfway = rescale_to(plain, PREDICTIONS[BOTH], phi=0.5)
    torch.testing.assert_close(halfway, (plain + guided) / 2)


@pytest.mark.parametrize("phi", [-0.1, 1.5])
def test_rescale_outside_its_range_is_refused(phi: float) -> None:
    with pytest.raises(UsageError, match=str(phi)):
        Guidance(base=NONE, rescale=phi)
