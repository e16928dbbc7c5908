"""The small published UNet on seeded weights, its inputs, and what the published code computed from them."""

from __future__ import annotations

import pytest
from published import DATA, SMALL, published_shapes
from safetensors.torch import load_file
from seeded import seeded, seeded_uniform, seeded_weights
from torch import Tensor

from vcomp.models.convert import convert_unet
from vcomp.models.unet import UNet

NUM_FRAMES = 4


@pytest.fixture(scope="session")
def reference() -> dict[str, Tensor]:
    return load_file(DATA / "unet_small.safetensors")


@pytest.fixture(scope="session")
def unet() -> UNet:
    unet = UNet(SMALL).eval().requires_grad_(False)
    shapes = {name: tuple(tensor.shape) for name, tensor in unet.state_dict().items()}
    published = seeded_weights(published_shapes("unet_small_keys.json"))
    unet.load_state_dict(convert_unet(published, shapes=shapes))
    return unet


@pytest.fixture(scope="session")
def conditions() -> dict[str, Tensor]:
    still = {
        "image": seeded_uniform("open.local_image", (1, 3, 1, 96, 96)),
        "single_sketch": seeded_uniform("open.single_sketch", (1, 1, 1, 96, 96)),
    }
    return {
        "depth": seeded_uniform("open.depth", (1, 1, NUM_FRAMES, 96, 96)),
        "sketch": seeded_uniform("open.sketch", (1, 1, NUM_FRAMES, 96, 96)),
        "motion": seeded("open.motion", (1, 2, NUM_FRAMES, 64, 64)),
        "mask": seeded("open.masked", (1, 4, NUM_FRAMES, 96, 96)),
        **{name: tensor.expand(-1, -1, NUM_FRAMES, -1, -1) for name, tensor in still.items()},
    }


@pytest.fixture(scope="session")
def latents() -> Tensor:
    return seeded("open.x", (1, 4, NUM_FRAMES, 32, 32))


@pytest.fixture(scope="session")
def text() -> Tensor:
    return seeded("open.y", (1, 7, 1024))


@pytest.fixture(scope="session")
def empty_text() -> Tensor:
    return seeded("open.y_null", (1, 7, 1024))


@pytest.fixture(scope="session")
def style() -> Tensor:
    return seeded("open.image", (1, 1, 1024))
