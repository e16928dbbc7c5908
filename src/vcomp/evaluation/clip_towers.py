"""CLIP towers that figures are computed with: the bundled one, the published one, or any of open_clip's."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from einops import rearrange
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from vcomp.errors import UsageError, WeightsError, did_you_mean
from vcomp.extractors.named import file_sha256
from vcomp.media.clip import Frames
from vcomp.media.pixels import to_tensor
from vcomp.models.clip import Towers
from vcomp.models.published import published_in_store
from vcomp.models.system import CARD_NAME, System
from vcomp.weights import BUNDLED
from vcomp.weights.store import open_store

TINY, PUBLISHED = "tiny", "ViT-H-14"
_OPEN_CLIP_CONFIG = "open_clip_config.json"
_USUAL_TAG = "openai"  # what papers compute CLIPSIM with
_SHORT = 8  # digits of a hash
_CHOICES = "Choose tiny, ViT-H-14, a name of open_clip as ViT-B-32:openai, or a model's folder"


@dataclass(frozen=True, eq=False)
class ClipTower:
    """A text and an image tower; embeddings are not normalised.

    Args:
        name: What computed a figure: figures of two towers cannot be compared.
        images: Frames to embeddings.
        texts: Captions to embeddings.
    """

    name: str
    images: Callable[[Frames], Float[Tensor, "f d"]]
    texts: Callable[[Sequence[str]], Float[Tensor, "b d"]]


def load_tower(name: str, device: torch.device) -> ClipTower:
    """A tower by name.

    Args:
        name: `tiny`, `ViT-H-14` (the published model's, out of the store), `NAME[:PRETRAINED]` of open_clip's
            list, or a folder with a model of vcomp's or of open_clip's.
        device: Where to run it.

    Raises:
        UsageError: The name means nothing.
        WeightsError: Weights are missing or damaged, or cannot be fetched.
    """
    if name == TINY:
        return _of_system(System(BUNDLED), name, device)
    if name == PUBLISHED:
        system = published_in_store(open_store(), complete=False)
        return _of_towers(system.towers(device=device), f"{PUBLISHED} (laion2b_s32b_b79k)")
    folder = Path(name)
    if (folder / CARD_NAME).is_file():
        return _of_system(System(folder), folder.name, device)
    if (folder / _OPEN_CLIP_CONFIG).is_file():
        return _of_open_clip(f"local-dir:{folder}", None, folder.name, device)
    if folder.is_dir():
        raise WeightsError(
            f"The folder {name} holds no CLIP model.",
            hint=f"Such a folder has a {CARD_NAME}, or a {_OPEN_CLIP_CONFIG} beside its weights.",
        )
    model, tag = _architecture_and_tag(name)
    return _of_open_clip(model, tag, f"{model} ({tag})", device)


def _of_system(system: System, name: str, device: torch.device) -> ClipTower:
    """Of a model trained here: its hash is part of its name, as every training gives another one."""
    sha256 = file_sha256(system.folder / "towers.safetensors")
    return _of_towers(system.towers(device=device), f"{name} ({sha256[:_SHORT]})")


def _of_towers(towers: Towers, name: str) -> ClipTower:
    device = next(towers.parameters()).device

    @torch.inference_mode()
    def images(frames: Frames) -> Tensor:
        pixels = rearrange(to_tensor(frames), "c f h w -> f c h w")
        return towers.image_embedding(pixels.to(device)).float().cpu()

    @torch.inference_mode()
    def texts(captions: Sequence[str]) -> Tensor:
        return towers.text_embedding(captions).float().cpu()

    return ClipTower(name, images, texts)


def _architecture_and_tag(name: str) -> tuple[str, str]:
    """The name of an architecture and of its weights in open_clip's lists.

    Raises:
        UsageError: open_clip has no such architecture, or no such weights of it.
    """
    import open_clip

    model, _, tag = name.partition(":")
    if model not in open_clip.list_models():
        guess = did_you_mean(model, [TINY, *open_clip.list_models()])
        raise UsageError(f"There is no CLIP tower {name!r}.", hint=f"{guess}{_CHOICES}.")
    tags = open_clip.list_pretrained_tags_by_model(model)
    if not tags or (tag and tag not in tags):
        listed = f"Choose from {', '.join(tags)}" if tags else "Name the folder of a model of your own"
        raise UsageError(f"open_clip has no weights {tag or 'at all'} of {model}.", hint=f"{listed}.")
    return model, tag or (_USUAL_TAG if _USUAL_TAG in tags else tags[0])


def _of_open_clip(model: str, tag: str | None, name: str, device: torch.device) -> ClipTower:
    network, preprocess, tokenize = _open_clip_model(model, tag, name, device)

    @torch.inference_mode()
    def images(frames: Frames) -> Tensor:
        pixels = torch.stack([preprocess(Image.fromarray(frame)) for frame in frames])
        embeddings: Tensor = network.encode_image(pixels.to(device))
        return embeddings.float().cpu()

    @torch.inference_mode()
    def texts(captions: Sequence[str]) -> Tensor:
        embeddings: Tensor = network.encode_text(tokenize(list(captions)).to(device))
        return embeddings.float().cpu()

    return ClipTower(name, images, texts)


def _open_clip_model(model: str, tag: str | None, name: str, device: torch.device) -> tuple[Any, Any, Any]:
    """Network, preprocessing of pictures and tokenizer; weights are fetched into the Hub's cache.

    Raises:
        WeightsError: They cannot be fetched or loaded.
    """
    import open_clip

    # They tell of every attempt; the one sentence of the error is enough.
    quiet = [logging.getLogger(source) for source in ("root", "huggingface_hub")]
    levels = [logger.level for logger in quiet]
    for logger in quiet:
        logger.setLevel(logging.CRITICAL)
    try:
        network, preprocess = open_clip.create_model_from_pretrained(model, pretrained=tag, device=device)
        tokenize = open_clip.get_tokenizer(model)
    except (RuntimeError, OSError, ValueError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise WeightsError(
            f"The CLIP tower {name} cannot be loaded: {reason}.",
            hint="Check the network and the proxy (HTTPS_PROXY), or name a folder that holds it.",
        ) from error
    finally:
        for logger, level in zip(quiet, levels, strict=True):
            logger.setLevel(level)
    return network.eval(), preprocess, tokenize
