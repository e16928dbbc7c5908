"""Spatial and temporal transformers on activations that are channels-last in memory.

Activations travel as ``(b f) c h w`` with ``b f h w c`` in memory, so both token layouts used here,
``(b f) (h w) c`` and ``b f (h w) c``, are views.
Legend: n tokens of a sequence, m context tokens, d head width.
"""

from __future__ import annotations

from typing import TypeAlias

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from vcomp.models.layers import (
    GroupNorm,
    LayerNorm,
    Linear,
    frames_to_video,
    video_to_frames,
    widened,
    zeroed,
)

_LOGITS_STD, _POOLED_STD, _SLOPE_STD = 3.0, 4.0, 8.0  # of a pooled context, before training
_SHARPER = 2.5  # queries and keys of cross-attention, than those of other layers, before training
KeysValues: TypeAlias = tuple[Float[Tensor, "b heads m d"], Float[Tensor, "b heads m d"]]

# On a CPU: with so few keys the fused kernel saves nothing, and its backward pass is slow on many of them.
SHORT_SEQUENCE = 64
# In bfloat16 its backward pass is the slower one until the weights no longer fit the caches.
SHORT_BFLOAT16_SEQUENCE = 512

# On a CPU: what a feed-forward layer has between its products for so many tokens stays in the caches.
CACHED_TOKENS = 1024


def attend(
    q: Float[Tensor, "b heads n d"], k: Float[Tensor, "b heads m d"], v: Float[Tensor, "b heads m d"]
) -> Float[Tensor, "b heads n d"]:
    """Scaled dot-product attention, by plain matrix products where those beat the fused kernel."""
    in_training = torch.is_grad_enabled() and q.requires_grad
    short = SHORT_BFLOAT16_SEQUENCE if in_training and q.dtype == torch.bfloat16 else SHORT_SEQUENCE
    if q.device.type == "cpu" and k.shape[-2] <= short:
        logits = (q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1)
        return torch.matmul(logits.softmax(dim=-1), v)
    return F.scaled_dot_product_attention(q, k, v)


