"""Sizes of the UNet and of its STC-encoders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vcomp.errors import UsageError

CONDITION_CHANNELS: tuple[tuple[str, int], ...] = (
    ("image", 3),
    ("single_sketch", 1),
    ("sketch", 1),
    ("depth", 1),
    ("motion", 2),
    ("mask", 4),
)


@dataclass(frozen=True, kw_only=True)
class UNetConfig:
    """Sizes of one UNet; the defaults are those of the published 1.41 B parameter model.

    Raises:
        UsageError: Some sizes do not fit together.
    """

    latent_channels: int = 4  # of the autoencoder
    dim: int = 320  # channels at the first scale
    multipliers: tuple[int, ...] = (1, 2, 4, 4)  # channels at each scale, in units of dim
    num_res_blocks: int = 2  # per scale, one more on the way up
    head_dim: int = 64  # of every attention layer
    num_heads: int = 8  # of the first temporal transformer; the others have channels / head_dim heads
    attention_scales: tuple[float, ...] = (1.0, 0.5, 0.25)  # scales with transformers, 1 is the latents' size
    context_dim: int = 1024  # width of text and style tokens
    norm_groups: int = 32  # of every GroupNorm
    dropout: float = 0.1  # in residual blocks and temporal convolutions
    conditions: tuple[tuple[str, int], ...] = CONDITION_CHANNELS  # (name, channels) of each STC-encoder
    condition_channels: int = 8  # an STC-encoder's output, concatenated to the latents
    stc_hidden: int = 32  # channels of the STC-encoder's convolutions
    stc_heads: int = 2  # of its attention over frames
    stc_head_dim: int = 8
    stc_dropout: float = 0.05
    stc_pool_first: bool = False  # pool before the first convolution too, which is cheaper for small models
    frame_positions: bool = False  # tell residual blocks which frame they see; the published ones infer it
    context_queries: int = 0  # of a pooled context beside the frame positions, which residual blocks are told
    context_clip_frames: int = 0  # of clips, in whose time the pooled context is a line; 0: a constant
    scale_features: bool = (
        False  # residual blocks scale by the embedding, too (arXiv 2105.05233, section 4.3)
    )
    min_temporal_frames: int = 1  # 2: temporal layers let single pictures pass (arXiv 2304.08818, 3.1)
    stc_temporal: bool = True  # False leaves out the temporal transformer: the paper's ablation

    def __post_init__(self) -> None:
        if self.dim % self.norm_groups or self.dim % 2:
            raise UsageError(
                f"UNet dim {self.dim} must be even and a multiple of norm_groups ({self.norm_groups})."
            )
        if self.head_dim > self.dim * min(self.multipliers):
            raise UsageError(f"Head dim {self.head_dim} exceeds the narrowest scale of the UNet.")
        if self.context_queries and not self.frame_positions:
            raise UsageError("A UNet with context_queries needs frame_positions, beside which they are told.")
        if self.context_clip_frames and not self.context_queries:
            raise UsageError("A UNet with context_clip_frames needs context_queries, which pool the context.")
        unreached = [s for s in self.attention_scales if s not in self.scales]
        if unreached:
            raise UsageError(f"Attention scales {unreached} are not among the UNet's {self.scales}.")

    @property
    def scales(self) -> tuple[float, ...]:
        """Size of the features at each level, in units of the latents' size."""
        return tuple(0.5**level for level in range(len(self.multipliers)))

    @property
    def embedding_dim(self) -> int:
        """Width of the timestep embedding."""
        return 4 * self.dim


VIDEOCOMPOSER_UNET = UNetConfig()


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """How a model was trained to see its conditions; the defaults are those of the models trained here.

    Args:
        frame_size_px: Shorter side of the frames of image, sketches, depth and mask; None is the video's own.
        motion: ``scaled``: dense, in pixels of the video. ``published``: the vectors of an MPEG-4 encoder at
            single pixels, in pixels of the frames they were measured on, brought to the video's size with
            their values as they are.
        style_token: Whether the place of the style token is taken, by zeros, when no style is given.
    """

    frame_size_px: int | None = None
    motion: Literal["scaled", "published"] = "scaled"
    style_token: Literal["always", "when given"] = "always"

    @property
    def scales_motion(self) -> bool:
        """Whether motion is brought to another size with its values."""
        return self.motion == "scaled"

    def frame_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Width and height of condition frames for a video of `size`, multiples of 32 where set."""
        if self.frame_size_px is None:
            return size
        scale = self.frame_size_px / min(size)
        width, height = (max(1, round(side * scale / FRAME_STEP_PX)) * FRAME_STEP_PX for side in size)
        return width, height


FRAME_STEP_PX = 32  # what every published extractor can divide
PUBLISHED_PREPARATION = Preparation(frame_size_px=384, motion="published", style_token="when given")
