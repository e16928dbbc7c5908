"""The numbers, from a small system of random weights to the lines that are printed."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vcomp.data.drawn import DrawnDataset, DrawnVideo
from vcomp.errors import UsageError, WeightsError
from vcomp.evaluation.measures import MEANS, clip_psnr_db, first_frame_psnr_db, motion_epe, sketch_f1
from vcomp.evaluation.numbers import NAMES, RATIOS, Suite
from vcomp.evaluation.statistics import Estimate

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "bundle_numbers.py"
UNTIMED = (*MEANS, *RATIOS, "composition_loss")


def suite(folder: Path, **changes: object) -> Suite:
    small = Suite(model=folder, num_samples=3, num_steps=2, level="plain", batch_size=2)
    return replace(small, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def numbers(model_folder: Path) -> dict[str, Estimate]:
    return dict(suite(model_folder).measure(UNTIMED))


def moving_video() -> DrawnVideo:
    dataset = DrawnDataset(level="plain", seed=1, num_frames=4)
    return next(video for video in dataset.clips(0, 50) if video.scene.sprites[0].motion == "move")


def test_all_are_measured(numbers: dict[str, Estimate]) -> None:
    assert numbers.keys() == set(UNTIMED)
    for name, estimate in numbers.items():
        # One of the three captions does not tell the background.
        assert estimate.n == (2 if name == "text_background" else 3), name
        assert estimate.low <= estimate.value <= estimate.high


def test_ratio_is_of_the_two_means(numbers: dict[str, Estimate]) -> None:
    ratio = numbers["motion_epe_motion"].value / numbers["motion_epe_text"].value
    assert numbers["motion_epe_ratio"].value == pytest.approx(ratio)


def test_true_videos_are_better_than_noise(numbers: dict[str, Estimate]) -> None:
    assert numbers["sketch_f1_true_video"].value > 0.9 > numbers["sketch_f1"].value
    assert numbers["motion_epe_true_video"].value < 0.5 * numbers["motion_epe_text"].value


def test_the_size_of_batches_changes_nothing(model_folder: Path, numbers: dict[str, Estimate]) -> None:
    [(name, estimate)] = suite(model_folder, batch_size=3).measure(["autoencoder_psnr_db"])
    assert estimate == numbers[name]


def test_processes_change_nothing(model_folder: Path, numbers: dict[str, Estimate]) -> None:
    told: list[int] = []
    shared = suite(model_folder, num_processes=2, on_progress=lambda way, done, total: told.append(done))
    [(name, estimate)] = shared.measure(["autoencoder_psnr_db"])
    assert estimate.value == pytest.approx(numbers[name].value, rel=1e-6)
    assert told == [2, 3]


def test_an_error_in_a_process_is_the_callers(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="none"):
        list(Suite(model=tmp_path / "none", num_processes=2).measure(["sketch_f1"]))


def test_a_ratio_alone_prints_nothing_else(model_folder: Path, numbers: dict[str, Estimate]) -> None:
    told: list[tuple[str, int, int]] = []
    alone = suite(model_folder, on_progress=lambda *progress: told.append(progress))
    [(name, estimate)] = alone.measure(["motion_epe_ratio"])
    assert name == "motion_epe_ratio"
    assert estimate.value == pytest.approx(numbers[name].value, rel=0.02)  # bfloat16 rounds
    assert told == [("text", 2, 3), ("text", 3, 3), ("text + motion", 2, 3), ("text + motion", 3, 3)]


def test_seams_of_long_videos(model_folder: Path) -> None:
    told: list[tuple[str, int, int]] = []
    measuring = suite(model_folder, num_long=2, on_progress=lambda *progress: told.append(progress))
    [(name, estimate)] = measuring.measure(["window_seam"])
    assert (name, estimate.n) == ("window_seam", 2)
    assert estimate.low <= estimate.value <= estimate.high
    assert told == [("long", 1, 2), ("long", 2, 2)]


def test_strokes_and_composition_take_a_few_samples_only(model_folder: Path) -> None:
    told: list[tuple[str, int, int]] = []
    many = suite(model_folder, num_samples=51, num_steps=1, batch_size=51)
    names = ["stroke_obeyed_without"]
    [(_, estimate)] = replace(many, on_progress=lambda *progress: told.append(progress)).measure(names)
    assert estimate.n == 50
    assert told == [("text + image, direction unsaid", 50, 50)]


def test_metrics_of_the_drawn_frames_themselves() -> None:
    video = moving_video()
    assert sketch_f1(video, video.frames) > 0.95
    assert clip_psnr_db(video, video.frames) == math.inf
    changed = video.frames.copy()
    changed[1:] = 0
    assert first_frame_psnr_db(video, changed) == math.inf
    assert clip_psnr_db(video, changed) < 20


def test_motion_error_of_a_still_clip_is_the_motion_itself() -> None:
    video = moving_video()
    still = np.repeat(video.frames[:1], 4, axis=0)
    speed = np.hypot(*video.flow)[video.foreground & (np.hypot(*video.flow) > 0.5)].mean()
    assert motion_epe(video, still) == pytest.approx(speed, rel=0.01)
    assert motion_epe(video, video.frames) < 0.6 * speed


def test_what_stands_still_has_no_motion_error() -> None:
    clips = DrawnDataset(level="plain", seed=1, num_frames=4).clips(0, 50)
    still = next(video for video in clips if video.scene.sprites[0].motion == "still")
    assert math.isnan(motion_epe(still, still.frames))


def test_unknown_names_and_levels(model_folder: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean sketch_f1"):
        list(suite(model_folder).measure(["sketch_f2"]))
    with pytest.raises(UsageError, match="no level ''"):
        list(suite(model_folder, level=None).measure(["sketch_f1"]))


def test_the_command_prints_a_line_a_number(model_folder: Path) -> None:
    only = ("autoencoder_psnr_db", "sketch_f1_true_video", "motion_epe_true_video")
    size = ("--samples", "2", "--steps", "2", "--level", "plain")
    done = subprocess.run(
        [sys.executable, SCRIPT, "--model", model_folder, *size, "--only", ",".join(only)],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["name"] for line in lines} == set(only)
    for line in lines:
        assert line.keys() == {"name", "value", "n", "interval"}
        assert line["interval"][0] <= line["value"] <= line["interval"][1]
        assert 0 < line["n"] <= 2
    assert "true video: 2/2" in done.stderr


def test_the_command_tells_a_mistake_in_a_sentence() -> None:
    arguments = [sys.executable, SCRIPT, "--only", "sketch"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: There is no number 'sketch'")


def test_names_are_those_of_the_goals() -> None:
    goals = {"autoencoder_psnr_db", "sketch_f1", "sketch_f1_text_only", "motion_epe_ratio", "image_psnr_db"}
    goals |= {"stroke_obeyed", "single_sketch_f1", "depth_order", "style_right", "unseen_sketch_f1"}
    goals |= {"composition_loss", "text_background", "text_colour", "text_kind", "text_direction"}
    goals |= {"pan_error_px", "extract_fps", "extract_peak_gb", "pidinet_f1", "canny_f1"}
    assert goals | {"window_seam", "generate_s", "help_s"} <= set(NAMES)
