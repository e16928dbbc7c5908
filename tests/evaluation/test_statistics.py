"""Estimates and their intervals, where theory says what they are."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy import stats

from vcomp.evaluation.statistics import Estimate, mean, median_of_runs, ratio_of_means


def test_mean_and_the_interval_that_the_normal_distribution_gives() -> None:
    values = np.random.default_rng(1).normal(5, 2, 400)
    estimate = mean(values.tolist())
    low, high = stats.norm.interval(0.95, values.mean(), stats.sem(values))
    assert estimate.value == pytest.approx(values.mean())
    assert (estimate.low, estimate.high, estimate.n) == (
        pytest.approx(low, abs=0.03),
        pytest.approx(high, abs=0.03),
        400,
    )


def test_the_interval_is_that_of_scipys_bootstrap() -> None:
    values = np.random.default_rng(2).exponential(3, 60)
    expected = stats.bootstrap((values,), np.mean, method="percentile", rng=0).confidence_interval
    estimate = mean(values.tolist())
    assert [estimate.low, estimate.high] == pytest.approx(expected, abs=0.1)


def test_the_interval_holds_the_truth_nineteen_times_of_twenty() -> None:
    rng = np.random.default_rng(3)
    estimates = [mean(rng.normal(0, 1, 50).tolist()) for _ in range(40)]
    assert 35 <= sum(e.low <= 0 <= e.high for e in estimates) < 40


def test_a_ratio_is_of_means_and_not_a_mean_of_ratios() -> None:
    assert ratio_of_means([1.0, 3.0], [4.0, 1.0]).value == pytest.approx(4 / 5)


def test_what_pairs_have_in_common_cancels() -> None:
    bottoms = np.random.default_rng(4).exponential(3, 80)
    estimate = ratio_of_means((0.5 * bottoms).tolist(), bottoms.tolist())
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((0.5, 0.5, 0.5))
    shuffled = ratio_of_means((0.5 * bottoms[::-1]).tolist(), bottoms.tolist())
    assert shuffled.value == pytest.approx(0.5)
    assert shuffled.high - shuffled.low > 0.1


def test_samples_without_a_value_do_not_count() -> None:
    assert mean([1.0, math.nan, 3.0]) == mean([1.0, 3.0])
    paired = ratio_of_means([1.0, math.nan, 3.0, 9.0], [2.0, 2.0, 2.0, math.nan])
    assert paired == ratio_of_means([1.0, 3.0], [2.0, 2.0])
    assert paired.n == 2


def test_the_same_samples_give_the_same_interval() -> None:
    assert mean([1.0, 2.0, 5.0]) == mean([1.0, 2.0, 5.0])


def test_median_of_runs() -> None:
    assert median_of_runs([3.0, 1.0, 9.0]) == Estimate(value=3.0, n=3, low=1.0, high=9.0)


def test_lines_are_json() -> None:
    line = Estimate(value=2 / 3, n=4, low=0.5, high=math.inf).to_json("share")
    assert "\n" not in line
    assert json.loads(line) == {"name": "share", "value": 0.6667, "n": 4, "interval": [0.5, None]}
    for nothing in (mean([]), mean([math.nan]), ratio_of_means([], [])):
        assert json.loads(nothing.to_json("x")) == {
            "name": "x",
            "value": None,
            "n": 0,
            "interval": [None, None],
        }
