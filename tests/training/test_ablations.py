"""Recipes without a part of the method: what differs, and that all else is the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from micro import recipe as micro_recipe

from vcomp.errors import UsageError
from vcomp.models.stc import FrameAttention
from vcomp.models.system import load_system
from vcomp.training.ablations import ablated
from vcomp.training.recipe import Workshop
from vcomp.training.tiny import TinyRecipe


def test_without_the_temporal_transformer_nothing_else_changes() -> None:
    full, without = TinyRecipe(), ablated(TinyRecipe(), "no-stc-temporal")
    assert not without.unet.stc_temporal
    assert replace(without, unet=full.unet) == full


def test_a_single_stage_has_the_budget_of_both() -> None:
    full, single = TinyRecipe(), ablated(TinyRecipe(), "single-stage")
    steps = [full.stages[name].schedule.steps for name in ("text-to-video", "compositional")]
    assert single.stages["compositional"].schedule.steps == sum(steps)
    assert set(full.stages) - set(single.stages) == {"text-to-video"}
    assert single.unet == full.unet


def test_a_step_of_either_stage_sees_as_many_frames() -> None:
    """So that steps are a budget."""
    seen = []
    for name in ("text-to-video", "compositional"):
        stage = TinyRecipe().stages[name]
        frames = {length * count for length, count in stage.shapes}
        assert len(frames) == 1
        seen.append(frames.pop() * stage.schedule.batches)
    assert seen[0] == seen[1]


def test_unknown_ablations() -> None:
    with pytest.raises(UsageError, match=r"no ablation 'no-stc'\. Choose from no-stc-temporal, s"):
        ablated(TinyRecipe(), "no-stc")


@pytest.mark.parametrize("name", ["no-stc-temporal", "single-stage"])
def test_an_ablation_is_trained_and_exported_like_any_model(name: str, tmp_path: Path) -> None:
    recipe = ablated(micro_recipe(steps=1), name)
    workshop = Workshop(tmp_path / "run", recipe)
    for stage in recipe.stages:
        assert workshop.run(stage)
    workshop.export(tmp_path / "model")
    system = load_system(tmp_path / "model")
    sees_other_frames = any(isinstance(module, FrameAttention) for module in system.unet().modules())
    assert sees_other_frames == system.card.unet.stc_temporal == (name == "single-stage")


def test_a_single_stage_has_no_first_one(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, ablated(micro_recipe(steps=1), "single-stage"))
    with pytest.raises(UsageError, match=r"no stage 'text-to-video'\. Choose from autoencoder"):
        workshop.run("text-to-video")
