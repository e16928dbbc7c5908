from __future__ import annotations

import pytest
import torch
from torch import Tensor

from vcomp.errors import WeightsError
from vcomp.models.convert import convert_unet, published_to_ours

PUBLISHED = {
    "time_embed.0.weight": torch.ones(8, 2),
    "input_blocks.1.2.proj_in.weight": torch.ones(4, 4, 1),
    "output_blocks.0.0.temopral_conv.conv4.3.weight": torch.ones(4, 4, 3, 1, 1),
}
SHAPES = {
    "time_embedding.0.weight": (8, 2),
    "down_layers.0.temporal.proj_in.weight": (4, 4),
    "up_layers.0.residual.temporal.convs.3.weight": (4, 4, 3, 1),
}


@pytest.mark.parametrize(
    ("published", "ours"),
    [
        ("input_blocks.0.0.bias", "conv_in.bias"),
        ("input_blocks.0.1.transformer_blocks.0.attn2.to_out.0.bias", "temporal_in.attn2.to_out.bias"),
        ("input_blocks.3.op.weight", "down_layers.2.conv.weight"),
        ("middle_block.3.in_layers.2.weight", "middle_residual.conv1.weight"),
        ("output_blocks.2.1.conv.weight", "upsamplers.2.conv.weight"),
        ("masked_embedding.5.weight", "condition_encoders.mask.conv_out.weight"),
        ("mask_embedding_after.layers.0.1.net.2.bias", "condition_encoders.mask.feed_forward.3.bias"),
        ("out.2.weight", "conv_out.weight"),
    ],
)
def test_names(published: str, ours: str) -> None:
    assert published_to_ours([published]) == {published: ours}


@pytest.mark.parametrize(
    "key", ["input_blocks.1.0.other.weight", "ema.decay", "middle_block.7.norm.weight", "out"]
)
def test_unknown_names_are_refused(key: str) -> None:
    with pytest.raises(WeightsError, match=key):
        published_to_ours([key])


def test_shapes_lose_their_trailing_ones() -> None:
    converted = convert_unet(PUBLISHED, shapes=SHAPES)
    assert {name: tuple(tensor.shape) for name, tensor in converted.items()} == SHAPES


def changed(**changes: Tensor | None) -> dict[str, Tensor]:
    merged = PUBLISHED | changes
    return {key: tensor for key, tensor in merged.items() if tensor is not None}


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (changed(**{"time_embed.0.weight": None}), "lacks tensors: time_embedding.0.weight"),
        (changed(**{"out.2.bias": torch.ones(4)}), "this configuration lacks: out.2.bias"),
        (
            changed(**{"time_embed.0.weight": torch.ones(2, 8)}),
            r"time_embedding.0.weight \(2, 8\) for \(8, 2\)",
        ),
    ],
)
def test_what_does_not_fit_is_named(state: dict[str, Tensor], message: str) -> None:
    with pytest.raises(WeightsError, match=message):
        convert_unet(state, shapes=SHAPES)


def test_long_lists_are_cut() -> None:
    with pytest.raises(WeightsError, match=r"a\.0, a\.1, a\.2 and 5 more"):
        published_to_ours([f"a.{i}" for i in range(8)])
