"""Published checkpoints of the UNet: their key names and tensor shapes, and ours.

Source of the published names: ali-vilab/videocomposer, tools/modules/unet_sd.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from torch import Tensor

from vcomp.errors import WeightsError

# Published prefixes of STC-encoders: convolutions and, with "_after", the temporal transformer.
_ENCODERS = {
    "local_image_embedding": "image",
    "single_sketch_embedding": "single_sketch",
    "sketch_embedding": "sketch",
    "depth_embedding": "depth",
    "motion_embedding": "motion",
    "masked_embedding": "mask",
    "mask_embedding": "mask",
}

_ENCODER_PARTS = (
    (r"0", "conv_in"),
    (r"3", "conv_hidden"),
    (r"5", "conv_out"),
    (r"layers\.0\.0\.norm", "attention.norm"),
    (r"layers\.0\.0\.fn\.to_qkv", "attention.to_qkv"),
    (r"layers\.0\.0\.fn\.to_out\.0", "attention.to_out"),
    (r"layers\.0\.1\.net\.0\.0", "feed_forward.0"),
    (r"layers\.0\.1\.net\.2", "feed_forward.3"),
)

# Inside a residual block, then inside either transformer. "temopral" is how it was published.
_BLOCK_PARTS = (
    (r"in_layers\.0", "norm1"),
    (r"in_layers\.2", "conv1"),
    (r"emb_layers\.1", "embedding"),
    (r"out_layers\.0", "norm2"),
    (r"out_layers\.3", "conv2"),
    (r"skip_connection", "skip"),
    (r"temopral_conv\.conv([1-4])\.0", "temporal.norms.{}"),
    (r"temopral_conv\.conv([1-4])\.[23]", "temporal.convs.{}"),
    (r"(norm|proj_in|proj_out)", "{}"),
    (r"transformer_blocks\.0\.(norm[123]|attn[12]\.to_[qkv])", "{}"),
    (r"transformer_blocks\.0\.(attn[12]\.to_out)\.0", "{}"),
    (r"transformer_blocks\.0\.ff\.net\.0\.proj", "feed_forward.proj_in"),
    (r"transformer_blocks\.0\.ff\.net\.2", "feed_forward.proj_out"),
)

_LAYER_MEMBERS = ("residual", "spatial", "temporal")


def published_to_ours(keys: Iterable[str]) -> dict[str, str]:
    """Name of each published tensor in `vcomp.models.unet.UNet`.

    Raises:
        WeightsError: Some keys are not of a published UNet; the message names the first few.
    """
    return translated(keys, _translate, network="VideoComposer UNet")


def convert_unet(state: Mapping[str, Tensor], *, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Tensor]:
    """State dict of our UNet from a published one.

    Args:
        state: Published tensors by published name.
        shapes: What is wanted: shape of every tensor of our UNet, by our name.

    Raises:
        WeightsError: Tensors are left over, missing or misshapen; the message names the first few.
    """
    return arrange(state, published_to_ours(state), shapes=shapes)


def arrange(
    state: Mapping[str, Tensor], names: Mapping[str, str], *, shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, Tensor]:
    """Published tensors under our names and in our shapes, every one accounted for.

    Args:
        state: Published tensors by published name.
        names: Our name of each.
        shapes: What is wanted: shape of every tensor of our network, by our name.

    Raises:
        WeightsError: Tensors are left over, missing or misshapen; the message names the first few.
    """
    converted = {names[key]: tensor for key, tensor in state.items()}
    missing = [name for name in shapes if name not in converted]
    if missing:
        raise WeightsError(_listing("The checkpoint lacks tensors", missing))
    extra = [key for key, name in names.items() if name not in shapes]
    if extra:
        raise WeightsError(_listing("The checkpoint has tensors this configuration lacks", extra))
    if len(converted) < len(names):
        twice = [key for key, name in names.items() if converted[name] is not state[key]]
        raise WeightsError(_listing("The checkpoint has tensors twice", twice))
    misshapen = [
        f"{name} {tuple(converted[name].shape)} for {shape}"
        for name, shape in shapes.items()
        if not _fits(tuple(converted[name].shape), shape)
    ]
    if misshapen:
        raise WeightsError(_listing("The checkpoint has tensors of other shapes", misshapen))
    return {name: converted[name].reshape(shape) for name, shape in shapes.items()}


def translated(
    keys: Iterable[str], translate: Callable[[str], str | None], *, network: str
) -> dict[str, str]:
    """Our name of each published one.

    Raises:
        WeightsError: Some have none; the message names the first few.
    """
    names = {key: translate(key) for key in keys}
    unknown = [key for key, name in names.items() if name is None]
    if unknown:
        raise WeightsError(_listing(f"The checkpoint has tensors no {network} has", unknown))
    return {key: name for key, name in names.items() if name is not None}


def _fits(published: tuple[int, ...], ours: tuple[int, ...]) -> bool:
    """Equal but for trailing ones: convolutions of width 1 are linear maps here, temporal ones are 2-D."""
    return published[: len(ours)] == ours and all(size == 1 for size in published[len(ours) :])


def _translate(key: str) -> str | None:
    """Our name of one published tensor, None if there is no such tensor."""
    path, _, parameter = key.rpartition(".")
    prefix, _, rest = path.partition(".")
    module: str | None
    if prefix.removesuffix("_after") in _ENCODERS:
        part = _match_part(rest, _ENCODER_PARTS)
        module = part and f"condition_encoders.{_ENCODERS[prefix.removesuffix('_after')]}.{part}"
    elif prefix in ("time_embed", "pre_image_condition", "out"):
        module = _translate_top(prefix, rest)
    else:
        module = _translate_layer(path)
    return module and f"{module}.{parameter}"


def _translate_top(prefix: str, rest: str) -> str | None:
    if prefix == "out":
        return {"0": "norm_out", "2": "conv_out"}.get(rest)
    return {"time_embed": "time_embedding", "pre_image_condition": "style_embedding"}[prefix] + f".{rest}"


def _translate_layer(path: str) -> str | None:
    """Modules of `input_blocks`, `middle_block` and `output_blocks`, which are numbered."""
    if path == "input_blocks.0.0":
        return "conv_in"
    if found := re.fullmatch(r"input_blocks\.(\d+)\.op", path):
        return f"down_layers.{int(found[1]) - 1}.conv"
    if found := re.fullmatch(r"output_blocks\.(\d+)\.\d\.conv", path):
        return f"upsamplers.{found[1]}.conv"
    found = re.fullmatch(r"(?:(input|output)_blocks\.(\d+)|(middle)_block)\.([0-3])\.(.+)", path)
    part = found and _match_part(found[5], _BLOCK_PARTS)
    if not found or not part:
        return None
    side, layer, member = found[1] or found[3], int(found[2] or 0), int(found[4])
    if side == "input" and layer == 0:
        return f"temporal_in.{part}"
    if side == "middle":
        return f"middle_residual.{part}" if member == 3 else f"middle_layer.{_LAYER_MEMBERS[member]}.{part}"
    stack = f"down_layers.{layer - 1}" if side == "input" else f"up_layers.{layer}"
    return f"{stack}.{_LAYER_MEMBERS[member]}.{part}" if member < 3 else None


def _match_part(rest: str, parts: tuple[tuple[str, str], ...]) -> str | None:
    for pattern, name in parts:
        if found := re.fullmatch(pattern, rest):
            # Published temporal convolutions count from 1, a module list from 0.
            groups = [str(int(group) - 1) if group.isdigit() else group for group in found.groups()]
            return name.format(*groups)
    return None


def _listing(problem: str, names: list[str], limit: int = 3) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return f"{problem}: {', '.join(names[:limit])}{more}."
