"""Frames between frames."""

from __future__ import annotations

import numpy as np
import pytest

from vcomp.data.drawn import DrawnDataset
from vcomp.engine.editing.between import Between
from vcomp.evaluation.metrics import psnr_db
from vcomp.media import Clip


def test_its_own_frames_are_shown_as_they_are() -> None:
    frames = np.random.default_rng(0).integers(0, 255, (4, 32, 32, 3), np.uint8)
    between = Between(Clip(frames, 8.0))
    for index, frame in enumerate(frames):
        assert np.array_equal(between.at(index / 8), frame)
    assert np.array_equal(Between(Clip(frames[:1], 8.0)).at(3.0), frames[0])


def test_what_moves_is_seen_on_its_way() -> None:
    videos = DrawnDataset(level="simple", seed=1, num_frames=17).clips(0, 12)
    gained = []
    for video in videos:
        every_fourth = Clip(video.frames[::4], 2.0)
        between = Between(every_fourth)
        shown = np.stack([between.at(index / 8) for index in range(17)])
        mixed = np.stack([_mixed(every_fourth.frames, index / 4) for index in range(17)])
        if video.scene.sprites[-1].motion == "move":
            gained.append(psnr_db(shown, video.frames) - psnr_db(mixed, video.frames))
    assert np.mean(gained) > 2


def _mixed(frames: np.ndarray, position: float) -> np.ndarray:
    first = min(int(position), len(frames) - 2)
    share = position - first
    return np.rint((1 - share) * frames[first] + share * frames[first + 1]).astype(np.uint8)


def test_motion_goes_on_after_the_last_frame() -> None:
    video = next(
        video
        for video in DrawnDataset(level="plain", seed=1, num_frames=9).clips(0, 40)
        if video.scene.sprites[0].motion == "move"
    )
    between = Between(Clip(video.frames[:8:2], 4.0))  # the last of them is frame 6
    on = between.at(7 / 8)
    assert psnr_db(on[None], video.frames[7:8]) > psnr_db(video.frames[6:7], video.frames[7:8]) + 3
    assert np.array_equal(between.at(60.0), between.at(8 / 8))


def test_a_cut_stays_a_cut() -> None:
    rng = np.random.default_rng(1)
    before, after = rng.integers(0, 255, (2, 32, 32, 3), np.uint8)
    between = Between(Clip(np.stack([before, before, after, after]), 8.0))
    for position, shown in ((1.2, before), (1.4, before), (1.6, after), (1.9, after)):
        assert np.array_equal(between.at(position / 8), shown)


@pytest.mark.parametrize("time_s", [-1.0, 0.0])
def test_nothing_is_before_the_first_frame(time_s: float) -> None:
    frames = np.random.default_rng(2).integers(0, 255, (3, 32, 32, 3), np.uint8)
    assert np.array_equal(Between(Clip(frames, 8.0)).at(time_s), frames[0])
