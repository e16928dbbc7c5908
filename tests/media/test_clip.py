import numpy as np
import pytest

from vcomp.errors import MediaError
from vcomp.media import Clip


def test_properties() -> None:
    clip = Clip(np.zeros((6, 4, 8, 3), np.uint8), fps=12)
    assert (clip.num_frames, clip.size, clip.duration_s) == (6, (8, 4), 0.5)


@pytest.mark.parametrize(
    ("frames", "fps"),
    [
        (np.zeros((6, 4, 8, 3), np.float32), 8.0),
        (np.zeros((4, 8, 3), np.uint8), 8.0),
        (np.zeros((6, 4, 8, 4), np.uint8), 8.0),
        (np.zeros((0, 4, 8, 3), np.uint8), 8.0),
        (np.zeros((6, 4, 8, 3), np.uint8), 0.0),
        (np.zeros((6, 4, 8, 3), np.uint8), float("nan")),
    ],
)
def test_refuses_what_is_no_clip(frames: np.ndarray, fps: float) -> None:
    with pytest.raises(MediaError, match="A clip"):
        Clip(frames, fps=fps)
