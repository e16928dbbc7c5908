"""Guidance between condition sets (arXiv 2306.02018, section 3.3; rescaling from arXiv 2305.08891).

A prediction is guided towards what one set of conditions has and another lacks:
``eps(z, c1) + w (eps(z, c2) - eps(z, c1))``, plus further terms of the same kind. All of it is one linear
combination of predictions, so each distinct set is evaluated once, and a set of weight zero not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from jaxtyping import Float
from torch import Tensor

from vcomp.diffusion.prediction import Denoise
from vcomp.errors import UsageError

ConditionSet = frozenset[str]


@dataclass(frozen=True, kw_only=True)
class GuidanceTerm:
    """``scale (eps(z, present) - eps(z, absent))``: strengthens what `present` has and `absent` lacks."""

    present: ConditionSet
    absent: ConditionSet
    scale: float


@dataclass(frozen=True, kw_only=True)
class Guidance:
    """``eps(z, base)`` plus the terms.

    Raises:
        UsageError: `rescale` is outside 0 to 1.
    """

    base: ConditionSet
    terms: tuple[GuidanceTerm, ...] = ()
    rescale: float = 0.0  # phi of arXiv 2305.08891: 1 restores the unguided prediction's spread, 0 leaves it

    def __post_init__(self) -> None:
        if not 0 <= self.rescale <= 1:
            raise UsageError(f"Guidance rescale {self.rescale} is outside 0 to 1.")

    @classmethod
    def between(
        cls, absent: ConditionSet, present: ConditionSet, *, scale: float, rescale: float = 0.0
    ) -> Guidance:
        """The paper's guidance, ``eps(z, absent) + scale (eps(z, present) - eps(z, absent))``."""
        term = GuidanceTerm(present=present, absent=absent, scale=scale)
        return cls(base=absent, terms=(term,), rescale=rescale)

    @classmethod
    def towards(
        cls, base: ConditionSet, scales: Mapping[ConditionSet, float], *, rescale: float = 0.0
    ) -> Guidance:
        """Guidance from `base` towards several groups of conditions at once, each added to `base` on its own.

        Args:
            base: The conditions that are only given, not strengthened.
            scales: Guidance scale of each group of condition names.
            rescale: As of the class.
        """
        terms = tuple(
            GuidanceTerm(present=base | group, absent=base, scale=scale) for group, scale in scales.items()
        )
        return cls(base=base, terms=terms, rescale=rescale)

    def renamed(self, rename: Callable[[ConditionSet], ConditionSet]) -> Guidance:
        """The same between other condition sets."""
        terms = (
            replace(term, present=rename(term.present), absent=rename(term.absent)) for term in self.terms
        )
        return replace(self, base=rename(self.base), terms=tuple(terms))

    @property
    def weights(self) -> dict[ConditionSet, float]:
        """Weight of the prediction for each condition set that has to be evaluated; they sum to one."""
        weights = {self.base: 1.0}
        for term in self.terms:
            weights[term.present] = weights.get(term.present, 0.0) + term.scale
            weights[term.absent] = weights.get(term.absent, 0.0) - term.scale
        needed = {self._reference} if self.rescale else set()
        return {key: weight for key, weight in weights.items() if weight != 0 or key in needed}

    def combine(self, predictions: Mapping[ConditionSet, Float[Tensor, "b ..."]]) -> Float[Tensor, "b ..."]:
        """The guided prediction from those for each set in `weights`."""
        weighted = [weight * predictions[key] for key, weight in self.weights.items() if weight != 0]
        guided = weighted[0]
        for other in weighted[1:]:
            guided = guided + other
        if self.rescale:
            guided = rescale_to(guided, predictions[self._reference], phi=self.rescale)
        return guided

    @property
    def _reference(self) -> ConditionSet:
        """The set whose prediction has the spread to keep: the one guided towards, of several the most."""
        towards = [term for term in self.terms if term.scale != 0]
        if not towards:
            return self.base
        return max(towards, key=lambda term: (term.scale, sorted(term.present))).present


def rescale_to(
    guided: Float[Tensor, "b ..."], reference: Float[Tensor, "b ..."], *, phi: float
) -> Float[Tensor, "b ..."]:
    """Bring the spread of `guided` towards that of `reference` (arXiv 2305.08891, equations 14 to 16)."""
    axes = tuple(range(1, guided.ndim))
    factor = reference.std(dim=axes, keepdim=True) / guided.std(dim=axes, keepdim=True)
    return guided * (phi * factor + (1 - phi))


def guided_denoise(denoise: Callable[[Tensor, Tensor, ConditionSet], Tensor], guidance: Guidance) -> Denoise:
    """`denoise` with guidance: at each call every distinct condition set is evaluated once."""
    condition_sets = tuple(guidance.weights)

    def guided(latents: Tensor, timesteps: Tensor) -> Tensor:
        return guidance.combine({key: denoise(latents, timesteps, key) for key in condition_sets})

    return guided


def guided_at_once(
    denoise: Callable[[Tensor, Tensor], Mapping[ConditionSet, Tensor]], guidance: Guidance
) -> Denoise:
    """As `guided_denoise`, with a `denoise` that evaluates all sets of `guidance.weights` in one call."""

    def guided(latents: Tensor, timesteps: Tensor) -> Tensor:
        return guidance.combine(denoise(latents, timesteps))

    return guided
