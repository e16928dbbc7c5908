"""Each metric against cases with a known answer, and against another computation of the same thing."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import ndimage, spatial

from vcomp.evaluation.metrics import edge_f1, endpoint_error, frame_consistency, psnr_db


def line(column: int, *, width: int = 32, frames: int = 1) -> np.ndarray:
    edges = np.zeros((frames, 20, width), bool)
    edges[:, :, column] = True
    return edges


@pytest.mark.parametrize(("shift", "score"), [(0, 1), (1, 1), (2, 1), (3, 0), (-2, 1), (-3, 0)])
def test_edges_count_up_to_two_pixels_away(shift: int, score: float) -> None:
    assert edge_f1(line(10 + shift), line(10)) == score


def test_tolerance_is_euclidean() -> None:
    dot, diagonal = np.zeros((2, 1, 9, 9), bool)
    dot[0, 4, 4] = diagonal[0, 6, 6] = True
    assert edge_f1(dot, diagonal, tolerance_px=2) == 0
    assert edge_f1(dot, diagonal, tolerance_px=2.83) == 1


def test_extra_edges_cost_precision_and_missing_ones_recall() -> None:
    two = line(5) | line(25)
    assert edge_f1(two, line(5)) == pytest.approx(2 * 0.5 * 1 / 1.5)  # half of them right, all found
    assert edge_f1(line(5), two) == pytest.approx(2 * 1 * 0.5 / 1.5)


def test_edges_of_each_frame_are_its_own() -> None:
    given = np.concatenate([line(5), line(25)])
    assert edge_f1(given, given) == 1
    assert edge_f1(given, given[::-1]) == 0
    assert edge_f1(given, line(5, frames=2)) == 0.5


def test_frames_without_edges() -> None:
    none = np.zeros((1, 20, 32), bool)
    assert edge_f1(none, none) == 1
    assert edge_f1(none, line(3)) == 0
    assert edge_f1(line(3), none) == 0


def test_edge_f1_is_that_of_scipy() -> None:
    rng = np.random.default_rng(0)
    edges, given = rng.random((2, 3, 40, 50)) < 0.02
    expected = []
    for a, b in zip(edges, given, strict=True):
        precision = (ndimage.distance_transform_edt(~b)[a] <= 2).mean()
        nearest_px, _ = spatial.KDTree(np.argwhere(a)).query(np.argwhere(b))
        recall = (nearest_px <= 2).mean()
        expected.append(2 * precision * recall / (precision + recall))
    assert 0.1 < np.mean(expected) < 0.9
    assert edge_f1(edges, given) == pytest.approx(np.mean(expected))


def test_endpoint_error_by_hand() -> None:
    flow, still = torch.zeros(2, 2, 4, 4), torch.zeros(2, 2, 4, 4)
    flow[:, 1] = torch.tensor([3.0, -4.0])[:, None, None]
    assert endpoint_error(flow, still) == pytest.approx(2.5)  # 5 pixels in one of two frames
    area = torch.zeros(2, 4, 4, dtype=torch.bool)
    area[1, 2:] = True
    assert endpoint_error(flow, still, area) == pytest.approx(5)
    assert endpoint_error(flow, flow, area) == 0


def test_endpoint_error_is_that_of_a_loop() -> None:
    flow, given = torch.randn(2, 2, 3, 5, 6, generator=torch.Generator().manual_seed(0))
    area = given[0] > 0
    distances = [
        math.dist(flow[:, i, y, x].tolist(), given[:, i, y, x].tolist())
        for i, y, x in torch.argwhere(area).tolist()
    ]
    assert endpoint_error(flow, given, area) == pytest.approx(sum(distances) / len(distances))


def test_psnr_by_hand() -> None:
    grey = np.full((2, 4, 4, 3), 100, np.uint8)
    assert psnr_db(grey, grey) == math.inf
    assert psnr_db(grey + np.uint8(16), grey) == pytest.approx(20 * math.log10(255 / 16))
    assert psnr_db(grey, grey + np.uint8(16)) == psnr_db(grey + np.uint8(16), grey)
    assert psnr_db(np.zeros_like(grey), np.full_like(grey, 255)) == pytest.approx(0)
    half = np.concatenate([grey[:1], grey[1:] + np.uint8(16)])
    assert psnr_db(half, grey) == pytest.approx(20 * math.log10(255 / 16) + 10 * math.log10(2))


def test_psnr_is_that_of_a_loop() -> None:
    a, b = np.random.default_rng(0).integers(0, 256, (2, 2, 5, 4, 3)).astype(np.uint8)
    squares = [(int(x) - int(y)) ** 2 for x, y in zip(a.flat, b.flat, strict=True)]
    assert psnr_db(a, b) == pytest.approx(10 * math.log10(255**2 / (sum(squares) / len(squares))))


def test_frame_consistency_by_hand() -> None:
    right, up = [1.0, 0.0], [0.0, 1.0]
    assert frame_consistency(torch.tensor([right, right])) == pytest.approx(1)
    assert frame_consistency(torch.tensor([right, up])) == pytest.approx(0)
    assert frame_consistency(torch.tensor([right, [5.0, 5.0], up])) == pytest.approx(math.sqrt(0.5))
    assert frame_consistency(torch.tensor([right, right, up, [0.0, -3.0]])) == pytest.approx(0)


def test_frame_consistency_is_one_minus_scipys_distance() -> None:
    embeddings = torch.randn(6, 16, generator=torch.Generator().manual_seed(0))
    distances = [spatial.distance.cosine(embeddings[i], embeddings[i + 1]) for i in range(5)]
    assert frame_consistency(embeddings) == pytest.approx(1 - np.mean(distances), abs=1e-6)


def test_what_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match=r"\[1, 20, 32\] and \[2, 20, 32\]"):
        edge_f1(line(3), line(3, frames=2))
    with pytest.raises(ValueError, match="cannot be compared"):
        psnr_db(np.zeros((0, 4, 4, 3), np.uint8), np.zeros((0, 4, 4, 3), np.uint8))
    flow = torch.zeros(2, 1, 4, 4)
    with pytest.raises(ValueError, match="No pixel counts"):
        endpoint_error(flow, flow, torch.zeros(1, 4, 4, dtype=torch.bool))
    with pytest.raises(ValueError, match="two frames, not 1"):
        frame_consistency(torch.ones(1, 8))
