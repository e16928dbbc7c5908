"""The recipe without one part of the paper's method, at the same budget: its ablations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from vcomp.engine.checks import check_name
from vcomp.training.tiny import TinyRecipe


def without_stc_temporal(recipe: TinyRecipe) -> TinyRecipe:
    """STC-encoders that see one frame at a time: no temporal transformer (tables 2 and 3 of the paper)."""
    return replace(recipe, unet=replace(recipe.unet, stc_temporal=False))


def single_stage(recipe: TinyRecipe) -> TinyRecipe:
    """Compositional training right after the pictures, for as many steps as the two stages take together.

    A step of either stage sees about as many frames, so that steps measure the budget.
    """
    stages = dict(recipe.stages)
    first, second = stages.pop("text-to-video"), stages["compositional"]
    steps = first.schedule.steps + second.schedule.steps
    stages["compositional"] = replace(second, schedule=replace(second.schedule, steps=steps))
    return replace(recipe, stages=stages)


ABLATIONS: Mapping[str, Callable[[TinyRecipe], TinyRecipe]] = {
    "no-stc-temporal": without_stc_temporal,
    "single-stage": single_stage,
}


def ablated(recipe: TinyRecipe, name: str) -> TinyRecipe:
    """The recipe of an ablation.

    Raises:
        UsageError: There is no such ablation.
    """
    check_name("ablation", name, ABLATIONS)
    return ABLATIONS[name](recipe)
