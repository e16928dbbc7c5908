"""Seams: which frames count as a border, and that one is seen."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from vcomp.data.drawn import DrawnDataset
from vcomp.diffusion.windows import window_slices
from vcomp.engine import Engine
from vcomp.evaluation.held_out import HELD_OUT_SEED
from vcomp.evaluation.seams import GIVEN, across_and_inside, seam_consistency
from vcomp.models.system import System

WINDOWS = window_slices(10, length=4, overlap=2)  # 0-3, 2-5, 4-7, 6-9


def test_a_jump_where_a_window_ends_is_across() -> None:
    embeddings = torch.tensor([[1.0, 0.0]] * 6 + [[0.0, 1.0]] * 4)
    assert across_and_inside(embeddings, WINDOWS) == pytest.approx((3 / 4, 1))


def test_a_jump_elsewhere_is_inside() -> None:
    embeddings = torch.tensor([[1.0, 0.0]] * 5 + [[0.0, 1.0]] * 5)
    assert across_and_inside(embeddings, WINDOWS) == pytest.approx((1, 4 / 5))


def test_windows_that_do_not_overlap_evenly_have_two_borders_each() -> None:
    windows = window_slices(9, length=5, overlap=1)  # 0-4, 4-8
    for jump, expected in ((4, (1 / 2, 1)), (5, (1 / 2, 1)), (6, (1, 5 / 6))):
        embeddings = torch.tensor([[1.0, 0.0]] * jump + [[0.0, 1.0]] * (9 - jump))
        assert across_and_inside(embeddings, windows) == pytest.approx(expected)


@pytest.mark.parametrize("index", range(len(GIVEN)))
def test_of_a_generated_video(system: System, index: int) -> None:
    engine = Engine(system, device="cpu", dtype="float32")
    settings = replace(engine.default_settings, num_steps=1)
    video = DrawnDataset(level="plain", seed=HELD_OUT_SEED, num_frames=10, size_px=64)[index]
    first = seam_consistency(engine, settings, video, index)
    assert first == seam_consistency(engine, settings, video, index)
    assert all(-1 <= similarity <= 1 for similarity in first)