class Projections(nn.Module):
    """The four linear maps of an attention layer; subclasses say what attends to what."""

    def __init__(self, *, dim: int, context_dim: int, num_heads: int, head_dim: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        inner_dim = num_heads * head_dim
        self.to_q = Linear(dim, inner_dim, bias=False)
        self.to_k = Linear(context_dim, inner_dim, bias=False)
        self.to_v = Linear(context_dim, inner_dim, bias=False)
        self.to_out = Linear(inner_dim, dim)

    def split_heads(self, x: Float[Tensor, "b n c"]) -> Float[Tensor, "b heads n d"]:
        """Heads side by side in the last axis become an axis of their own (a view)."""
        return rearrange(x, "b n (h d) -> b h n d", h=self.num_heads)


class SpatialAttention(Projections):
    """Every position of a frame attends to all positions of the same frame."""

    def forward(self, x: Float[Tensor, "bf n c"]) -> Float[Tensor, "bf n c"]:
        """Attend inside each frame."""
        q, k, v = (self.split_heads(project(x)) for project in (self.to_q, self.to_k, self.to_v))
        out: Tensor = self.to_out(rearrange(attend(q, k, v), "b h n d -> b n (h d)"))
        return out


class CrossAttention(Projections):
    """Every position of every frame attends to the context tokens of its video.

    It begins by attending to a few of them. A mean of all, most of which pad the caption, says hardly a thing
    of a single word, and a small model takes long to find the one that matters to it.
    """

    def __init__(self, *, dim: int, context_dim: int, num_heads: int, head_dim: int) -> None:
        super().__init__(dim=dim, context_dim=context_dim, num_heads=num_heads, head_dim=head_dim)
        with torch.no_grad():
            for linear in (self.to_q, self.to_k):
                linear.weight.mul_(_SHARPER)

    def keys_values(self, context: Float[Tensor, "b m context_dim"]) -> KeysValues:
        """Keys and values of the context, which depend neither on the frame nor on the timestep."""
        return self.split_heads(self.to_k(context)), self.split_heads(self.to_v(context))

    def forward(self, x: Float[Tensor, "bf n c"], keys_values: KeysValues) -> Float[Tensor, "bf n c"]:
        """Attend with the frames folded into the query sequence, so nothing is repeated for each frame."""
        k, v = keys_values
        q = self.split_heads(self.to_q(x).reshape(k.shape[0], -1, self.to_q.out_features))
        attended = rearrange(attend(q, k, v), "b h n d -> b n (h d)")
        out: Tensor = self.to_out(attended.reshape(*x.shape[:2], -1))
        return out


class TemporalAttention(Projections):
    """Every position attends to the same position in all frames."""

    def forward(self, x: Float[Tensor, "b f n c"]) -> Float[Tensor, "b f n c"]:
        """Attend over frames; only the attention itself sees the frames moved inwards."""
        q, k, v = (
            rearrange(project(x), "b f n (h d) -> (b n) h f d", h=self.num_heads)
            for project in (self.to_q, self.to_k, self.to_v)
        )
        out: Tensor = self.to_out(rearrange(attend(q, k, v), "(b n) h f d -> b f n (h d)", b=x.shape[0]))
        return out


class ContextPooling(nn.Module):
    """The context as one vector, or a line through time: means of its tokens, each weighted in its own way.

    Imagen tells its residual blocks a pooled caption, too (arXiv 2205.11487, section 2.4).

    Args:
        queries: Means that are taken.
        context_dim: Width of the tokens.
        dim: Width of a vector.
        as_line: Whether there is a slope beside the vector, for a product with time. Both are large from the
            start, for nine tenths of them are the same for all captions: what single words say is heard
            beside that, and of two factors that are zero neither would get a gradient. Without, the vector
            is zero as training starts.
    """

    def __init__(self, *, queries: int, context_dim: int, dim: int, as_line: bool = False) -> None:
        super().__init__()
        self.to_logits = Linear(context_dim, queries)
        self.to_out = zeroed(Linear(queries * context_dim, dim))
        self.to_slope = Linear(queries * context_dim, dim) if as_line else None
        if self.to_slope is not None:
            # Of tokens of unit variance: each mean is of a few of them.
            nn.init.normal_(self.to_logits.weight, std=_LOGITS_STD * context_dim**-0.5)
            for linear, std in ((self.to_out, _POOLED_STD), (self.to_slope, _SLOPE_STD)):
                nn.init.normal_(linear.weight, std=std * (queries * context_dim) ** -0.5)

    def forward(self, context: Float[Tensor, "b m d"]) -> Float[Tensor, "b k e"]:
        """Pool the tokens: k is 1, or 2 of a line, the second its slope."""
        weights = self.to_logits(context).softmax(dim=1)
        means = (weights.transpose(1, 2) @ context).flatten(1)
        maps = (self.to_out,) if self.to_slope is None else (self.to_out, self.to_slope)
        return torch.stack([linear(means) for linear in maps], dim=1)


class GatedFeedForward(nn.Module):
    """GEGLU (arXiv 2002.05202): a linear map times the GELU of another, then a linear map back."""

    def __init__(self, *, dim: int, multiplier: int = 4) -> None:
        super().__init__()
        self.proj_in = Linear(dim, 2 * multiplier * dim)
        self.proj_out = Linear(multiplier * dim, dim)

    def forward(self, x: Float[Tensor, "*axes c"]) -> Float[Tensor, "*axes c"]:
        """Transform each token on its own."""
        # Two products with half the matrix each leave both halves contiguous.
        value_weight, gate_weight = widened(self.proj_in.weight, x).chunk(2)
        value_bias, gate_bias = widened(self.proj_in.bias, x).chunk(2)
        out_weight, out_bias = widened(self.proj_out.weight, x), widened(self.proj_out.bias, x)

        def transform(tokens: Tensor) -> Tensor:
            gate = F.gelu(F.linear(tokens, gate_weight, gate_bias))
            return F.linear(F.linear(tokens, value_weight, value_bias) * gate, out_weight, out_bias)

        if x.device.type != "cpu" or torch.is_grad_enabled():
            return transform(x)
        parts = torch.split(x.flatten(0, -2), CACHED_TOKENS)
        return torch.cat([transform(part) for part in parts]).view(x.shape)


class SpatialTransformer(nn.Module):
    """Self-attention inside each frame, cross-attention to the context, feed-forward; residual."""

    def __init__(
        self, *, channels: int, num_heads: int, head_dim: int, context_dim: int, norm_groups: int
    ) -> None:
        super().__init__()
        dim = num_heads * head_dim
        self.norm = GroupNorm(norm_groups, channels, eps=1e-6)
        self.proj_in = Linear(channels, dim)
        self.norm1 = LayerNorm(dim)
        self.attn1 = SpatialAttention(dim=dim, context_dim=dim, num_heads=num_heads, head_dim=head_dim)
        self.norm2 = LayerNorm(dim)
        self.attn2 = CrossAttention(dim=dim, context_dim=context_dim, num_heads=num_heads, head_dim=head_dim)
        self.norm3 = LayerNorm(dim)
        self.feed_forward = GatedFeedForward(dim=dim)
        self.proj_out = zeroed(Linear(dim, channels))

    def forward(self, x: Float[Tensor, "bf c h w"], keys_values: KeysValues) -> Float[Tensor, "bf c h w"]:
        """Mix positions of a frame and let the context in."""
        tokens = self.proj_in(rearrange(self.norm(x), "bf c h w -> bf (h w) c"))
        tokens = tokens + self.attn1(self.norm1(tokens))
        tokens = tokens + self.attn2(self.norm2(tokens), keys_values)
        tokens = tokens + self.feed_forward(self.norm3(tokens))
        change: Tensor = rearrange(self.proj_out(tokens), "bf (h w) c -> bf c h w", h=x.shape[2])
        return x + change


class TemporalTransformer(nn.Module):
    """Self-attention over frames twice, feed-forward; residual. It sees no text."""

    def __init__(self, *, channels: int, num_heads: int, head_dim: int, norm_groups: int) -> None:
        super().__init__()
        dim = num_heads * head_dim
        self.norm = GroupNorm(norm_groups, channels, eps=1e-6)
        self.proj_in = Linear(channels, dim)
        self.norm1 = LayerNorm(dim)
        self.attn1 = TemporalAttention(dim=dim, context_dim=dim, num_heads=num_heads, head_dim=head_dim)
        self.norm2 = LayerNorm(dim)
        self.attn2 = TemporalAttention(dim=dim, context_dim=dim, num_heads=num_heads, head_dim=head_dim)
        self.norm3 = LayerNorm(dim)
        self.feed_forward = GatedFeedForward(dim=dim)
        self.proj_out = zeroed(Linear(dim, channels))

    def forward(self, x: Float[Tensor, "bf c h w"], *, num_frames: int) -> Float[Tensor, "bf c h w"]:
        """Mix the frames of each position; the group norm, too, is over all frames of a video."""
        video = self.norm(frames_to_video(x, num_frames=num_frames))
        tokens = self.proj_in(rearrange(video, "b c f n -> b f n c"))
        tokens = tokens + self.attn1(self.norm1(tokens))
        tokens = tokens + self.attn2(self.norm2(tokens))
        tokens = tokens + self.feed_forward(self.norm3(tokens))
        change = rearrange(self.proj_out(tokens), "b f n c -> b c f n")
        return x + video_to_frames(change, height=x.shape[2])
