"""Drawings and grey depth maps as conditions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from extractor_scenes import depth_map, drawing, scanned
from numpy.typing import NDArray

from vcomp.extractors.drawing import depth_from_grey, sketch_from_drawing

TRUTH = torch.from_numpy((255 - drawing())[..., 0] / 255).float()


@pytest.mark.parametrize(
    ("picture", "max_mean_error"),
    [
        (drawing(), 1e-3),
        (drawing(page=(0, 0, 0), ink=(255, 255, 255)), 1e-3),
        (drawing(page=(40, 60, 50), ink=(230, 230, 220)), 0.01),
        (drawing(page=(128, 128, 128), ink=(30, 30, 30)), 0.01),
        (drawing(page=(110, 110, 110), ink=(240, 240, 240)), 0.01),
        (drawing(ink=(30, 50, 200)), 0.01),
        (scanned(drawing()), 0.02),
    ],
)
def test_every_polarity_and_page_gives_the_same_lines(
    picture: NDArray[np.uint8], max_mean_error: float
) -> None:
    sketch = sketch_from_drawing(picture[None])
    assert sketch.shape == (1, 1, 240, 320)
    assert sketch.dtype == torch.float32
    assert (sketch[0, 0] - TRUTH).abs().mean() < max_mean_error
    assert sketch[0, 0][TRUTH == 1].mean() > 0.9


def test_an_edge_map_comes_back_as_it_was() -> None:
    edges = np.zeros((64, 64), dtype=np.uint8)
    edges[20:24, 8:56] = [[60], [180], [180], [60]]
    sketch = sketch_from_drawing(np.repeat(edges[None, ..., None], 3, axis=-1))
    assert torch.equal((sketch[0, 0] * 255).round().to(torch.uint8), torch.from_numpy(edges))


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_empty_page_has_no_lines(level: int) -> None:
    assert sketch_from_drawing(np.full((2, 40, 50, 3), level, dtype=np.uint8)).abs().max() < 0.01


def test_paper_grain_is_taken_out() -> None:
    sketch = sketch_from_drawing(scanned(drawing())[None])[0, 0]
    far_from_lines = torch.nn.functional.max_pool2d(TRUTH[None], 15, 1, 7)[0] == 0
    assert sketch[far_from_lines].mean() < 0.01


def test_depth_is_the_grey_level() -> None:
    depth = depth_from_grey(np.stack([depth_map()] * 2))
    assert depth.shape == (1, 2, 240, 320)
    torch.testing.assert_close(depth[0, 1], torch.from_numpy(depth_map()[..., 0] / 255).float())
