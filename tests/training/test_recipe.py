"""A recipe from nothing to a system that generates."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import micro
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from vcomp.conditions.container import Conditions
from vcomp.engine.engine import Engine
from vcomp.engine.settings import Settings
from vcomp.errors import UsageError, WeightsError
from vcomp.models.system import load_system
from vcomp.training.loop import read_checkpoint
from vcomp.training.progress import Progress
from vcomp.training.recipe import Workshop, load_parameters
from vcomp.training.tiny import STAGES, TINY_STAGES, TINY_UNET, UNET_STAGES, TinyRecipe, check_stages


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Every stage trained for two steps, each in a process of its own as far as the recipe can tell."""
    folder = tmp_path_factory.mktemp("run")
    for stage in STAGES:
        assert Workshop(folder, micro.recipe(steps=2), report=_silent).run(stage)
    return Workshop(folder, micro.recipe(steps=2), report=_silent)


def _silent(progress: Progress) -> None:
    recipe = micro.recipe(steps=2)
    cached = {"cache of pictures": recipe.num_pictures, "cache of videos": recipe.num_videos}
    assert progress.steps == cached.get(progress.task, 2)


def test_every_stage_leaves_its_checkpoint(trained: Workshop) -> None:
    for stage in STAGES:
        assert read_checkpoint(trained.folder / f"{stage}.ckpt")["step"] == 2


def test_runs_with_the_same_other_networks_can_share_a_cache(trained: Workshop, tmp_path: Path) -> None:
    told: list[Progress] = []
    for name in ("one", "another"):
        folder, cache = without("pictures", trained, tmp_path / name), tmp_path / "cache"
        assert replace(folder, report=told.append, cache=cache).run("pictures")
    assert [progress.task for progress in told] == ["cache of pictures", "pictures", "pictures"]
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["pictures"]


def test_the_export_is_a_system_that_generates(trained: Workshop, tmp_path: Path) -> None:
    trained.export(tmp_path / "model")
    system = load_system(tmp_path / "model")
    assert system.card.unet == micro.UNET
    assert system.card.level == "plain"
    assert system.card.guidance_scale == trained.recipe.guidance_scale
    sketch = torch.zeros(1, 1, 64, 64)
    sketch[..., 20:40, 30] = 1
    conditions = Conditions(text="a red star moves right", single_sketch=sketch)
    settings = Settings(num_frames=3, size=(64, 64), num_steps=2)
    frames = Engine(system, device="cpu").generate(conditions, settings).clip.frames
    assert frames.shape == (3, 64, 64, 3)


def test_the_export_holds_the_averaged_weights_and_the_latents_statistics(
    trained: Workshop, tmp_path: Path
) -> None:
    trained.export(tmp_path / "model")
    system = load_system(tmp_path / "model")
    parts = {
        "compositional": "unet",
        **{name: name for name in ("autoencoder", "towers", "pidinet", "depth")},
    }
    for stage, part in parts.items():
        averaged = read_checkpoint(trained.folder / f"{stage}.ckpt")["averaged"]
        exported = load_file(tmp_path / "model" / f"{part}.safetensors")
        assert averaged.keys() <= exported.keys()
        for name, parameter in averaged.items():
            torch.testing.assert_close(exported[name].float(), parameter, rtol=1e-3, atol=1e-6)
    autoencoder = system.autoencoder()
    assert autoencoder.latent_mean.any()
    assert not (autoencoder.latent_std == 1).any()


def without(stage: str, trained: Workshop, folder: Path) -> Workshop:
    """A copy of the run in which a stage has not begun."""
    shutil.copytree(trained.folder, folder, ignore=shutil.ignore_patterns(f"{stage}.ckpt"))
    return Workshop(folder, trained.recipe)


@pytest.mark.parametrize(
    ("before", "stage"), [("pictures", "text-to-video"), ("text-to-video", "compositional")]
)
def test_a_stage_begins_where_the_one_before_ended(
    trained: Workshop, tmp_path: Path, before: str, stage: str
) -> None:
    first = read_checkpoint(trained.folder / f"{before}.ckpt")["averaged"]
    trainer = without(stage, trained, tmp_path / "run")._trainer(stage)
    for name, tensor in trainer.weights.averaged_state().items():
        assert torch.equal(tensor, first[name])


