"""What it costs a condition that another one is given beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations, permutations

from vcomp.evaluation.measures import Measure
from vcomp.evaluation.own_metrics import OWN_METRICS, SPECS, WITHOUT_TOWER
from vcomp.evaluation.specs import Better
from vcomp.evaluation.statistics import Estimate, ratio_of_means, unknown

COMPOSITION_LOSS = "composition_loss"
"""The largest relative loss of a condition's own metric when another one is given too, over all pairs."""

NUM_COMPOSED = 25


_COMPARED = ("image", "sketch", "depth", "motion")


def _alone(name: str) -> str:
    return f"{name} alone"


def _beside(name: str, other: str) -> str:
    return f"{name} with {other}"


def _measures() -> dict[str, Measure]:
    metrics = {name: WITHOUT_TOWER[OWN_METRICS[name]] for name in _COMPARED}
    measures = {
        _alone(name): Measure(f"text + {name}", metrics[name], most=NUM_COMPOSED) for name in _COMPARED
    }
    for pair in combinations(_COMPARED, 2):
        for name, other in permutations(pair):
            way = f"text + {pair[0]} + {pair[1]}"
            measures[_beside(name, other)] = Measure(way, metrics[name], most=NUM_COMPOSED)
    return measures


COMPOSED: dict[str, Measure] = _measures()
"""Each condition's metric alone and beside each other one, always with text."""


def composition_loss(values: Mapping[str, Sequence[float]]) -> Estimate:
    """The largest of all losses, and which it is.

    Args:
        values: One a sample, for each of `COMPOSED`.
    """
    losses = {
        _beside(name, other): _loss(
            values[_beside(name, other)], values[_alone(name)], SPECS[OWN_METRICS[name]].better
        )
        for name, other in permutations(_COMPARED, 2)
    }
    known = {pair: loss for pair, loss in losses.items() if loss.n}
    if not known:
        return unknown("no sample has any condition's metric")
    worst = max(known, key=lambda pair: known[pair].value)
    return replace(known[worst], facts={"worst": worst})


def _loss(together: Sequence[float], alone: Sequence[float], better: Better) -> Estimate:
    """The share by which the metric is worse."""
    ratio = ratio_of_means(together, alone)
    if better == "higher":
        return replace(ratio, value=1 - ratio.value, low=1 - ratio.high, high=1 - ratio.low)
    return replace(ratio, value=ratio.value - 1, low=ratio.low - 1, high=ratio.high - 1)
