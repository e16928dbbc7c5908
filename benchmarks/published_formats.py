"""Seeded random weights in the very formats and names the published model comes in, at any size."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from vcomp.models.clip import Towers
from vcomp.models.convert import published_to_ours
from vcomp.models.dpt import PublishedDepth
from vcomp.models.kl_autoencoder import KLAutoencoder
from vcomp.models.pidinet import build_pidinet
from vcomp.models.published import PublishedCard
from vcomp.models.simplification import SketchSimplification
from vcomp.models.unet import UNet

Shapes = dict[str, tuple[int, ...]]

# The published UNets' names and shapes, kept for the parity tests: at full size, and with two scales.
KEYS = Path(__file__).parent.parent / "tests" / "parity"
FULL_KEYS, SMALL_KEYS = "videocomposer_unet_keys.json", "unet_small_keys.json"

# diffusers called the parts of an attention so when the autoencoder's own file was written.
_FIRST_NAMES = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


def seeded_weights(shapes: Shapes) -> dict[str, Tensor]:
    """float32 tensors, each a function of its name and shape; activations neither vanish nor explode."""
    state = {}
    for name, shape in shapes.items():
        generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
        fan_in = max(1, int(torch.Size(shape[1:]).numel()))
        tensor = torch.randn(shape, generator=generator)
        if len(shape) > 1:
            state[name] = tensor.mul_(fan_in**-0.5)
        else:
            state[name] = tensor.mul_(0.1).add_(1.0 if name.endswith("weight") else 0.0)
    return state


def unet_shapes(card: PublishedCard, keys: str) -> Shapes:
    """Published names of a UNet of the card's sizes; `keys` is the file of one with as many layers."""
    with torch.device("meta"):
        ours = {name: tuple(tensor.shape) for name, tensor in UNet(card.unet).state_dict().items()}
    listed: dict[str, list[int]] = json.loads((KEYS / keys).read_text())
    names = published_to_ours(listed)
    # Published convolutions of width 1 keep their axes of length 1.
    return {
        key: ours[names[key]] + (1,) * (len(shape) - len(ours[names[key]])) for key, shape in listed.items()
    }


def published_files(card: PublishedCard, keys: str) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """The name of every file, and what writes it; one file at a time is in memory."""
    yield "non_ema_228000.pth", lambda path: torch.save(seeded_weights(unet_shapes(card, keys)), path)
    yield (
        "open_clip_pytorch_model.bin",
        lambda path: torch.save(_weights(lambda: Towers(card.towers), "clip."), path),
    )
    yield "diffusion_pytorch_model.safetensors", lambda path: save_file(_autoencoder(card), path)
    yield "table5_pidinet.pth", lambda path: torch.save(_pidinet(card), path)
    yield (
        "sketch_simplification_gan.pth",
        lambda path: torch.save(_weights(lambda: SketchSimplification(card.simplification)), path),
    )
    yield "dpt_large-midas-2f21e586.pt", lambda path: torch.save(_depth(card), path)


def _weights(build: Callable[[], nn.Module], prefix: str = "") -> dict[str, Tensor]:
    """Seeded weights of a network under the names it has once our prefix is gone."""
    with torch.device("meta"):
        state: Mapping[str, Tensor] = build().state_dict()
    return seeded_weights({name.removeprefix(prefix): tuple(tensor.shape) for name, tensor in state.items()})


def _autoencoder(card: PublishedCard) -> dict[str, Tensor]:
    state = {}
    for name, tensor in _weights(lambda: KLAutoencoder(card.autoencoder), "kl.").items():
        for new, old in _FIRST_NAMES.items():
            name = name.replace(f"attentions.0.{new}.", f"attentions.0.{old}.")
        state[name] = tensor
    return state


def _pidinet(card: PublishedCard) -> dict[str, object]:
    weights = _weights(lambda: build_pidinet(card.pidinet))
    return {"epoch": 13, "state_dict": {f"module.{name}": tensor for name, tensor in weights.items()}}


def _depth(card: PublishedCard) -> dict[str, Tensor]:
    """MiDaS's own, which has the transformer's last norm and classifier although no depth depends on them."""
    width = card.depth.width
    unused = {
        "pretrained.model.norm.weight": (width,),
        "pretrained.model.norm.bias": (width,),
        "pretrained.model.head.weight": (1000, width),
        "pretrained.model.head.bias": (1000,),
    }
    return _weights(lambda: PublishedDepth(card.depth), "dpt.") | seeded_weights(unused)
