"""Published edge detectors other than the model's own, each from its weight file."""

from __future__ import annotations

import contextlib
import importlib
import io
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from vcomp.errors import WeightsError
from vcomp.models.pidinet import PiDiNetConfig, build_pidinet, convert_published, folded
from vcomp.models.system import load_exactly
from vcomp.weights.loading import read_checkpoint

# Module and class of controlnet_aux: HED with ControlNet's weights, and TEED (arXiv 2308.06468).
_CONTROLNET_CLASSES = {
    "hed": ("controlnet_aux.hed", "ControlNetHED_Apache2"),
    "teed": ("controlnet_aux.teed.ted", "TED"),
}


def published_pidinet(path: Path) -> nn.Module:
    """A PiDiNet of the size that its weight file has.

    Raises:
        WeightsError: The file is missing, damaged or another network's.
    """
    state = convert_published(read_checkpoint(path, expected="a PiDiNet"))
    stem, module = state.get("init_block.weight"), state.get("dilations.0.conv1.weight")
    if stem is None:
        raise WeightsError(
            f"{path} holds no PiDiNet.", hint="Its file is table5_pidinet.pth, or of that family."
        )
    config = PiDiNetConfig(
        channels=len(stem),
        dil=None if module is None else len(module),
        sa="attentions.0.conv1.weight" in state,
    )
    network = build_pidinet(config)
    load_exactly(network, state, source=str(path))
    return folded(network)


def new_controlnet_network(name: str) -> nn.Module:
    """`hed` or `teed` of controlnet_aux, with fresh weights."""
    module, class_name = _CONTROLNET_CLASSES[name]
    # The package loads a dozen detectors on import, and they talk.
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        network: nn.Module = getattr(importlib.import_module(module), class_name)()
    return network


def controlnet_edges(name: str, path: Path) -> nn.Module:
    """`hed` or `teed` from its weight file, in evaluation mode.

    Raises:
        WeightsError: The file is missing, damaged or another network's.
    """
    network = new_controlnet_network(name)
    load_exactly(network, read_checkpoint(path, expected=f"{name.upper()}'s weights"), source=str(path))
    return network.eval().requires_grad_(False)


def fused_edges(network: nn.Module, batch: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1 h w"]:
    """Edge probability of RGB in [-1,1]: the mean of the outputs' logits, as controlnet_aux has it."""
    size = batch.shape[-2:]
    outputs: Sequence[Tensor] = network((batch + 1) * 127.5)
    resized = [F.interpolate(output, size, mode="bilinear", align_corners=False) for output in outputs]
    return torch.stack(resized).mean(0).sigmoid()
