"""Contrastive training of the small text and image towers on captions and drawn frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from vcomp.data.drawn import DrawnDataset
from vcomp.data.figures import sprite_drawings
from vcomp.models.clip import TextConfig, TextFeatures, Towers, TowersConfig, VisionConfig, byte_pair_ids
from vcomp.training.lookalikes import CaptionedFrames, LookalikeSampler

WORD_SCALE = 12.0
"""By which cosines become the logits of words."""


def tiny_towers(*, width: int = 128) -> TowersConfig:
    """Small towers that know the words of the fullest level of drawn video and the names of all things."""
    dataset = DrawnDataset(level="crowded", seed=0)
    captions = [video.caption for video in dataset.clips(0, 4000)]
    return TowersConfig(
        embed_dim=width,
        vision=VisionConfig(image_size=64, patch_size=8, width=width, layers=4, head_width=32),
        text=TextConfig(context_length=64, width=width, heads=4, layers=4),
        vocabulary=byte_pair_ids(
            [*captions, *sprite_drawings(), "video of picture with in front behind next to"]
        ),
    )


class TowersTask:
    """Learn to match frames with captions (CLIP, Radford et al., arXiv 2103.00020), and to keep every word.

    Frames do not show where things go, and of words that it has no use for a contrastive loss leaves less
    than a hundredth of their tokens' features, which no UNet hears. So each token's features must also tell
    their own word.

    Args:
        config: Sizes and vocabulary.
        sampler: Where frames come from.
        dtype: Of the arithmetic.
    """

    name = "towers"

    def __init__(self, *, config: TowersConfig, sampler: LookalikeSampler, dtype: torch.dtype) -> None:
        self.sampler = sampler
        self.model = Towers(config).to(dtype)

    def draw(self, step: int) -> CaptionedFrames:
        """Frames and captions."""
        return self.sampler.draw(step)

    def loss(self, batch: CaptionedFrames) -> Tensor:
        """Symmetric cross-entropy over the batch's pairs, and that of the words."""
        # On a CPU in bfloat16 the fused kernel's backward pass over short sequences takes most of a step.
        with sdpa_kernel(SDPBackend.MATH):
            text = self.model.text_features(batch.captions)
            return self._pair_loss(batch.pixels, text.embedding) + self._word_loss(text)

    def _pair_loss(self, pixels: Tensor, text: Tensor) -> Tensor:
        images = F.normalize(self.model.image_embedding(pixels).float(), dim=-1)
        texts = F.normalize(text.float(), dim=-1)
        logits = self.model.clip.logit_scale.exp().clamp(max=100) * images @ texts.T
        target = torch.arange(len(logits))
        return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2

    def _word_loss(self, text: TextFeatures) -> Tensor:
        """Cross-entropy of each token's word by the cosines of its features with all words' embeddings.

        Cosines are bounded: the features of different words have to differ for it, not merely to be long.
        """
        features = F.normalize(text.tokens.float(), dim=-1)
        words = F.normalize(self.model.clip.token_embedding.weight.float(), dim=-1)
        said = text.ids != 0
        return F.cross_entropy(WORD_SCALE * features[said] @ words.T, text.ids[said])

    def size(self, batch: CaptionedFrames) -> int:
        """Pairs."""
        return len(batch.captions)

    def preview(self, path: Path) -> None:
        """The matrix of similarities of sixteen frames and captions, as a picture."""
        from vcomp.media import write_picture

        batch = self.draw(10**6)
        images = F.normalize(self.model.image_embedding(batch.pixels[:16]), dim=-1)
        texts = F.normalize(self.model.text_embedding(batch.captions[:16]), dim=-1)
        shade = ((images @ texts.T).clamp(0, 1) * 255).byte().numpy()
        write_picture(np.repeat(np.kron(shade, np.ones((16, 16), np.uint8))[..., None], 3, -1), path)
