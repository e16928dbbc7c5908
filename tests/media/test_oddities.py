"""Odd videos are read as they are meant, broken ones end in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from oddities import BROKEN, FRAMES, unknown_codec, write_odd_video
from vcomp.errors import MediaError
from vcomp.media import read_clip
from vcomp.media.prefetch import prefetched


@pytest.mark.parametrize(
    ("aspect", "size"), [(Fraction(2), (128, 48)), (Fraction(1, 2), (64, 96)), (Fraction(16, 15), (68, 48))]
)
def test_pixels_become_square(tmp_path: Path, aspect: Fraction, size: tuple[int, int]) -> None:
    path = write_odd_video(tmp_path / "v.mp4", pixel_aspect=aspect)
    clip = read_clip(path)
    assert clip.size == size
    expected = cv2.resize(FRAMES[0], size, interpolation=cv2.INTER_CUBIC)
    assert np.abs(clip.frames[0].astype(int) - expected).mean() < 12


def test_a_pixel_shape_that_cannot_be_is_passed_over(tmp_path: Path) -> None:
    path = write_odd_video(tmp_path / "v.mp4", pixel_aspect=Fraction(100, 1))
    assert read_clip(path).size == (64, 48)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrors", [(False, False), (True, False), (False, True)])
def test_every_way_to_lie(tmp_path: Path, degrees: int, mirrors: tuple[bool, bool]) -> None:
    stored = read_clip(write_odd_video(tmp_path / "stored.mp4")).frames[0]
    path = write_odd_video(tmp_path / "v.mp4", turn=(degrees, *mirrors))
    expected = np.rot90(stored, degrees // 90)
    # FFmpeg's av_display_matrix_flip mirrors what is shown: after the turn.
    expected = expected[:: -1 if mirrors[1] else 1, :: -1 if mirrors[0] else 1]
    read = read_clip(path).frames[0]
    assert read.shape == expected.shape
    # swscale rounds by how its buffers happen to lie in memory.
    assert np.abs(read.astype(int) - expected).max() <= 4


@pytest.mark.parametrize("broken", BROKEN, ids=lambda make: make.__name__)
def test_broken_media_end_in_a_sentence(tmp_path: Path, broken: Callable[[Path], None]) -> None:
    path = tmp_path / "input.mp4"
    broken(path)
    with pytest.raises(MediaError) as caught:
        read_clip(path, fps=8)
    assert caught.value.hint
    assert "\n" not in str(caught.value)


def test_a_codec_nobody_knows_is_named_as_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    unknown_codec(path)
    with pytest.raises(MediaError, match=r"clip\.mkv is in a codec that no FFmpeg here decodes\."):
        read_clip(path)


def test_what_is_prepared_ahead_keeps_order_and_errors() -> None:
    assert list(prefetched(range(1, 9))) == list(range(1, 9))
    failing = prefetched(1 // x for x in (1, -1, 0, 1))
    assert [next(failing), next(failing)] == [1, -1]
    with pytest.raises(ZeroDivisionError):
        next(failing)
    endless = prefetched(iter(lambda: 1, 0))
    assert next(endless) == 1
    endless.close()  # and the thread ends
