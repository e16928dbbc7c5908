"""What the model sees of a picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vcomp.engine.editing.area import Box
from vcomp.engine.editing.region import Region, region_around, size_near, whole_region


@pytest.mark.parametrize(
    ("bounds", "canvas", "box", "size"),
    [
        (Box(600, 300, 200, 100), (1280, 720), Box(500, 150, 400, 400), (128, 128)),  # surroundings
        (Box(600, 300, 20, 10), (1280, 720), Box(546, 241, 128, 128), (128, 128)),  # never enlarged
        (Box(0, 0, 100, 100), (1280, 720), Box(0, 0, 200, 200), (128, 128)),  # kept inside
        (Box(1200, 640, 80, 80), (1280, 720), Box(1120, 560, 160, 160), (128, 128)),
        (Box(0, 504, 1280, 216), (1280, 720), Box(0, 0, 1280, 720), (168, 96)),  # as square as can be
        (Box(10, 10, 40, 40), (96, 72), Box(0, 0, 96, 72), (152, 112)),  # a source smaller than the model
    ],
)
def test_regions(bounds: Box, canvas: tuple[int, int], box: Box, size: tuple[int, int]) -> None:
    region = region_around(bounds, canvas, 128)
    assert (region.box, region.size) == (box, size)


def test_every_region_holds_what_is_made_anew_and_keeps_its_proportions() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        width, height = (int(side) for side in rng.integers(80, 2000, 2))
        w, h = int(rng.integers(1, width + 1)), int(rng.integers(1, height + 1))
        bounds = Box(int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1)), w, h)
        region = region_around(bounds, (width, height), 128)
        box = region.box
        assert box.left <= bounds.left
        assert box.right >= bounds.right
        assert box.top <= bounds.top
        assert box.bottom >= bounds.bottom
        assert box.inside((width, height)) == box
        stretched = (region.size[0] / region.size[1]) / (box.width / box.height)
        assert 0.85 < stretched < 1.18
        assert all(side % 8 == 0 for side in region.size)


@pytest.mark.parametrize(
    ("aspect", "size"),
    [(1, (128, 128)), (16 / 9, (168, 96)), (9 / 16, (96, 168)), (8, (512, 64)), (1 / 8, (64, 512))],
)
def test_sizes_of_about_so_many_pixels(aspect: float, size: tuple[int, int]) -> None:
    assert size_near(aspect, 128) == size


def test_crops_of_pictures_of_any_size() -> None:
    region = Region(Box(20, 10, 40, 40), (100, 50), (64, 64))
    whole = np.arange(50 * 100, dtype=np.uint8).reshape(1, 50, 100, 1).repeat(3, axis=3)
    assert np.array_equal(region.crop(whole), whole[:, 10:50, 20:60])
    assert region.crop(np.zeros((2, 500, 1000, 3), np.uint8)).shape == (2, 400, 400, 3)
    assert region.crop(np.zeros((2, 3, 3, 3), np.uint8)).shape == (2, 2, 1, 3)
    assert region.seen(whole).shape == (1, 64, 64, 3)
    motion = torch.arange(100.0).expand(2, 3, 50, 100)
    assert torch.equal(region.crop_motion(motion)[0, 0, 0], torch.arange(20.0, 60.0))
    assert region.whole_size == (160, 80)


def test_the_middle_in_other_proportions() -> None:
    assert whole_region((640, 360), (640, 360), 128) == Region(Box(0, 0, 640, 360), (640, 360), (168, 96))
    assert whole_region((640, 360), (300, 300), 128).box == Box(140, 0, 360, 360)
    assert whole_region((360, 640), (320, 180), 128).box == Box(0, 219, 360, 202)
