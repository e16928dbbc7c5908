"""Which conditions each training sample keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, kw_only=True)
class ConditionDropout:
    """The paper's condition dropout (section 4.1), and samples with few conditions.

    Args:
        keep_all_p: Share of samples that keep every condition.
        drop_all_p: Share of samples that drop every condition.
        text_only_p: Share of samples that keep the text alone: where the text has most to say.
        drop_each_p: In the others, the chance that a condition is dropped, each on its own.
        alone_p: Of the others, the share that keep the text and one condition only, or the text alone. The
            paper has none of these; with eight conditions, independent dropping shows a model such samples,
            the commonest in use, about once in thirty. A run of hours instead of weeks needs them oftener.
        alone_odds: Chance of a condition to be the one, in units of that of the others; "text" is the text
            alone. Several joined by "+" can be one, too.
    """

    keep_all_p: float = 0.1
    drop_all_p: float = 0.1
    text_only_p: float = 0.0
    drop_each_p: float = 0.5
    alone_p: float = 0.0
    alone_odds: Mapping[str, float] = field(default_factory=dict)

    def draw(self, rng: np.random.Generator, names: Sequence[str]) -> frozenset[str]:
        """The conditions of ``names`` that one sample keeps."""
        dice = rng.random()
        if dice < self.keep_all_p:
            return frozenset(names)
        if dice < self.keep_all_p + self.drop_all_p:
            return frozenset()
        if dice < self.keep_all_p + self.drop_all_p + self.text_only_p:
            return frozenset({"text"})
        if rng.random() < self.alone_p:
            odds = {**dict.fromkeys(names, 1.0), **self._alone_odds(names)}
            shares = np.array(list(odds.values())) / sum(odds.values())
            chosen = list(odds)[int(rng.choice(len(odds), p=shares))]
            return frozenset({"text", *chosen.split("+")})
        return frozenset(name for name in names if rng.random() >= self.drop_each_p)

    def _alone_odds(self, names: Sequence[str]) -> dict[str, float]:
        """Those of `alone_odds` that can be drawn from ``names``."""
        return {key: odds for key, odds in self.alone_odds.items() if {*key.split("+")} <= {*names}}
