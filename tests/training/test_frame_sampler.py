"""Single frames of drawn scenes, what disturbs them, and pictures of them."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from vcomp.data.drawn import DrawnDataset
from vcomp.training.frames import FrameSampler, pixels_of
from vcomp.training.nuisances import disturb
from vcomp.training.previews import grid


def test_scenes_are_a_function_of_the_step_and_never_come_again() -> None:
    sampler = FrameSampler("plain", 5)
    first, again, other = sampler.scenes(2), sampler.scenes(2), sampler.scenes(3)
    assert torch.equal(pixels_of(first), pixels_of(again))
    assert {v.caption for v in first} == {DrawnDataset(level="plain")[i].caption for i in range(10, 15)}
    assert not torch.equal(pixels_of(first), pixels_of(other))


def test_a_scene_is_one_frame_of_its_video() -> None:
    for offset, scene in enumerate(FrameSampler("rich", 4).scenes(0)):
        video = DrawnDataset(level="rich")[offset]
        assert scene.frames.shape == (1, 128, 128, 3)
        np.testing.assert_array_equal(scene.frames[0], video.frames[scene.first_frame])
        np.testing.assert_array_equal(scene.depth[0], video.depth[scene.first_frame])


def test_frames_come_from_all_times() -> None:
    scenes = [scene for step in range(20) for scene in FrameSampler("plain", 8).scenes(step)]
    assert {scene.first_frame for scene in scenes} == set(range(16))


def test_pixels_are_in_range() -> None:
    scenes = FrameSampler("plain", 3).scenes(0)
    pixels = pixels_of(scenes)
    assert pixels.shape == (3, 3, 128, 128)
    np.testing.assert_allclose((pixels[1].permute(1, 2, 0) + 1) * 127.5, scenes[1].frames[0], atol=1e-3)


def test_nuisances_disturb_and_keep_edges_where_they_are() -> None:
    picture = np.full((128, 128, 3), 60, np.uint8)
    cv2.circle(picture, (70, 60), 30, (200, 180, 90), -1)
    edges = cv2.Canny(picture, 50, 150) > 0
    results = [disturb(np.random.default_rng(seed), picture) for seed in range(64)]
    assert all(result.shape == picture.shape and result.dtype == np.uint8 for result in results)
    assert len({result.tobytes() for result in results}) == 64
    mean = np.mean([cv2.Laplacian(r.mean(-1), cv2.CV_64F, ksize=3) ** 2 for r in results], axis=0)
    assert mean[edges].mean() > 2 * mean[~edges].mean()
    np.testing.assert_array_equal(results[3], disturb(np.random.default_rng(3), picture))


def test_grid_puts_rows_below_each_other() -> None:
    rows = [torch.full((2, 3, 4, 6), -1.0), torch.stack([torch.zeros(3, 4, 6), torch.ones(3, 4, 6)])]
    picture = grid(rows)
    assert picture.shape == (8, 12, 3)
    assert (picture[:4] == 0).all()
    assert (picture[4:, 6:] == 255).all()
    assert np.isin(picture[4:, :6], (127, 128)).all()
