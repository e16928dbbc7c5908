from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vcomp.media import Clip

SHARED_VIDEOS = Path(__file__).parents[3] / "shared" / "videos"


@pytest.fixture
def clip() -> Clip:
    """A square that moves over a gradient, 16 frames of 96x64 at 8 fps."""
    y, x = np.mgrid[:64, :96]
    background = np.stack([60 + x, 90 + y, 180 - y], axis=-1).astype(np.uint8)
    frames = np.repeat(background[None], 16, axis=0)
    for index, frame in enumerate(frames):
        frame[20:40, 8 + 3 * index : 28 + 3 * index] = (230, 200, 40)
    return Clip(frames, fps=8.0)


@pytest.fixture(params=["motion_transfer.mp4", "video_5360763.mp4"])
def real_video(request: pytest.FixtureRequest) -> Path:
    path = SHARED_VIDEOS / str(request.param)
    if not path.exists():
        pytest.skip(f"{path.name} is not part of the repository")
    return path
