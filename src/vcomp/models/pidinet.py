"""PiDiNet, the edge detector behind the sketch conditions (Su et al., ICCV 2021, arXiv 2108.07009).

The network itself is the one `controlnet_aux` carries, which takes the published weight files unchanged.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from types import ModuleType

import torch
from jaxtyping import Float
from torch import Tensor, nn

# ImageNet's statistics: PiDiNet's own training and VideoComposer's gen_sketch.py both normalise by them.
RGB_MEAN = (0.485, 0.456, 0.406)
RGB_STD = (0.229, 0.224, 0.225)

REACHES_PX = (1, 1, 2, 1)  # of central, angular, radial differences and none, which take turns: "carv"

# The nearest two probabilities to 0 and 1 whose logarithm the loss still takes.
PROBABILITY_MARGIN = 1e-6


@dataclass(frozen=True)
class PiDiNetConfig:
    """The size of a PiDiNet; the order of its pixel-difference convolutions is always the paper's `carv4`."""

    channels: int  # of the first stage; later stages have two and four times as many
    dil: int | None  # channels of the dilated context modules, None for none
    sa: bool  # spatial attention over each stage's features


BUNDLED = PiDiNetConfig(channels=16, dil=8, sa=True)
TABLE5_TINY = PiDiNetConfig(channels=20, dil=8, sa=True)
TABLE5 = PiDiNetConfig(channels=60, dil=24, sa=True)


def build_pidinet(config: PiDiNetConfig) -> nn.Module:
    """A PiDiNet with fresh weights, in evaluation mode.

    It maps normalised RGB `[b 3 h w]` to five maps `[b 1 h w]` in [0,1]: one a stage, then their fusion. The
    convolutions are in their pixel-difference form, so published state dicts load and gradients are the
    paper's; `folded` makes the network that is quicker to use.

    Raises:
        ModuleNotFoundError: If `controlnet_aux` is not installed.
    """
    implementation = _pidinet_module()
    operations = implementation.config_model("carv4")
    model: nn.Module = implementation.PiDiNet(config.channels, operations, dil=config.dil, sa=config.sa)
    return model.to(memory_format=torch.channels_last).eval()


def folded(model: nn.Module) -> nn.Module:
    """The same network with each pixel-difference convolution as the plain one it amounts to (section 3.3).

    It computes the same maps but for rounding, with a tenth less work on a CPU, and is not for training.

    Args:
        model: From `build_pidinet`, with its weights; it is changed.
    """
    difference_convolution = _pidinet_module().Conv2d
    reaches = cycle(REACHES_PX)
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, difference_convolution):
                setattr(module, name, _plain_convolution(child, reach_px=next(reaches)))
        if isinstance(activation := getattr(module, "relu2", None), nn.ReLU):
            activation.inplace = True  # nothing else reads what it gets
    return model.requires_grad_(False)


@torch.no_grad()
def _plain_convolution(convolution: nn.Module, *, reach_px: int) -> nn.Conv2d:
    """What a linear operation without bias does to single pixels is its kernel, mirrored."""
    weight = convolution.weight
    assert isinstance(weight, Tensor)
    assert isinstance(convolution.groups, int)
    out_channels, per_group = weight.shape[:2]
    side = 2 * reach_px + 1
    pixels = weight.new_zeros(per_group, convolution.groups, per_group, side, side)
    pixels[range(per_group), :, range(per_group), reach_px, reach_px] = 1
    kernel = convolution(pixels.flatten(1, 2)).flip(-2, -1).transpose(0, 1)
    plain = nn.Conv2d(
        per_group * convolution.groups,
        out_channels,
        side,
        padding=reach_px,
        groups=convolution.groups,
        bias=False,
        device="meta",
    )
    plain.weight = nn.Parameter(kernel.contiguous(memory_format=torch.channels_last))
    return plain


def convert_published(state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The published files' weights (their entry `state_dict`) under the names of `build_pidinet`'s module.

    They were saved from a DataParallel wrapper, which puts `module.` before every name.
    """
    return {name.removeprefix("module."): weight for name, weight in state_dict.items()}


def edge_maps(model: nn.Module, frames: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b 1 h w"]]:
    """All outputs of a PiDiNet: the edge probability each stage sees, finest first, and their fusion.

    Args:
        model: From `build_pidinet`.
        frames: RGB in [0,1], at least 8 pixels a side.

    Returns:
        Five maps in [0,1], 1 on an edge.
    """
    mean = frames.new_tensor(RGB_MEAN).view(1, 3, 1, 1)
    std = frames.new_tensor(RGB_STD).view(1, 3, 1, 1)
    normalised = ((frames - mean) / std).contiguous(memory_format=torch.channels_last)
    maps: list[Tensor] = model(normalised)
    return maps


def edges(model: nn.Module, frames: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1 h w"]:
    """The fused edge probability in [0,1] of RGB frames in [0,1]; see `edge_maps`."""
    return edge_maps(model, frames)[-1]


def edge_loss(
    outputs: Sequence[Float[Tensor, "b 1 h w"]],
    target: Float[Tensor, "b 1 h w"],
    *,
    edge_threshold: float = 0.3,
    balance: float = 1.1,
) -> Float[Tensor, ""]:
    """Class-balanced cross-entropy of every output, the annotator-robust loss PiDiNet is trained with.

    With `beta` the share of pixels off the edges and `alpha = balance * (1 - beta)`, a pixel costs
    `-beta log p` on an edge, `-alpha log(1 - p)` where the target is 0, and nothing in between. The paper
    sums over pixels; here the weighted mean is taken, so that the value depends neither on size nor balance.

    Args:
        outputs: Probabilities in [0,1], as `edge_maps` returns them.
        target: Edge strength in [0,1]; at and above `edge_threshold` a pixel is an edge.
        edge_threshold: Where doubt ends (the paper's eta).
        balance: Weight of the non-edge side (the paper's lambda).

    Returns:
        The sum over outputs; about 0.7 an output at the start, 0 when all are right.
    """
    is_edge = (target >= edge_threshold).float()
    is_background = (target == 0).float()
    # Shares are taken over the batch: a picture without edges has a say too, it only tells what is not one.
    background_share = is_background.sum() / (is_edge.sum() + is_background.sum()).clamp(min=1)
    weight = background_share * is_edge + balance * (1 - background_share) * is_background
    total_weight = weight.sum().clamp(min=PROBABILITY_MARGIN)
    loss = target.new_zeros((), dtype=torch.float32)
    for output in outputs:
        probability = output.float().clamp(PROBABILITY_MARGIN, 1 - PROBABILITY_MARGIN)
        log_likelihood = is_edge * probability.log() + is_background * (-probability).log1p()
        loss = loss - (weight * log_likelihood).sum() / total_weight
    return loss


@functools.cache
def _pidinet_module() -> ModuleType:
    """`controlnet_aux.pidi.model`, executed on its own.

    A plain import would run the package's `__init__`, which loads a dozen unrelated detectors: seconds of
    start-up and a page of warnings. Finding the package runs none of it, and this file needs none of it.
    """
    package = importlib.util.find_spec("controlnet_aux")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("PiDiNet needs the package controlnet_aux.", name="controlnet_aux")
    path = Path(package.submodule_search_locations[0]) / "pidi" / "model.py"
    spec = importlib.util.spec_from_file_location("vcomp.models._controlnet_aux_pidinet", path)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"{path} is not a Python module.", name="controlnet_aux.pidi.model")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
