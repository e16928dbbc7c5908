"""The classifier that comes with the package, on drawn frames that it never saw."""

from __future__ import annotations

import numpy as np

from vcomp.data.vocabulary import SHAPES, STYLES
from vcomp.evaluation.judging import JUDGE_PATH, judged
from vcomp.training.judge import judged_frame

HELD_OUT = (1, 99)  # training draws from seed 0


def test_it_is_right_on_held_out_frames() -> None:
    rng = np.random.default_rng(HELD_OUT)
    videos = [judged_frame(rng) for _ in range(300)]
    verdicts = [judged(video.frames) for video in videos]
    kinds = [v.kind == video.scene.sprites[0].shape for v, video in zip(verdicts, videos, strict=True)]
    styles = [v.style == video.scene.style for v, video in zip(verdicts, videos, strict=True)]
    assert np.mean(kinds) >= 0.93
    assert np.mean(styles) >= 0.97


def test_it_is_small() -> None:
    assert JUDGE_PATH.stat().st_size < 1_000_000


def test_frames_of_any_size_together() -> None:
    rng = np.random.default_rng(HELD_OUT)
    video = judged_frame(rng, size_px=256)
    verdict = judged(np.repeat(video.frames, 3, axis=0))
    assert verdict.kind in SHAPES
    assert verdict.style in STYLES
    assert verdict == judged(video.frames)
