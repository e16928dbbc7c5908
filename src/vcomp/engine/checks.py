"""Checks of what a user sets, which all read alike: the value, and what is allowed."""

from __future__ import annotations

import math
from collections.abc import Collection

from vcomp.errors import UsageError, did_you_mean
from vcomp.wording import in_digits


def check_name(what: str, name: str, allowed: Collection[str]) -> None:
    """Raise unless `name` is one of `allowed`, with the nearest of them as a guess.

    Raises:
        UsageError: It is not.
    """
    if name in allowed:
        return
    guess = did_you_mean(name, allowed)
    raise UsageError(f"There is no {what} {name!r}.", hint=f"{guess}Choose from {', '.join(allowed)}.")


def check_range(what: str, value: float, low: float, high: float) -> None:
    """Raise unless `value` is a number from `low` to `high`.

    Raises:
        UsageError: It is not.
    """
    if not (math.isfinite(value) and low <= value <= high):
        raise UsageError(
            f"The {what} is {in_digits(value)}.", hint=f"It is from {in_digits(low)} to {in_digits(high)}."
        )


def check_once(what: str, names: list[str]) -> None:
    """Raise if a name comes twice.

    Raises:
        UsageError: It does.
    """
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"There are two settings of the {what} {name}.", hint="Give it once.")