def test_a_model_can_be_trained_further(trained: Workshop, tmp_path: Path) -> None:
    model = tmp_path / "model"
    trained.export(model)
    recipe = replace(micro.recipe(steps=2), unet=TINY_UNET)  # the sizes are the model's
    further = Workshop.going_on_from(model, tmp_path / "further", recipe, report=_silent)
    further.export(tmp_path / "same")
    for part in ("unet", "autoencoder", "towers", "pidinet", "depth"):
        first, second = (load_file(folder / f"{part}.safetensors") for folder in (model, tmp_path / "same"))
        assert all(torch.equal(first[name], tensor) for name, tensor in second.items())
    unet = load_file(model / "unet.safetensors")
    trainer = further._trainer("compositional")
    assert trainer.step == 0
    assert all(torch.equal(t, unet[name].float()) for name, t in trainer.weights.averaged_state().items())
    assert further.run("text-to-video")
    after = read_checkpoint(tmp_path / "further" / "text-to-video.ckpt")["averaged"]
    weights = further._trainer("compositional").weights.averaged_state()
    assert all(torch.equal(tensor, after[name]) for name, tensor in weights.items())
    assert not all(torch.equal(tensor, unet[name].float()) for name, tensor in weights.items())


def test_another_unet_is_trained_from_nothing_beside_a_models_networks(
    trained: Workshop, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    trained.export(model)
    recipe = replace(micro.recipe(steps=2), unet=replace(micro.UNET, stc_temporal=False))
    other = Workshop.going_on_from(model, tmp_path / "other", recipe, from_scratch=True, report=_silent)
    with pytest.raises(UsageError, match="'pictures' has not been trained"):
        other.run("text-to-video")
    for stage in UNET_STAGES:
        assert other.run(stage)
    other.export(tmp_path / "exported")
    for part in ("autoencoder", "towers", "pidinet", "depth"):
        first, second = (folder / f"{part}.safetensors" for folder in (model, tmp_path / "exported"))
        assert first.read_bytes() == second.read_bytes()
    assert not load_system(tmp_path / "exported").card.unet.stc_temporal


def test_the_published_model_is_not_trained(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="videocomposer cannot be trained further"):
        Workshop.going_on_from("videocomposer", tmp_path, TinyRecipe())


def test_first_weights_do_not_depend_on_what_was_built_before(trained: Workshop, tmp_path: Path) -> None:
    fresh = without("pictures", trained, tmp_path / "fresh")
    used = without("pictures", trained, tmp_path / "used")
    _ = used._cache("pictures"), used._frozen
    torch.randn(5)
    first, second = (w._trainer("pictures").weights.masters for w in (fresh, used))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_unknown_stages_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no stage 'unet'. Choose from autoencoder, towers"):
        Workshop(tmp_path).run("unet")
    with pytest.raises(UsageError, match="'vae'"):
        check_stages(["towers", "vae"])


@pytest.mark.parametrize("stage", UNET_STAGES)
def test_a_stage_needs_those_before_it(tmp_path: Path, stage: str) -> None:
    with pytest.raises(UsageError, match=r"Stage 'autoencoder' has not been trained in .*Train it first"):
        Workshop(tmp_path, micro.recipe(steps=2)).run(stage)


def test_an_export_needs_every_stage(trained: Workshop, tmp_path: Path) -> None:
    (tmp_path / "pidinet.ckpt").write_bytes((trained.folder / "pidinet.ckpt").read_bytes())
    with pytest.raises(UsageError, match="Stage 'depth' has not been trained"):
        Workshop(tmp_path, trained.recipe).export(tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_every_parameter_must_be_there_and_buffers_stay() -> None:
    model = nn.BatchNorm1d(2)
    model.running_mean.copy_(torch.tensor([3.0, 4.0]))
    load_parameters(model, {"weight": torch.ones(2), "bias": torch.full((2,), 5.0)}, source="here")
    assert model.bias.tolist() == [5.0, 5.0]
    assert model.running_mean.tolist() == [3.0, 4.0]
    with pytest.raises(WeightsError, match=r"here does not fit .* 1 tensors differ: bias"):
        load_parameters(model, {"weight": torch.ones(2)}, source="here")
    with pytest.raises(WeightsError, match="extra"):
        load_parameters(
            model, {"weight": torch.ones(2), "bias": torch.ones(2), "extra": torch.ones(1)}, source=""
        )


def test_the_bundled_recipe_describes_every_stage() -> None:
    assert tuple(TinyRecipe().stages) == STAGES
    for stage in TINY_STAGES.values():
        assert len(stage.shapes) == len(stage.weights)
        assert sum(stage.weights) == pytest.approx(1)
