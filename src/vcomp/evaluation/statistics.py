"""What a few samples say of all: estimates with 95 % intervals."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
TAILS = (0.025, 0.975)
BOOTSTRAP_SEED = 0
_DIGITS = 4
_JSON_KEYS = ("name", "value", "n", "interval")


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A quantity measured on samples.

    Args:
        value: The quantity; nan if no sample has it.
        n: How many samples it is from.
        low: Lower end of the 95 % interval.
        high: Upper end.
        facts: What else is to be known, in a word or a sentence each.
    """

    value: float
    n: int
    low: float
    high: float
    facts: Mapping[str, str] = field(default_factory=dict)

    def to_json(self, name: str) -> str:
        """One line: `{"name": …, "value": …, "n": …, "interval": [low, high]}` and the facts.

        nan and inf are null.
        """
        numbers = (self.value, self.low, self.high)
        value, *interval = (round(x, _DIGITS) if math.isfinite(x) else None for x in numbers)
        return json.dumps({"name": name, "value": value, "n": self.n, "interval": interval, **self.facts})

    @classmethod
    def from_json(cls, line: str) -> tuple[str, Estimate]:
        """The name and the estimate of such a line; what was null is nan.

        Raises:
            ValueError: It is none.
        """
        content = json.loads(line)
        try:
            numbers = (content["value"], *content["interval"])
            value, low, high = (math.nan if x is None else float(x) for x in numbers)
            facts = {key: str(fact) for key, fact in content.items() if key not in _JSON_KEYS}
            return content["name"], cls(value=value, n=content["n"], low=low, high=high, facts=facts)
        except (KeyError, TypeError) as error:
            raise ValueError(f"It is no estimate: {line}") from error


def unknown(reason: str) -> Estimate:
    """What cannot be measured here, and why."""
    return Estimate(value=math.nan, n=0, low=math.nan, high=math.nan, facts={"reason": reason})


def mean(values: Sequence[float]) -> Estimate:
    """The mean over samples; samples that are nan do not have the quantity and do not count.

    The interval is the percentile bootstrap's (Efron & Tibshirani, 1993, chapter 13), seeded; where a sample
    is infinite there is none.
    """
    kept = np.asarray([v for v in values if not math.isnan(v)], dtype=np.float64)
    if np.isinf(kept).any():
        return Estimate(value=float(kept.mean()), n=len(kept), low=math.nan, high=math.nan)
    return _estimate(lambda rows: kept[rows].mean(axis=-1), len(kept))


def spread(values: Sequence[float]) -> float:
    """The standard deviation over samples, with n - 1; nan of fewer than two. Only finite ones count."""
    kept = [v for v in values if math.isfinite(v)]
    return float(np.std(kept, ddof=1)) if len(kept) > 1 else math.nan


def ratio_of_means(numerators: Sequence[float], denominators: Sequence[float]) -> Estimate:
    """The mean of `numerators` over that of `denominators`, two measurements of each sample.

    Samples are resampled with both of their measurements, so that what is common to the two cancels. Those
    with a nan do not count.

    Raises:
        ValueError: There are not as many of the one as of the other.
    """
    pairs = np.array([p for p in zip(numerators, denominators, strict=True) if not any(map(math.isnan, p))])

    def ratio(rows: NDArray[np.intp]) -> NDArray[np.float64]:
        top, bottom = np.moveaxis(pairs[rows].mean(axis=-2), -1, 0)
        return np.asarray(top / bottom)

    return _estimate(ratio, len(pairs))


def median_of_runs(values: Sequence[float]) -> Estimate:
    """The median of a few runs of the same thing; its interval is the range, as so few give no other."""
    return Estimate(value=float(np.median(values)), n=len(values), low=min(values), high=max(values))


def largest(values: Sequence[float]) -> Estimate:
    """The largest of all; its interval is the range, as nothing else is said of the rest."""
    return Estimate(value=max(values), n=len(values), low=min(values), high=max(values))


def _estimate(statistic: Callable[[NDArray[np.intp]], NDArray[np.float64]], n: int) -> Estimate:
    """`statistic` takes the rows of the samples it is computed on, `[… n]` for as many values as it gives."""
    if not n:
        return Estimate(value=math.nan, n=0, low=math.nan, high=math.nan)
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    low, high = np.quantile(statistic(rng.integers(n, size=(RESAMPLES, n))), TAILS)
    return Estimate(value=float(statistic(np.arange(n))), n=n, low=float(low), high=float(high))
