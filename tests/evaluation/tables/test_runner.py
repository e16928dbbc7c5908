"""Studies of small systems of random weights, from frames to kept values."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vcomp.data.drawn import DrawnDataset
from vcomp.engine import Engine
from vcomp.engine.settings import Guide
from vcomp.errors import UsageError, WeightsError
from vcomp.evaluation.held_out import HELD_OUT_SEED, Maker
from vcomp.evaluation.own_metrics import metrics_by
from vcomp.evaluation.tables.runner import Runner
from vcomp.evaluation.tables.study import Arm, Row, Study, Table
from vcomp.models.system import System, save_system
from vcomp.models.unet import UNet

TEXT = Arm(way="text")
SKETCH = Arm(way="text + sketch", guides=(Guide(names=("sketch",), scale=3),))
WITHOUT = Arm(way="text + sketch", model="no-stc-temporal")
SINGLE = Arm(way="text", model="single-stage")


def study(metric: str, *arms: Arm, most: int | None = None) -> Study:
    rows = tuple(Row(label=str(arm), arm=arm) for arm in arms)
    return Study(
        title="", says="", tables=(Table(name=metric, title="", metric=metric, rows=rows),), most=most
    )


def changed(system: System, folder: Path, **changes: Any) -> Path:
    """The small system with another card, and a UNet of that."""
    shutil.copytree(system.folder, folder)
    card = replace(system.card, **changes)
    save_system(folder, card, {"unet": UNet(card.unet).state_dict()})
    return folder


@pytest.fixture(scope="module")
def without(system: System, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small system whose condition encoders see one frame at a time."""
    folder = tmp_path_factory.mktemp("ablation") / "without"
    return changed(system, folder, unet=replace(system.card.unet, stc_temporal=False))


@pytest.fixture
def runner(model_folder: Path, without: Path, tmp_path: Path) -> Runner:
    return Runner(
        models={"full": model_folder, "no-stc-temporal": without},
        kept=tmp_path / "kept.jsonl",
        num_samples=3,
        num_steps=1,
        level="plain",
        batch_size=2,
    )


def test_values_are_those_of_the_frames(runner: Runner, system: System, model_folder: Path) -> None:
    samples = runner.measure(
        [study("sketch_f1", SKETCH, WITHOUT, most=2), study("text_alignment", TEXT, SINGLE)]
    )
    assert samples.keys() == {(SKETCH, "sketch_f1"), (WITHOUT, "sketch_f1"), (TEXT, "text_alignment")}
    engine = Engine(system)
    maker = Maker(engine, replace(engine.default_settings, num_steps=1, guides=SKETCH.guides))
    dataset = DrawnDataset(level="plain", seed=HELD_OUT_SEED, num_frames=4, size_px=64)
    videos = list(dataset.clips(0, 2))
    metric = metrics_by(str(model_folder))["sketch_f1"]
    made = maker.make(SKETCH.way, videos, (0, 1))
    expected = [metric(video, frames) for video, frames in zip(videos, made, strict=True)]
    assert samples[SKETCH, "sketch_f1"] == pytest.approx(expected, rel=0.02)
    assert samples[WITHOUT, "sketch_f1"] != samples[SKETCH, "sketch_f1"]
    assert len(samples[TEXT, "text_alignment"]) == 3


def test_a_condition_guided_by_nothing_is_left_out(runner: Runner) -> None:
    nothing = replace(SKETCH, guides=(Guide(names=("sketch",), scale=0),))
    unguided = replace(TEXT, guides=(Guide(names=("sketch",)),))
    samples = runner.measure([study("sketch_f1", nothing, unguided, SKETCH)])
    absent = samples[unguided, "sketch_f1"]
    assert samples[nothing, "sketch_f1"] == pytest.approx(absent, rel=0.02)
    assert samples[SKETCH, "sketch_f1"] != pytest.approx(absent, rel=0.02)


def test_an_interrupted_run_goes_on(runner: Runner) -> None:
    asked = [study("image_psnr_db", TEXT, WITHOUT)]
    told: list[tuple[str, int, int]] = []

    def interrupt(arm: str, done: int, total: int) -> None:
        told.append((arm, done, total))
        if len(told) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace(runner, on_progress=interrupt).measure(asked)
    samples = replace(runner, on_progress=interrupt).measure(asked)
    other = "text + sketch, no-stc-temporal"
    assert told == [("text", 2, 3), ("text", 3, 3), (other, 2, 3), (other, 3, 3)]
    assert replace(runner, on_progress=interrupt, batch_size=1).measure(asked) == samples
    assert len(told) == 4
    more = replace(runner, on_progress=interrupt, num_samples=4).measure(asked)
    assert told[4:] == [("text", 4, 4), (other, 4, 4)]
    assert more[TEXT, "image_psnr_db"][:3] == samples[TEXT, "image_psnr_db"]


def test_values_are_of_one_model_wherever_its_folder_is(runner: Runner, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    moved.symlink_to(runner.models["full"])
    elsewhere = replace(runner, models={"full": moved})
    assert elsewhere.depends_on(TEXT) == runner.depends_on(TEXT)
    assert runner.depends_on(WITHOUT)["model"] != runner.depends_on(SKETCH)["model"]
    assert replace(runner, num_steps=2).depends_on(TEXT) != runner.depends_on(TEXT)
    assert runner.setting["model"].startswith("small (")
    assert runner.setting["model `no-stc-temporal`"].startswith("without (")


def test_what_is_not_the_ablation_is_refused_at_once(
    runner: Runner, system: System, model_folder: Path, tmp_path: Path
) -> None:
    def measured(**models: str | Path) -> None:
        replace(runner, models={"full": model_folder, **models}).measure([study("sketch_f1", TEXT)])

    with pytest.raises(UsageError, match="have temporal layers"):
        measured(**{"no-stc-temporal": model_folder})
    with pytest.raises(WeightsError, match="no model"):
        measured(**{"single-stage": tmp_path / "none"})
    stronger = changed(system, tmp_path / "stronger", guidance_scale=9.0)
    with pytest.raises(UsageError, match=r"guidance_scale of .*stronger is 9"):
        measured(**{"single-stage": stronger})
    wider = changed(system, tmp_path / "wider", unet=replace(system.card.unet, stc_hidden=12))
    with pytest.raises(UsageError, match=r"wider and .*small differ in more than what is compared\. Train b"):
        measured(nano=wider, **{"single-stage": model_folder})
    assert not runner.kept.exists()
