from typing import get_args

import numpy as np
import pytest

from vcomp.errors import UsageError
from vcomp.media import Clip, fit
from vcomp.media.resize import FitMode


@pytest.mark.parametrize("mode", get_args(FitMode))
@pytest.mark.parametrize("size", [(32, 32), (31, 17), (200, 100), (96, 40)])
def test_gives_the_size_asked_for(clip: Clip, mode: FitMode, size: tuple[int, int]) -> None:
    fitted = fit(clip.frames, size, mode)
    assert fitted.shape == (16, size[1], size[0], 3)
    assert fitted.dtype == np.uint8


def test_same_size_is_untouched(clip: Clip) -> None:
    assert fit(clip.frames, (96, 64)) is clip.frames


def test_crop_keeps_the_middle() -> None:
    frames = np.zeros((1, 10, 30, 3), np.uint8)
    frames[:, :, 10:20] = 255
    assert fit(frames, (20, 20), "crop").min() == 255


def test_pad_keeps_everything_between_black_bars() -> None:
    padded = fit(np.full((1, 10, 30, 3), 255, np.uint8), (30, 30), "pad")
    assert padded[0, 10:20].min() == 255
    assert padded[0, :10].max() == padded[0, 20:].max() == 0


def test_shrinking_averages() -> None:
    checks = np.indices((64, 64)).sum(axis=0) % 2 * 255
    frames = np.repeat(checks[None, ..., None], 3, axis=-1).astype(np.uint8)
    assert np.abs(fit(frames, (16, 16)).astype(int) - 128).max() <= 1


def test_refuses_impossible_requests(clip: Clip) -> None:
    with pytest.raises(UsageError, match="0x4"):
        fit(clip.frames, (0, 4))
    with pytest.raises(UsageError, match="one of crop, pad, stretch"):
        fit(clip.frames, (4, 4), "zoom")  # type: ignore[arg-type]
