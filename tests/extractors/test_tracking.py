"""A mask of the first frame, carried along."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vcomp.data.drawn import DrawnDataset, DrawnVideo
from vcomp.extractors.tracking import WORKING_SIDE_PX, carried


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def scenes(motion: str) -> list[DrawnVideo]:
    drawn = DrawnDataset(level="simple", seed=1).clips(0, 60)
    alone = [v for v in drawn if len(v.scene.sprites) == 1 and v.scene.sprites[0].motion == motion]
    return [video for video in alone if video.foreground[0].any()][:4]


@pytest.mark.parametrize(("motion", "least"), [("move", 0.85), ("grow", 0.8), ("still", 0.99)])
def test_a_mask_goes_with_its_object(motion: str, least: float) -> None:
    overlaps = []
    for video in scenes(motion):
        masks = list(carried(video.foreground[0], video.frames))
        assert len(masks) == 16
        assert np.array_equal(masks[0], video.foreground[0])
        overlaps.append(overlap(masks[-1], video.foreground[-1]))
    assert np.mean(overlaps) > least


def textured(width: int, height: int) -> np.ndarray:
    coarse = np.random.default_rng(3).integers(0, 255, (height // 12, width // 12, 3), np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def test_large_frames_are_followed_in_their_own_pixels() -> None:
    picture = textured(900, 720)
    frames = (np.roll(picture, (4 * i, 6 * i), axis=(0, 1)) for i in range(6))
    assert min(picture.shape[:2]) > WORKING_SIDE_PX
    white = np.zeros((720, 900), bool)
    white[200:400, 300:500] = True
    *_, last = carried(white, frames)
    expected = np.roll(white, (20, 30), axis=(0, 1))
    assert overlap(last, expected) > 0.97


def test_what_comes_from_beyond_the_frame_is_not_masked() -> None:
    picture = textured(400, 120)
    frames = [picture[:, 100 - 8 * i : 260 - 8 * i] for i in range(11)]
    white = np.zeros((120, 160), bool)
    white[:, :40] = True
    *_, last = carried(white, frames)
    assert not last[10:-10, :70].any()
    assert last[10:-10, 85:115].all()
    assert not last[10:-10, 130:].any()
