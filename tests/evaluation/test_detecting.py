"""Edges of the bundled detector and of Canny against those of a published one."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from vcomp.evaluation.detecting import DETECTING, canny_f1
from vcomp.evaluation.numbers import Suite

SHARED = Path(__file__).parents[3] / "shared"
PIDINET = SHARED / "weights" / "pidinet" / "table5_pidinet-tiny.pth"
CLIP = SHARED / "videos" / "motion_transfer.mp4"


def test_without_the_files_the_reason_is_told() -> None:
    figures = dict(Suite(model="none").measure(DETECTING))
    assert list(figures) == list(DETECTING)
    for figure in figures.values():
        assert math.isnan(figure.value)
        assert "no published PiDiNet" in figure.facts["reason"]


def test_canny_finds_what_is_there_at_its_best_threshold() -> None:
    frames = np.full((2, 64, 64, 3), 90, np.uint8)
    frames[:, 16:48, 16:48] = 110
    frames[1] += np.random.default_rng(0).integers(0, 6, (64, 64, 1), np.uint8)
    outline = np.zeros((2, 64, 64), np.bool_)
    outline[:, 16:48, 16:48] = True
    outline[:, 18:46, 18:46] = False
    estimate = canny_f1(frames, outline)
    assert (estimate.n, estimate.value) == (2, pytest.approx(1, abs=0.05))
    assert canny_f1(frames, ~outline & (np.indices(outline.shape)[1] < 8)).value < 0.2


@pytest.mark.skipif(not (PIDINET.is_file() and CLIP.is_file()), reason="no published PiDiNet or clip")
def test_on_a_real_clip() -> None:
    figures = dict(Suite(pidinet=PIDINET, clip=CLIP).measure(DETECTING))
    for figure in figures.values():
        assert figure.n == 8
        assert 0.3 < figure.low <= figure.value <= figure.high <= 1
