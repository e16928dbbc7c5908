"""Contrastive training of the small text and image towers on captions and drawn frames."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vcomp.data.captions import write_caption
from vcomp.data.drawn import DrawnDataset
from vcomp.data.figures import sprite_drawings
from vcomp.models.clip import TextConfig, Towers, TowersConfig, VisionConfig, byte_pair_ids
from vcomp.training.frames import FrameSampler, pixels_of


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


@dataclass(frozen=True)
class CaptionedFrames:
    """Frames ``[n 3 h w]`` in [-1, 1] and a caption of each."""

    pixels: Tensor
    captions: list[str]


class TowersTask:
    """Learn to match frames with their captions (CLIP, Radford et al., arXiv 2103.00020).

    Args:
        config: Sizes and vocabulary.
        sampler: Where frames come from.
        dtype: Of the arithmetic.
    """

    name = "towers"

    def __init__(self, *, config: TowersConfig, sampler: FrameSampler, dtype: torch.dtype) -> None:
        self.sampler = sampler
        self.model = Towers(config).to(dtype)

    def draw(self, step: int) -> CaptionedFrames:
        """Frames and freshly phrased captions."""
        videos = self.sampler.scenes(step)
        rng = np.random.default_rng([self.sampler.seed, step, 23])
        pixels = F.interpolate(pixels_of(videos), (64, 64), mode="area")
        return CaptionedFrames(pixels, [write_caption(rng, v.scene) for v in videos])

    def loss(self, batch: CaptionedFrames) -> Tensor:
        """Symmetric cross-entropy over the batch's pairs."""
        images = F.normalize(self.model.image_embedding(batch.pixels).float(), dim=-1)
        texts = F.normalize(self.model.text_embedding(batch.captions).float(), dim=-1)
        logits = self.model.clip.logit_scale.exp().clamp(max=100) * images @ texts.T
        target = torch.arange(len(logits))
        return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2

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
