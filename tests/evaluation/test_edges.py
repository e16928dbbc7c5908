"""The detector that results are judged by finds the edges that are there."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from vcomp.data.drawn import DrawnDataset
from vcomp.evaluation.edges import colour_edges
from vcomp.evaluation.held_out import HELD_OUT_SEED
from vcomp.evaluation.metrics import edge_f1


@pytest.mark.parametrize(("level", "floor"), [("plain", 0.99), ("simple", 0.99), ("styled", 0.95)])
def test_true_frames_have_the_true_edges(level: str, floor: float) -> None:
    dataset = DrawnDataset(level=level, seed=HELD_OUT_SEED, num_frames=3)
    scores = {"neon": [], "other": []}
    for video in dataset.clips(0, 40):
        style = "neon" if video.scene.style == "neon" else "other"
        scores[style].append(edge_f1(colour_edges(video.frames), video.sketch > 0.5))
    assert np.mean(scores["neon"] + scores["other"]) > floor
    assert min(scores["other"]) > 0.88


def test_true_frames_do_not_have_the_edges_of_others() -> None:
    videos = list(DrawnDataset(level="plain", seed=HELD_OUT_SEED, num_frames=2).clips(0, 12))
    scores = [edge_f1(colour_edges(a.frames), b.sketch > 0.5) for a, b in pairwise(videos)]
    assert np.mean(scores) < 0.4


def test_colours_of_one_brightness_have_an_edge_between_them() -> None:
    frames = np.empty((2, 32, 32, 3), np.uint8)
    frames[:, :, :16], frames[:, :, 16:] = (200, 60, 60), (60, 131, 60)
    edges = colour_edges(frames)
    assert edges.shape == (2, 32, 32)
    assert edges[:, 4:-4, 14:18].any(axis=2).all()
    assert not edges[:, :, :13].any()
    assert not edges[:, :, 19:].any()


def test_flat_frames_and_soft_gradients_have_none() -> None:
    frames = np.full((1, 64, 64, 3), 90, np.uint8)
    assert not colour_edges(frames).any()
    frames[0] += np.arange(64, dtype=np.uint8)[:, None, None]
    assert not colour_edges(frames).any()
