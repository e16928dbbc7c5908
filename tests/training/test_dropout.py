"""Condition dropout keeps what it should as often as it should."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from vcomp.training.dropout import ConditionDropout
from vcomp.training.videos import CONDITION_NAMES

DRAWS = 20_000


def frequencies(dropout: ConditionDropout) -> Counter[frozenset[str]]:
    rng = np.random.default_rng(0)
    return Counter(dropout.draw(rng, CONDITION_NAMES) for _ in range(DRAWS))


def share(counts: Counter[frozenset[str]], *, size: int) -> float:
    return sum(count for names, count in counts.items() if len(names) == size) / DRAWS


def test_the_papers_dropout() -> None:
    counts = frequencies(ConditionDropout())
    n = len(CONDITION_NAMES)
    assert share(counts, size=n) == pytest.approx(0.1 + 0.8 * 0.5**n, abs=0.01)
    assert share(counts, size=0) == pytest.approx(0.1 + 0.8 * 0.5**n, abs=0.01)
    for name in CONDITION_NAMES:
        kept = sum(count for names, count in counts.items() if name in names) / DRAWS
        assert kept == pytest.approx(0.1 + 0.8 * 0.5, abs=0.015)


def test_conditions_drop_independently() -> None:
    counts = frequencies(ConditionDropout(keep_all_p=0, drop_all_p=0, drop_each_p=0.3))
    both = sum(count for names, count in counts.items() if {"sketch", "motion"} <= names) / DRAWS
    assert both == pytest.approx(0.49, abs=0.015)


def test_alone_keeps_the_text_and_one_more_at_most() -> None:
    counts = frequencies(ConditionDropout(keep_all_p=0, drop_all_p=0, alone_p=1))
    assert set(counts) == {frozenset({"text", name}) for name in CONDITION_NAMES}
    for count in counts.values():
        assert count / DRAWS == pytest.approx(1 / len(CONDITION_NAMES), abs=0.01)


def test_some_are_alone_oftener() -> None:
    odds = {"motion": 3.0, "mask": 0.0}
    counts = frequencies(ConditionDropout(keep_all_p=0, drop_all_p=0, alone_p=1, alone_odds=odds))
    unit = 1 / (len(CONDITION_NAMES) + 1)
    assert counts[frozenset({"text", "motion"})] / DRAWS == pytest.approx(3 * unit, abs=0.01)
    assert counts[frozenset({"text"})] / DRAWS == pytest.approx(unit, abs=0.01)
    assert frozenset({"text", "mask"}) not in counts


def test_several_can_be_alone_together() -> None:
    odds = {"image+motion": 2.0, "image": 0.0}
    dropout = ConditionDropout(keep_all_p=0, drop_all_p=0, alone_p=1, alone_odds=odds)
    counts = frequencies(dropout)
    unit = 1 / (len(CONDITION_NAMES) + 1)
    assert counts[frozenset({"text", "image", "motion"})] / DRAWS == pytest.approx(2 * unit, abs=0.01)
    assert frozenset({"text", "image"}) not in counts
    rng = np.random.default_rng(0)
    without = {dropout.draw(rng, ("text", "image", "depth")) for _ in range(100)}
    assert without == {frozenset({"text"}), frozenset({"text", "depth"})}


@pytest.mark.parametrize(
    ("dropout", "kept"),
    [
        (ConditionDropout(keep_all_p=1, drop_all_p=0), set(CONDITION_NAMES)),
        (ConditionDropout(keep_all_p=0, drop_all_p=1), set()),
        (ConditionDropout(keep_all_p=0, drop_all_p=0, text_only_p=1), {"text"}),
    ],
)
def test_certainties(dropout: ConditionDropout, kept: set[str]) -> None:
    assert set(frequencies(dropout)) == {frozenset(kept)}
