"""Text and image towers: OpenCLIP models (Cherti et al., arXiv 2212.07143) at any size."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)

# What a compact vocabulary adds around the words it keeps; the end token must be the largest, as open_clip
# finds it by argmax.
_PAD, _UNKNOWN, _FIRST_WORD = 0, 1, 2


@dataclass(frozen=True, kw_only=True)
class VisionConfig:
    """The image tower, in open_clip's terms."""

    image_size: int = 224
    patch_size: int = 14
    width: int = 1280
    layers: int = 32
    head_width: int = 80


@dataclass(frozen=True, kw_only=True)
class TextConfig:
    """The text tower, in open_clip's terms."""

    context_length: int = 77
    vocab_size: int = 49408
    width: int = 1024
    heads: int = 16
    layers: int = 24


@dataclass(frozen=True, kw_only=True)
class TowersConfig:
    """An open_clip model; the defaults are ViT-H/14.

    Args:
        embed_dim: Size of the space the two towers share.
        vision: The image tower.
        text: The text tower; ``vocab_size`` is overruled by ``vocabulary``.
        vocabulary: Ids of CLIP's byte-pair tokens that the model knows; empty for all of them. A small model
            would otherwise spend most of its parameters on words it never meets.
    """

    embed_dim: int = 1024
    vision: VisionConfig = field(default_factory=VisionConfig)
    text: TextConfig = field(default_factory=TextConfig)
    vocabulary: tuple[int, ...] = ()

    def open_clip(self) -> dict[str, Any]:
        """The model config as open_clip writes it."""
        text = asdict(self.text)
        if self.vocabulary:
            text["vocab_size"] = len(self.vocabulary) + _FIRST_WORD + 2
        return {"embed_dim": self.embed_dim, "vision_cfg": asdict(self.vision), "text_cfg": text}


@cache
def _byte_pair_tokenizer() -> Any:
    from open_clip.tokenizer import SimpleTokenizer

    return SimpleTokenizer()


def byte_pair_ids(captions: Sequence[str]) -> tuple[int, ...]:
    """All CLIP token ids that occur in ``captions``, sorted: a vocabulary for :class:`TowersConfig`."""
    tokenizer = _byte_pair_tokenizer()
    return tuple(sorted({token for caption in set(captions) for token in tokenizer.encode(caption)}))


@dataclass(frozen=True, eq=False)
class TextFeatures:
    """What the text tower makes of captions.

    Args:
        ids: Of the tokens, padded with 0 ``[b n]``.
        tokens: Features of each ``[b n d]``; see `Towers.text_tokens`.
        embedding: Of each caption ``[b d]``; see `Towers.text_embedding`.
    """

    ids: Tensor
    tokens: Tensor
    embedding: Tensor


