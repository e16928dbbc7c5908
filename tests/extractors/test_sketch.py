"""Edges of frames, by random, published and (through the engine) bundled PiDiNets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from extractor_scenes import REAL_CLIPS, coloured_shapes, real_frames
from torch import nn

from vcomp.errors import MediaError
from vcomp.extractors.detect import looks_like_sketch
from vcomp.extractors.sketch import extract_sketch
from vcomp.models.pidinet import BUNDLED, TABLE5_TINY, build_pidinet, convert_published

CPU = torch.device("cpu")
PUBLISHED = Path(__file__).parents[3] / "shared" / "weights" / "pidinet" / "table5_pidinet-tiny.pth"


def published_model() -> nn.Module:
    if not PUBLISHED.exists():
        pytest.skip(f"{PUBLISHED.name} is not here")
    model = build_pidinet(TABLE5_TINY)
    checkpoint = torch.load(PUBLISHED, map_location="cpu", weights_only=True)
    model.load_state_dict(convert_published(checkpoint["state_dict"]))
    return model


def test_sketch_has_one_channel_and_every_frame() -> None:
    frames = np.random.default_rng(0).integers(0, 256, (6, 24, 33, 3), dtype=np.uint8)
    sketch = extract_sketch(frames, model=build_pidinet(BUNDLED), device=CPU)
    assert sketch.shape == (1, 6, 24, 33)
    assert sketch.dtype == torch.float32
    assert sketch.min() >= 0
    assert sketch.max() <= 1
    assert not sketch.is_inference()


def test_chunks_do_not_change_the_result() -> None:
    frames = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 3), dtype=np.uint8)
    model = build_pidinet(BUNDLED)
    one_by_one = torch.cat([extract_sketch(frame[None], model=model, device=CPU) for frame in frames], dim=1)
    torch.testing.assert_close(extract_sketch(frames, model=model, device=CPU), one_by_one)


def test_edges_are_bright_on_dark_along_the_outline() -> None:
    sketch = extract_sketch(coloured_shapes()[None], model=published_model(), device=CPU)[0, 0]
    rows, columns = np.mgrid[:240, :320]
    radius = np.hypot(rows - 100, columns - 100)
    on_outline, inside = torch.from_numpy(abs(radius - 50) < 2), torch.from_numpy(radius < 35)
    assert sketch[on_outline].mean() > 0.5
    assert sketch[inside].mean() < 0.1


@pytest.mark.parametrize("name", REAL_CLIPS)
def test_edges_of_a_real_clip_are_a_line_drawing(name: str) -> None:
    frames = real_frames(name, num_frames=2)
    sketch = extract_sketch(frames, model=published_model(), device=CPU)
    grey = (sketch[0, ..., None] * 255).round().to(torch.uint8).expand(-1, -1, -1, 3)
    assert looks_like_sketch(grey.numpy())


def test_too_small_pictures_are_named() -> None:
    with pytest.raises(MediaError, match="20x4"):
        extract_sketch(np.zeros((1, 4, 20, 3), dtype=np.uint8), model=build_pidinet(BUNDLED), device=CPU)
    with pytest.raises(MediaError, match="no frames"):
        extract_sketch(np.zeros((0, 16, 16, 3), dtype=np.uint8), model=build_pidinet(BUNDLED), device=CPU)
