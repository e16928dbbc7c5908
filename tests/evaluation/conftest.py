"""Videos to measure, and writing them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from writing import Write

from vcomp.evaluation.toolbox import Toolbox
from vcomp.media.clip import Clip, Frames
from vcomp.media.write import write_clip


@pytest.fixture(scope="session")
def tools() -> Toolbox:
    return Toolbox(device="cpu")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write frames as a folder of PNGs, which loses nothing; gives its path."""

    def to_folder(name: str, frames: Frames) -> str:
        write_clip(Clip(frames, 8.0), f"{tmp_path / name}/")
        return str(tmp_path / name)

    return to_folder


@pytest.fixture(scope="session")
def moving() -> Frames:
    """Twenty frames of texture that moves two pixels to the right each: more than two views."""
    texture = np.random.default_rng(0).integers(0, 255, (12, 16, 3), np.uint8)
    wide = np.kron(texture, np.ones((6, 6, 1), np.uint8))
    return np.stack([np.roll(wide, 2 * i, axis=1) for i in range(20)])
