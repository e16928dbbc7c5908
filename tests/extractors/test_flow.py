"""Dense flow and codec motion vectors: one sign, one unit, one grid."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from extractor_scenes import REAL_CLIPS, real_frames, textured_pan

from vcomp.errors import MediaError
from vcomp.extractors.flow import dense_flow
from vcomp.extractors.motion_vectors import motion_vectors

PAN = (3, -2)
ESTIMATORS = [dense_flow, motion_vectors]


@pytest.mark.parametrize("estimate", ESTIMATORS)
@pytest.mark.parametrize("size", [(128, 128), (97, 131)])
def test_pan_has_its_sign_and_magnitude(
    estimate: Callable[[np.ndarray], torch.Tensor], size: tuple[int, int]
) -> None:
    height, width = size
    frames = textured_pan(num_frames=5, height=height, width=width, dx=PAN[0], dy=PAN[1])
    motion = estimate(frames)
    assert motion.shape == (2, 5, height, width)
    assert motion.dtype == torch.float32
    assert motion[:, 0].abs().max() == 0
    for frame in motion[:, 1:].unbind(1):
        assert frame[0].median().item() == pytest.approx(PAN[0], abs=0.25)
        assert frame[1].median().item() == pytest.approx(PAN[1], abs=0.25)


@pytest.mark.parametrize("estimate", ESTIMATORS)
def test_still_clip_does_not_move(estimate: Callable[[np.ndarray], torch.Tensor]) -> None:
    still = np.repeat(textured_pan(num_frames=1, height=64, width=64, dx=0, dy=0), 4, axis=0)
    assert estimate(still).abs().max() < 0.05


@pytest.mark.parametrize("estimate", ESTIMATORS)
def test_motion_lies_where_the_object_arrives(estimate: Callable[[np.ndarray], torch.Tensor]) -> None:
    texture = textured_pan(num_frames=1, height=64, width=64, dx=0, dy=0)[0]
    frames = np.full((2, 128, 128, 3), 128, dtype=np.uint8)
    frames[0, 32:96, 24:88] = texture
    frames[1, 32:96, 32:96] = texture  # 8 pixels to the right
    motion = estimate(frames)[:, 1]
    newly_covered = motion[:, 40:88, 88:94]  # background in frame 0: its own grid would say "still" here
    assert newly_covered[0].median().item() == pytest.approx(8, abs=1)
    assert newly_covered[1].median().item() == pytest.approx(0, abs=1)
    assert motion[:, :, 112:].abs().median() < 0.1


@pytest.mark.parametrize("estimate", ESTIMATORS)
@pytest.mark.parametrize("size", [(1, 1), (9, 7), (16, 200)])
def test_small_pictures(estimate: Callable[[np.ndarray], torch.Tensor], size: tuple[int, int]) -> None:
    assert estimate(np.zeros((3, *size, 3), dtype=np.uint8)).shape == (2, 3, *size)


@pytest.mark.parametrize("estimate", ESTIMATORS)
def test_one_frame_is_still_and_none_is_an_error(estimate: Callable[[np.ndarray], torch.Tensor]) -> None:
    assert estimate(np.zeros((1, 32, 32, 3), dtype=np.uint8)).abs().sum() == 0
    with pytest.raises(MediaError, match="no frames"):
        estimate(np.zeros((0, 32, 32, 3), dtype=np.uint8))
    with pytest.raises(ValueError, match="uint8"):
        estimate(np.zeros((2, 32, 32, 3), dtype=np.float32))


def test_sparse_vectors_are_the_block_centres() -> None:
    frames = textured_pan(num_frames=3, height=64, width=80, dx=PAN[0], dy=PAN[1])
    sparse, dense = motion_vectors(frames, fill="sparse"), motion_vectors(frames, fill="block")
    written = sparse.abs().sum(0) > 0
    assert torch.equal(sparse[:, written], dense[:, written])
    assert 0 < written[1].sum() <= (64 // 8) * (80 // 8)
    rows, columns = torch.where(written[1])
    assert set((rows % 8).tolist()) | set((columns % 8).tolist()) <= {0, 4}
    assert sparse[0][written].median().item() == pytest.approx(PAN[0], abs=0.25)
    assert sparse[1][written].median().item() == pytest.approx(PAN[1], abs=0.25)


def test_a_cut_has_no_motion_vectors_of_its_own_and_the_clip_goes_on() -> None:
    before = textured_pan(num_frames=3, height=64, width=64, dx=2, dy=0)
    after = 255 - textured_pan(num_frames=3, height=64, width=64, dx=2, dy=0)[:, ::-1]
    motion = motion_vectors(np.concatenate([before, after]))
    assert motion.shape == (2, 6, 64, 64)
    assert motion[0, 5].median().item() == pytest.approx(2, abs=0.25)


@pytest.mark.parametrize("name", REAL_CLIPS)
def test_both_agree_on_real_clips(name: str) -> None:
    frames = real_frames(name, num_frames=4, step=2)[:, ::2, ::2]
    dense, codec = dense_flow(frames)[:, 1:], motion_vectors(frames)[:, 1:]
    difference = (dense - codec).norm(dim=0).median()
    assert difference < 1.0
    assert difference < (dense + codec).norm(dim=0).median()
