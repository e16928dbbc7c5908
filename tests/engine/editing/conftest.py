"""A source whose pixels are known, and an engine to edit it with."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from vcomp.engine import Engine
from vcomp.media import Clip, Frames, write_clip, write_picture
from vcomp.models.system import System


@pytest.fixture
def engine(system: System) -> Engine:
    return Engine(system, device="cpu", dtype="float32")


@pytest.fixture
def pixels() -> Frames:
    """Eight frames of 120x80 texture that moves right by two pixels a frame."""
    coarse = np.random.default_rng(5).integers(0, 255, (10, 15, 3), np.uint8)
    picture = cv2.resize(coarse, (120, 80), interpolation=cv2.INTER_CUBIC)
    return np.stack([np.roll(picture, 2 * i, axis=1) for i in range(8)])


@pytest.fixture
def source(tmp_path: Path, pixels: Frames) -> Path:
    """They as PNGs, at 16 frames a second."""
    write_clip(Clip(pixels, 16.0), tmp_path / "source")
    return tmp_path / "source"


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    """A disc."""
    picture = np.zeros((80, 120, 3), np.uint8)
    cv2.circle(picture, (60, 40), 14, (255, 255, 255), -1)
    write_picture(picture, tmp_path / "mask.png")
    return tmp_path / "mask.png"
