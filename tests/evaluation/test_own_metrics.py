"""The metrics of tables: that all are there, and those that need a tower or a mask."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from vcomp.conditions.spec import CONDITIONS
from vcomp.data.drawn import DrawnDataset, DrawnVideo
from vcomp.evaluation.clip_towers import load_tower
from vcomp.evaluation.measures import kept_psnr_db
from vcomp.evaluation.own_metrics import OWN_METRICS, SPECS, WITHOUT_TOWER, metrics_by


@pytest.fixture(scope="module")
def video() -> DrawnVideo:
    return DrawnDataset(level="plain", seed=1, num_frames=4, size_px=64)[0]


def test_every_condition_has_its_own_and_every_metric_a_unit() -> None:
    assert OWN_METRICS.keys() == CONDITIONS.keys()
    assert set(OWN_METRICS.values()) <= metrics_by("tiny").keys() == SPECS.keys()


def test_better_is_what_drawn_frames_themselves_are(video: DrawnVideo) -> None:
    noise = np.random.default_rng(0).integers(0, 256, video.frames.shape, np.uint8)
    for name, metric in WITHOUT_TOWER.items():
        if name in ("style_right", "motion_epe"):
            continue
        drawn, random = metric(video, video.frames), metric(video, noise)
        assert drawn > random if SPECS[name].better == "higher" else drawn < random


def test_metrics_of_a_tower_are_its_similarities(model_folder: Path, video: DrawnVideo) -> None:
    metrics = pickle.loads(pickle.dumps(metrics_by(str(model_folder))))
    tower = load_tower(str(model_folder), torch.device("cpu"))
    images = tower.images(video.frames).numpy()
    images /= np.linalg.norm(images, axis=1, keepdims=True)
    text = tower.texts([video.caption])[0].numpy()
    consistency = (images[1:] * images[:-1]).sum(axis=1).mean()
    assert metrics["frame_consistency"](video, video.frames) == pytest.approx(consistency, abs=1e-5)
    alignment = (images @ text / np.linalg.norm(text)).mean()
    assert metrics["text_alignment"](video, video.frames) == pytest.approx(alignment, abs=1e-5)


def test_what_a_mask_keeps_is_all_but_the_objects(video: DrawnVideo) -> None:
    changed = video.frames.copy()
    changed[video.foreground] = 0
    assert kept_psnr_db(video, changed) == np.inf
    changed[~video.foreground] ^= 8
    assert kept_psnr_db(video, changed) == pytest.approx(20 * np.log10(255 / 8), abs=0.01)
