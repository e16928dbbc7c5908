"""Sketch simplification against the published code."""

from __future__ import annotations

import json

import pytest
import torch
from published import DATA
from safetensors.torch import load_file
from seeded import seeded_uniform, seeded_weights
from torch import Tensor

from vcomp.models.simplification import SIMPLIFICATION, SketchSimplification, convert_simplification


@pytest.fixture(scope="module")
def network() -> SketchSimplification:
    keys = json.loads((DATA / "vae_and_sketch_keys.json").read_text())["sketch_simplification"]
    published = seeded_weights({key: tuple(shape) for key, shape in keys.items()})
    with torch.device("meta"):
        network = SketchSimplification(SIMPLIFICATION)
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    network.load_state_dict(convert_simplification(published, shapes=shapes), assign=True)
    return network.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def drawing() -> Tensor:
    return seeded_uniform("open.sketch_image", (1, 1, 64, 64))


def test_output(network: SketchSimplification, drawing: Tensor) -> None:
    # The output of seeded weights varies little: its own spread is what an error is measured by.
    reference = load_file(DATA / "vae_and_sketch.safetensors")["simplify.out"]
    torch.testing.assert_close(network(drawing), reference, rtol=0, atol=1e-5)
    assert reference.std() > 1e-3


def test_sizes_that_are_no_multiple_of_eight_are_continued_at_the_border(
    network: SketchSimplification, drawing: Tensor
) -> None:
    continued = torch.nn.functional.pad(drawing[..., :61, :59], (0, 5, 0, 3), mode="replicate")
    cropped = network(drawing[..., :61, :59])
    assert cropped.shape == (1, 1, 61, 59)
    torch.testing.assert_close(cropped, network(continued)[..., :61, :59])
