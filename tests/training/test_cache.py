"""The cache holds what the videos and the networks give."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from vcomp.data.drawn import DrawnDataset
from vcomp.training.cache import CacheSpec, VideoCache
from vcomp.training.progress import Progress
from vcomp.training.unet import Frozen


def halved(frames: NDArray[np.generic]) -> NDArray[np.float64]:
    """Means over two by two pixels ``[... 128 128]`` to ``[... 64 64]``."""
    *lead, height, width = frames.shape
    return frames.astype(np.float64).reshape(*lead, height // 2, 2, width // 2, 2).mean((-3, -1))


def signed(frames: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(frames).permute(0, 3, 1, 2) / 127.5 - 1


@pytest.mark.parametrize("index", [0, 3])
def test_conditions_are_the_videos_at_half_size(cache: VideoCache, index: int) -> None:
    video = DrawnDataset(level="styled", seed=5)[index]
    kept = {name: cache[name][index] for name in ("frames", "sketch", "depth", "motion", "foreground")}
    frames = video.frames.transpose(0, 3, 1, 2)
    assert np.abs(kept["frames"].transpose(0, 3, 1, 2) - halved(frames)).max() <= 1
    assert np.abs(kept["sketch"] / 255 - halved(video.sketch)).max() < 0.01
    assert np.abs(kept["depth"] / 255 - halved(video.depth)).max() < 0.01
    assert np.abs(kept["foreground"] / 255 - halved(video.foreground)).max() < 0.01
    assert np.abs(kept["motion"] - halved(video.flow)).max() < 0.02
    assert kept["motion"].shape == (2, 16, 64, 64)


def test_latents_and_style_are_the_networks(cache: VideoCache, frozen: Frozen) -> None:
    dataset = DrawnDataset(level="styled", seed=5)
    latents = frozen.autoencoder.encode(signed(dataset[2].frames)).transpose(0, 1)
    style = frozen.towers.image_embedding(signed(dataset.style_picture(2)[None]))[0]
    torch.testing.assert_close(torch.tensor(cache["latents"][2]).float(), latents, rtol=2e-3, atol=2e-3)
    torch.testing.assert_close(torch.tensor(cache["style"][2]).float(), style, rtol=2e-3, atol=2e-3)


def test_what_is_complete_is_not_built_again(cache: VideoCache, frozen: Frozen) -> None:
    again = VideoCache(cache.folder, cache.spec)
    assert again.complete
    before = {path: path.stat().st_mtime_ns for path in cache.folder.iterdir()}
    again.build(frozen.autoencoder, frozen.towers, dtype=torch.float32)
    assert {path: path.stat().st_mtime_ns for path in cache.folder.iterdir()} == before
    assert not VideoCache(cache.folder, replace(cache.spec, num_videos=5)).complete


def test_progress_is_told(tmp_path: Path, frozen: Frozen) -> None:
    told: list[Progress] = []
    spec = CacheSpec(level="plain", seed=0, num_videos=3, num_frames=2)
    cache = VideoCache(tmp_path / "videos", spec)
    cache.build(frozen.autoencoder, frozen.towers, dtype=torch.float32, report=told.append)
    assert str(told[-1]).startswith("cache of videos 3/3  ")
    assert "loss" not in str(told[-1])
    assert str(told[-1]).endswith("0.0 min left")


def test_networks_keep_their_precision(tmp_path: Path, frozen: Frozen) -> None:
    spec = CacheSpec(level="plain", seed=0, num_videos=1, num_frames=2, condition_px=32)
    cache = VideoCache(tmp_path, spec)
    cache.build(frozen.autoencoder, frozen.towers, dtype=torch.bfloat16)
    assert {tensor.dtype for tensor in frozen.autoencoder.state_dict().values()} == {torch.float32}
    assert cache["latents"].shape == (1, 4, 2, 16, 16)
    assert cache["depth"].shape == (1, 2, 32, 32)


def test_an_interrupted_build_is_not_complete(tmp_path: Path, frozen: Frozen) -> None:
    cache = VideoCache(tmp_path, CacheSpec(level="plain", seed=0, num_videos=2, num_frames=2))
    broken = torch.nn.Module()
    with pytest.raises(AttributeError):
        cache.build(broken, frozen.towers, dtype=torch.float32)  # type: ignore[arg-type]
    assert not cache.complete


def test_a_cache_of_other_networks_is_built_anew(tmp_path: Path, frozen: Frozen) -> None:
    spec = CacheSpec(level="plain", seed=0, num_videos=2, num_frames=2)
    VideoCache(tmp_path, spec).build(frozen.autoencoder, frozen.towers, dtype=torch.float32)
    towers = copy.deepcopy(frozen.towers)
    for parameter in towers.parameters():
        parameter.data.mul_(1.5)
    cache = VideoCache(tmp_path, spec)
    before = np.array(cache["style"])
    cache.build(frozen.autoencoder, towers, dtype=torch.float32)
    assert not np.allclose(cache["style"], before, atol=0.05)
