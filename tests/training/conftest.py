"""A cache of four real drawn videos, encoded by untrained networks."""

from __future__ import annotations

import micro
import pytest
import torch

from vcomp.models.autoencoder import TinyAutoencoder
from vcomp.models.clip import Towers
from vcomp.training.cache import CacheSpec, VideoCache
from vcomp.training.unet import Frozen


@pytest.fixture(scope="session")
def frozen() -> Frozen:
    torch.manual_seed(0)
    return Frozen(
        autoencoder=TinyAutoencoder(micro.AUTOENCODER).eval().requires_grad_(False),
        towers=Towers(micro.TOWERS).eval().requires_grad_(False),
    )


@pytest.fixture(scope="session")
def stills(tmp_path_factory: pytest.TempPathFactory, frozen: Frozen) -> VideoCache:
    """Single frames, each from anywhere in its clip."""
    spec = CacheSpec(level="clear", seed=5, num_videos=12, num_frames=1)
    cache = VideoCache(tmp_path_factory.mktemp("stills"), spec)
    cache.build(frozen.autoencoder, frozen.towers, dtype=torch.float32)
    return cache


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory, frozen: Frozen) -> VideoCache:
    spec = CacheSpec(level="styled", seed=5, num_videos=4)
    cache = VideoCache(tmp_path_factory.mktemp("cache"), spec)
    cache.build(frozen.autoencoder, frozen.towers, dtype=torch.float32)
    return cache
