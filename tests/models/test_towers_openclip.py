"""What the published pipeline takes from OpenCLIP, against open_clip's own model and preprocessing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from open_clip import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD, image_transform
from open_clip.model import CLIP
from open_clip.tokenizer import SimpleTokenizer
from PIL import Image

from vcomp.media.pixels import to_tensor
from vcomp.models.clip import TextConfig, Towers, TowersConfig, VisionConfig

SIDE = 32
CONFIG = TowersConfig(
    embed_dim=16,
    vision=VisionConfig(image_size=SIDE, patch_size=16, width=16, layers=2, head_width=8),
    text=TextConfig(width=16, heads=2, layers=3),
)


@pytest.fixture(scope="module")
def towers() -> Towers:
    torch.manual_seed(0)
    return Towers(CONFIG, crop=True).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def theirs(towers: Towers) -> CLIP:
    clip = CLIP(**CONFIG.open_clip()).eval().requires_grad_(False)
    clip.load_state_dict(towers.clip.state_dict())
    return clip


@pytest.mark.parametrize("caption", ["a yellow star moves right", "", "many words " * 60])
def test_text_is_the_penultimate_layer_normalised(towers: Towers, theirs: CLIP, caption: str) -> None:
    tokens = SimpleTokenizer(context_length=77)([caption])
    layers = theirs.forward_intermediates(text=tokens, text_indices=2, normalize_intermediates=True)
    penultimate, last = layers["text_intermediates"]
    ours = towers.text_tokens([caption])
    assert ours.shape == (1, 77, 16)
    torch.testing.assert_close(ours, penultimate)
    assert not torch.allclose(ours, last, atol=1e-3)


@pytest.mark.parametrize("size", [(32, 32), (224, 96), (90, 301), (20, 31)])
def test_style_is_the_embedding_after_open_clips_preprocessing(
    towers: Towers, theirs: CLIP, size: tuple[int, int]
) -> None:
    width, height = size
    rows, columns = np.mgrid[0:height, 0:width]
    waves = [np.sin(rows / 7 + phase) * np.cos(columns / (5 + phase)) for phase in range(3)]
    picture = np.uint8(127 + 120 * np.stack(waves, axis=-1))
    preprocess = image_transform(SIDE, is_train=False, mean=OPENAI_DATASET_MEAN, std=OPENAI_DATASET_STD)
    expected = theirs.encode_image(preprocess(Image.fromarray(picture))[None])
    pixels = to_tensor(picture[None]).permute(1, 0, 2, 3)
    # Pillow rounds to eight bits after resizing, which ours does not.
    torch.testing.assert_close(towers.image_embedding(pixels), expected, atol=0.02, rtol=0.02)
    squeezed = Towers(CONFIG).eval()
    squeezed.load_state_dict(towers.state_dict())
    if width > 2 * height:
        assert not torch.allclose(squeezed.image_embedding(pixels), expected, atol=0.02, rtol=0.02)


def test_the_mask_is_there_where_weights_are_still_to_come(towers: Towers) -> None:
    with torch.device("meta"):
        empty = Towers(CONFIG)
    empty.load_state_dict(towers.state_dict(), assign=True)
    torch.testing.assert_close(empty.text_tokens(["a star"]), towers.text_tokens(["a star"]))
