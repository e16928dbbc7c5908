"""Losses of conditions beside each other, by hand."""

from __future__ import annotations

import math

import pytest

from vcomp.evaluation.composing import COMPOSED, composition_loss


def values(**changes: list[float]) -> dict[str, list[float]]:
    """Everything as good together as alone, but for these."""
    return {**{name: [0.5, 0.7] for name in COMPOSED}, **{k.replace("_", " "): v for k, v in changes.items()}}


def test_every_condition_beside_every_other() -> None:
    assert len(COMPOSED) == 4 + 4 * 3
    assert COMPOSED["depth with sketch"].way == COMPOSED["sketch with depth"].way == "text + sketch + depth"
    assert COMPOSED["motion alone"].way == "text + motion"


def test_no_loss() -> None:
    assert composition_loss(values()).value == pytest.approx(0)


def test_the_largest_loss_is_told() -> None:
    lower_f1 = values(sketch_with_motion=[0.4, 0.56], image_with_depth=[0.45, 0.63])
    estimate = composition_loss(lower_f1)
    assert estimate.value == pytest.approx(0.2)
    assert estimate.low <= estimate.value <= estimate.high
    assert estimate.facts == {"worst": "sketch with motion"}


def test_a_higher_error_is_a_loss_and_a_lower_one_is_none() -> None:
    estimate = composition_loss(values(motion_with_image=[0.75, 1.05], depth_with_sketch=[0.1, 0.1]))
    assert estimate.value == pytest.approx(0.5)
    assert estimate.facts == {"worst": "motion with image"}


def test_samples_without_a_metric_do_not_count() -> None:
    alone = {"motion_alone": [math.nan, 1.0], "motion_with_depth": [math.nan, 1.5]}
    estimate = composition_loss(values(**alone))
    assert (estimate.value, estimate.n) == (pytest.approx(0.5), 1)
    nothing = {name: [math.nan] for name in COMPOSED}
    assert math.isnan(composition_loss(nothing).value)
    assert "reason" in composition_loss(nothing).facts