class Towers(nn.Module):
    """A text tower and an image tower that embed into one space.

    Args:
        config: Sizes and vocabulary.
        crop: Whether a picture that is not square is cropped at its centre, as OpenCLIP's own models were
            trained, or squeezed.
    """

    def __init__(self, config: TowersConfig, *, crop: bool = False) -> None:
        super().__init__()
        from open_clip.model import CLIP

        # open_clip warns at start of everything optional that is missing; none of it is used here.
        logging.getLogger("open_clip").setLevel(logging.ERROR)
        self.config = config
        self.crop = crop
        self.clip = CLIP(**config.open_clip())
        # Not among the weights, so it has to be there even where those are still to come (the meta device).
        length = config.text.context_length
        self.clip.attn_mask = torch.full((length, length), float("-inf"), device="cpu").triu_(1)
        self._compact = {token: i for i, token in enumerate(config.vocabulary, start=_FIRST_WORD)}

    def tokenize(self, captions: Sequence[str]) -> Int[Tensor, "b n"]:
        """Token ids, padded with 0 and cut to the context's length with the end token kept."""
        length = self.clip.context_length
        rows = torch.full((len(captions), length), _PAD, dtype=torch.long)
        for row, caption in zip(rows, captions, strict=True):
            start, end, words = self._ids(caption)
            tokens = [start, *words[: length - 2], end]
            row[: len(tokens)] = torch.tensor(tokens)
        return rows

    def _ids(self, caption: str) -> tuple[int, int, list[int]]:
        tokenizer = _byte_pair_tokenizer()
        words = tokenizer.encode(caption)
        if not self._compact:
            return tokenizer.sot_token_id, tokenizer.eot_token_id, words
        start = _FIRST_WORD + len(self._compact)
        return start, start + 1, [self._compact.get(token, _UNKNOWN) for token in words]

    def text_tokens(self, captions: Sequence[str]) -> Float[Tensor, "b n d"]:
        """Features of every token after the last but one layer, normalised as after the last.

        This is what VideoComposer's UNet attends to (section 3.2; ali-vilab/videocomposer
        tools/modules/clip_embedder.py). The empty caption is the null condition of guidance.
        """
        device = self.clip.positional_embedding.device
        features: Tensor = self.clip.ln_final(self._before_last(self.tokenize(captions).to(device)))
        return features

    def text_features(self, captions: Sequence[str]) -> TextFeatures:
        """What `text_tokens` and `text_embedding` give, in one pass no longer than the longest caption.

        Tokens attend to those before them only, so that the padding after them changes nothing.
        """
        ids = self.tokenize(captions).to(self.clip.positional_embedding.device)
        ids = ids[:, : int((ids != _PAD).sum(dim=1).max())]
        x = self._before_last(ids)
        ends = torch.arange(len(ids), device=ids.device), ids.argmax(dim=1)
        last = self.clip.ln_final(self._block(self.clip.transformer.resblocks[-1], x))
        return TextFeatures(
            ids=ids, tokens=self.clip.ln_final(x), embedding=last[ends] @ self.clip.text_projection
        )

    def _before_last(self, ids: Int[Tensor, "b n"]) -> Float[Tensor, "b n d"]:
        """Features after all layers but the last, not normalised."""
        positions = self.clip.positional_embedding[: ids.shape[1]]
        embedded = self.clip.token_embedding(ids) + positions
        x: Tensor = embedded.to(self.clip.transformer.get_cast_dtype())
        for block in self.clip.transformer.resblocks[:-1]:
            x = self._block(block, x)
        return x

    def _block(self, block: nn.Module, x: Float[Tensor, "b n d"]) -> Float[Tensor, "b n d"]:
        length = x.shape[1]
        features: Tensor = block(x, attn_mask=self.clip.attn_mask[:length, :length])
        return features

    def text_embedding(self, captions: Sequence[str]) -> Float[Tensor, "b d"]:
        """The caption's place in the shared space, not normalised."""
        tokens = self.tokenize(captions).to(self.clip.positional_embedding.device)
        embedding: Tensor = self.clip.encode_text(tokens)
        return embedding

    def image_embedding(self, pixels: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b d"]:
        """The picture's place in the shared space, not normalised; ``pixels`` in [-1, 1], of any size."""
        side = self.config.vision.image_size
        if pixels.shape[-2:] != (side, side):
            fit = _cropped if self.crop else _squeezed
            pixels = fit(pixels.float(), side)
        weight = self.clip.visual.conv1.weight
        mean, std = (
            torch.tensor(v, device=pixels.device)[None, :, None, None] for v in (CLIP_MEAN, CLIP_STD)
        )
        normalised = ((pixels.clamp(-1, 1) + 1) / 2 - mean) / std
        embedding: Tensor = self.clip.encode_image(normalised.to(weight))
        return embedding


def _squeezed(pixels: Float[Tensor, "b 3 h w"], side: int) -> Float[Tensor, "b 3 s s"]:
    return F.interpolate(pixels, (side, side), mode="bicubic", antialias=True)


def _cropped(pixels: Float[Tensor, "b 3 h w"], side: int) -> Float[Tensor, "b 3 s s"]:
    """The shorter side brought to `side`, the middle of the longer one kept: open_clip's preprocessing."""
    shorter = min(pixels.shape[-2:])
    height, width = (side if size == shorter else int(side * size / shorter) for size in pixels.shape[-2:])
    resized = F.interpolate(pixels, (height, width), mode="bicubic", antialias=True)
    top, left = round((height - side) / 2), round((width - side) / 2)
    return resized[..., top : top + side, left : left + side]
