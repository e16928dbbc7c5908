"""Telling drawings and depth maps from pictures."""

from __future__ import annotations

import numpy as np
import pytest
from extractor_scenes import REAL_CLIPS, coloured_shapes, depth_map, drawing, real_frames, scanned
from numpy.typing import NDArray

from vcomp.errors import MediaError
from vcomp.extractors.detect import looks_like_depth, looks_like_sketch

DRAWINGS = {
    "ink on white": drawing(),
    "white on black": drawing(page=(0, 0, 0), ink=(255, 255, 255)),
    "chalk on a board": drawing(page=(40, 60, 50), ink=(230, 230, 220)),
    "dark on mid grey": drawing(page=(128, 128, 128), ink=(30, 30, 30)),
    "light on mid grey": drawing(page=(110, 110, 110), ink=(240, 240, 240)),
    "hard pencil": drawing(ink=(150, 150, 150), thickness=1),
    "blue pen": drawing(ink=(30, 50, 200)),
    "felt pen": drawing(size=(512, 512), thickness=20),
    "thumbnail": drawing(size=(128, 128), thickness=1),
    "fine lines, 3 megapixels": drawing(size=(1536, 2048), thickness=4),
    "scan": scanned(drawing()),
    "scan of a pencil drawing": scanned(drawing(ink=(120, 120, 120), thickness=2)),
}


def page(level: int) -> NDArray[np.uint8]:
    return np.full((100, 140, 3), level, dtype=np.uint8)


OTHERS = {
    "coloured shapes": coloured_shapes(),
    "depth map": depth_map(),
    "white page": page(255),
    "black page": page(0),
    "empty paper": scanned(np.full((240, 320, 3), 255, dtype=np.uint8)),
    "noise": np.random.default_rng(0).integers(0, 256, (100, 100, 3), dtype=np.uint8),
    "one pixel": np.zeros((1, 1, 3), dtype=np.uint8),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_drawings_are_sketches_and_no_depth(name: str) -> None:
    frames = DRAWINGS[name][None]
    assert looks_like_sketch(frames)
    assert not looks_like_depth(frames)


@pytest.mark.parametrize("name", OTHERS)
def test_other_pictures_are_no_sketches(name: str) -> None:
    assert not looks_like_sketch(OTHERS[name][None])


def test_grey_and_smooth_is_depth() -> None:
    assert looks_like_depth(depth_map()[None])
    compressed = depth_map().astype(int) + np.random.default_rng(0).integers(-1, 2, depth_map().shape)
    assert looks_like_depth(compressed.clip(0, 255).astype(np.uint8)[None])


@pytest.mark.parametrize("name", ["coloured shapes", "noise"])
def test_coloured_or_rough_is_no_depth(name: str) -> None:
    assert not looks_like_depth(OTHERS[name][None])


@pytest.mark.parametrize("name", REAL_CLIPS)
@pytest.mark.parametrize("step", [1, 3])
def test_photographs_are_neither_in_colour_nor_in_grey(name: str, step: int) -> None:
    frames = real_frames(name)[:, ::step, ::step]
    grey = np.repeat(frames.mean(-1, keepdims=True).astype(np.uint8), 3, axis=-1)
    for clip in (frames, grey):
        assert not looks_like_sketch(clip)
        assert not looks_like_depth(clip)


def test_a_video_is_judged_by_most_of_its_frames() -> None:
    drawn, shapes = drawing(), coloured_shapes()
    assert looks_like_sketch(np.stack([drawn] * 5 + [shapes]))
    assert not looks_like_sketch(np.stack([shapes] * 5 + [drawn]))


def test_no_frames_is_an_error() -> None:
    for judge in (looks_like_sketch, looks_like_depth):
        with pytest.raises(MediaError, match="no frames"):
            judge(np.zeros((0, 8, 8, 3), dtype=np.uint8))
