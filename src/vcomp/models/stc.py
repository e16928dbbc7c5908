"""The STC-encoder (spatio-temporal condition encoder): one condition in, a map of the latents' size out.

Source: arXiv 2306.02018, section 3.2. Legend: n positions of a frame.
"""

from __future__ import annotations

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from vcomp.models.attention import attend
from vcomp.models.layers import Conv2d, LayerNorm, Linear, frames_to_video

POOLED_PER_LATENT = 4  # two convolutions of stride two follow the pooling
FRAMES_AT_ONCE = 4  # so that memory does not grow with the length of a video; where gradients are kept, all


class FrameAttention(nn.Module):
    """Self-attention of each position over all frames, with keys, queries and values from one map."""

    def __init__(self, *, dim: int, num_heads: int, head_dim: int, dropout: float) -> None:
        super().__init__()
        inner_dim = num_heads * head_dim
        self.num_heads = num_heads
        self.norm = LayerNorm(dim)
        self.to_qkv = Linear(dim, 3 * inner_dim, bias=False)
        self.to_out = Linear(inner_dim, dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Float[Tensor, "b f n c"]) -> Float[Tensor, "b f n c"]:
        """Attend over frames."""
        qkv = rearrange(self.to_qkv(self.norm(x)), "b f n (k h d) -> k (b n) h f d", k=3, h=self.num_heads)
        out = rearrange(attend(*qkv), "(b n) h f d -> b f n (h d)", b=x.shape[0])
        dropped: Tensor = self.dropout(self.to_out(out))
        return dropped


class STCEncoder(nn.Module):
    """Convolutions and pooling bring frames to the latents' size, a temporal transformer mixes them."""

    def __init__(
        self,
        *,
        in_channels: int,
        out_channels: int,
        hidden: int,
        num_heads: int,
        head_dim: int,
        dropout: float,
        temporal: bool = True,
        pool_first: bool = False,
    ) -> None:
        super().__init__()
        self.pool_first = pool_first
        self.conv_in = Conv2d(in_channels, hidden, 3, padding=1)
        self.conv_hidden = Conv2d(hidden, hidden, 3, stride=2, padding=1)
        self.conv_out = Conv2d(hidden, out_channels, 3, stride=2, padding=1)
        self.attention: FrameAttention | None = None
        self.feed_forward: nn.Sequential | None = None
        if temporal:
            self.attention = FrameAttention(
                dim=out_channels, num_heads=num_heads, head_dim=head_dim, dropout=dropout
            )
            self.feed_forward = nn.Sequential(
                Linear(out_channels, 4 * out_channels),
                nn.GELU(),
                nn.Dropout(dropout),
                Linear(4 * out_channels, out_channels),
            )

    def forward(
        self,
        condition: Float[Tensor, "b c f H W"],
        *,
        latent_size: tuple[int, int],
        dtype: torch.dtype | None = None,
    ) -> Float[Tensor, "b cc f h w"]:
        """Encode a condition.

        A condition that is one picture repeated as a view (`Tensor.expand` over the frames) is encoded once:
        attention over equal frames changes nothing, so its encoding is one frame repeated, too.

        Args:
            condition: Frames of any size, in the range the condition's name defines.
            latent_size: Height and width of the latents, in latent pixels.
            dtype: Of the arithmetic; None takes the weights'.
        """
        num_frames = condition.shape[2]
        still = num_frames > 1 and condition.stride(2) == 0
        if still:
            condition = condition[:, :, :1]
        frames = rearrange(condition, "b c f h w -> (b f) c h w")
        frames = frames.to(dtype or self.conv_in.weight.dtype).contiguous(memory_format=torch.channels_last)
        at_once = len(frames) if torch.is_grad_enabled() else FRAMES_AT_ONCE
        parts = torch.split(frames, at_once)
        encoded = torch.cat([self.encode_frames(part, latent_size) for part in parts])
        tokens = rearrange(frames_to_video(encoded, num_frames=condition.shape[2]), "b c f n -> b f n c")
        tokens = self.mix_frames(tokens)
        out = rearrange(tokens, "b f (h w) c -> b c f h w", h=latent_size[0])
        return out.expand(-1, -1, num_frames, -1, -1) if still else out

    def encode_frames(
        self, frames: Float[Tensor, "bf c H W"], latent_size: tuple[int, int]
    ) -> Float[Tensor, "bf cc h w"]:
        """The convolutions: each frame on its own, to the latents' size."""
        pooled_size = (POOLED_PER_LATENT * latent_size[0], POOLED_PER_LATENT * latent_size[1])
        if self.pool_first:
            frames = _pool(frames, pooled_size)
        x = _pool(F.silu(self.conv_in(frames)), pooled_size)
        encoded: Tensor = self.conv_out(F.silu(self.conv_hidden(x)))
        return encoded

    def mix_frames(self, x: Float[Tensor, "b f n cc"]) -> Float[Tensor, "b f n cc"]:
        """The temporal transformer: each position over all frames, residual."""
        if self.attention is None or self.feed_forward is None:
            return x
        attended = x + self.attention(x)
        mixed: Tensor = attended + self.feed_forward(attended)
        return mixed


def _pool(x: Float[Tensor, "b c H W"], size: tuple[int, int]) -> Float[Tensor, "b c h w"]:
    """Means over areas; nothing is done, nor copied, where the size is right already."""
    return x if x.shape[-2:] == size else F.adaptive_avg_pool2d(x, size)
