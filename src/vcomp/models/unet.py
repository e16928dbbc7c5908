"""The VideoComposer UNet: predicts the noise (or v) of video latents from text, style and spatial conditions.

Source: arXiv 2306.02018; block order and sizes of ali-vilab/videocomposer, tools/modules/unet_sd.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from vcomp.errors import ConditionError
from vcomp.models.attention import ContextPooling, KeysValues, TemporalTransformer
from vcomp.models.blocks import Downsample, ResBlock, UNetLayer, Upsample
from vcomp.models.config import UNetConfig
from vcomp.models.layers import Conv2d, GroupNorm, Linear, zeroed
from vcomp.models.stc import STCEncoder


@dataclass(frozen=True)
class ContextKV:
    """What the layers take from the context.

    Args:
        keys_values: Of every cross-attention, in the order the layers run.
        pooled: The context as one vector, or a line through time, in models that tell every residual block.
    """

    keys_values: tuple[KeysValues, ...]
    pooled: Float[Tensor, "b k e"] | None = None


def sinusoidal_embedding(
    timesteps: Float[Tensor, " b"] | Int[Tensor, " b"], dim: int
) -> Float[Tensor, "b dim"]:
    """Cosines, then sines, of the timesteps at `dim / 2` frequencies from 1 down to 1/10000 (float32)."""
    half = dim // 2
    exponents = torch.arange(half, device=timesteps.device, dtype=torch.float32) / half
    angles = timesteps.float()[:, None] * torch.exp(-math.log(10000.0) * exponents)
    return torch.cat([angles.cos(), angles.sin()], dim=1)


class UNet(nn.Module):
    """A 3-D UNet with one STC-encoder per spatial or temporal condition.

    Args:
        config: All sizes.

    Attributes:
        arithmetic: Precision of the computation where it is a larger one than the weights'; None is theirs.
    """

    arithmetic: torch.dtype | None = None

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        self.time_embedding = _mlp(config.dim, config.embedding_dim)
        self.frame_embedding = (
            _mlp(config.dim, config.embedding_dim, starts_at_zero=True) if config.frame_positions else None
        )
        self.context_pooling = (
            ContextPooling(
                queries=config.context_queries,
                context_dim=config.context_dim,
                dim=config.embedding_dim,
                as_line=config.context_clip_frames > 0,
            )
            if config.context_queries
            else None
        )
        self.style_embedding = _mlp(config.context_dim, config.context_dim)
        self.condition_encoders = nn.ModuleDict(
            {
                name: STCEncoder(
                    in_channels=channels,
                    out_channels=config.condition_channels,
                    hidden=config.stc_hidden,
                    num_heads=config.stc_heads,
                    head_dim=config.stc_head_dim,
                    dropout=config.stc_dropout,
                    temporal=config.stc_temporal,
                    pool_first=config.stc_pool_first,
                )
                for name, channels in config.conditions
            }
        )
        self.conv_in = Conv2d(config.latent_channels + config.condition_channels, config.dim, 3, padding=1)
        self.temporal_in = TemporalTransformer(
            channels=config.dim,
            num_heads=config.num_heads,
            head_dim=config.head_dim,
            norm_groups=config.norm_groups,
        )
        self.down_layers = nn.ModuleList()
        self.up_layers = nn.ModuleList()
        self.upsamplers = nn.ModuleDict()  # by the index of the up layer they follow
        self._build_layers()
        self.norm_out = GroupNorm(config.norm_groups, config.dim)
        self.conv_out = zeroed(Conv2d(config.dim, config.latent_channels, 3, padding=1))

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the computation."""
        return self.arithmetic or self.conv_in.weight.dtype

    def _build_layers(self) -> None:
        """Down, middle and up layers; `skips` mirrors the stack of features kept on the way down."""
        config = self.config
        widths = [config.dim * multiplier for multiplier in config.multipliers]
        attended = [scale in config.attention_scales for scale in config.scales]
        channels, skips = config.dim, [config.dim]
        for level, width in enumerate(widths):
            for _ in range(config.num_res_blocks):
                self.down_layers.append(self._layer(channels, width, attention=attended[level]))
                channels = width
                skips.append(channels)
            if level < len(widths) - 1:
                self.down_layers.append(Downsample(channels=channels))
                skips.append(channels)
        self.middle_layer = self._layer(channels, channels, attention=True)
        self.middle_residual = ResBlock(in_channels=channels, out_channels=channels, config=config)
        for level, width in reversed(list(enumerate(widths))):
            for _ in range(config.num_res_blocks + 1):
                self.up_layers.append(self._layer(channels + skips.pop(), width, attention=attended[level]))
                channels = width
            if level > 0:
                self.upsamplers[str(len(self.up_layers) - 1)] = Upsample(channels=channels)

    def _layer(self, in_channels: int, out_channels: int, *, attention: bool) -> UNetLayer:
        return UNetLayer(
            in_channels=in_channels, out_channels=out_channels, attention=attention, config=self.config
        )

    def encode_conditions(
        self,
        conditions: Mapping[str, Float[Tensor, "b c f H W"]],
        *,
        latent_size: tuple[int, int],
    ) -> dict[str, Float[Tensor, "b cc f h w"]]:
        """Each condition through its STC-encoder; add the results for `forward`.

        Args:
            conditions: By name, frames of any size, in the range the name defines. Leave one out to drop it.
            latent_size: Height and width of the latents.

        Raises:
            ConditionError: A name is not one of this model's conditions, or its channels do not fit.
        """
        channels = dict(self.config.conditions)
        encoded = {}
        for name, condition in conditions.items():
            if name not in channels:
                raise ConditionError(
                    f"This model has no condition {name!r}.", hint=f"It has: {', '.join(channels)}."
                )
            if condition.shape[1] != channels[name]:
                raise ConditionError(
                    f"Condition {name!r} has {condition.shape[1]} channels and needs {channels[name]}."
                )
            encoder = self.condition_encoders[name]
            encoded[name] = encoder(condition, latent_size=latent_size, dtype=self.dtype)
        return encoded

    def encode_context(
        self, text: Float[Tensor, "b n d"], style: Float[Tensor, "b 1 d"] | None
    ) -> Float[Tensor, "b m d"]:
        """Text tokens, and after them the style token through its MLP."""
        text = text.to(self.dtype)
        if style is None:
            return text
        return torch.cat([text, self.style_embedding(style.to(text.dtype))], dim=1)

    def prepare_context(self, context: Float[Tensor, "b m d"]) -> ContextKV:
        """What the layers take from the context, computed once for all frames and all steps."""
        layers = (*self.down_layers, self.middle_layer, *self.up_layers)
        transformers = (layer.spatial for layer in layers if isinstance(layer, UNetLayer))
        return ContextKV(
            tuple(t.attn2.keys_values(context) for t in transformers if t is not None),
            None if self.context_pooling is None else self.context_pooling(context),
        )

    def forward(
        self,
        latents: Float[Tensor, "b c f h w"],
        timesteps: Float[Tensor, " b"] | Int[Tensor, " b"],
        *,
        context: Float[Tensor, "b m d"] | ContextKV,
        condition: Float[Tensor, "b cc f h w"] | None,
        positions: Int[Tensor, "b f"] | None = None,
    ) -> Float[Tensor, "b c f h w"]:
        """Predict the noise in `latents`, or v or clean latents, as trained.

        Args:
            latents: Noisy latents x_t.
            timesteps: Of each batch item, 0 to 999.
            context: From `encode_context`, or better, prepared by `prepare_context`.
            condition: Sum of encoded conditions; None stands for none.
            positions: Which frame of its video each one is, where the model is told; None counts from the
                first.

        Returns:
            The prediction, in the dtype of `latents`.
        """
        num_frames = latents.shape[2]
        prepared = context if isinstance(context, ContextKV) else self.prepare_context(context)
        keys_values = iter(prepared.keys_values)
        if positions is None:
            positions = torch.arange(num_frames, device=latents.device)[None]
        embedding = self._embed_times(timesteps, positions, pooled=prepared.pooled)
        x = self.conv_in(self._join(latents, condition))
        if num_frames >= self.config.min_temporal_frames:
            x = self.temporal_in(x, num_frames=num_frames)

        skips = [x]
        for layer in self.down_layers:
            downsampling = isinstance(layer, Downsample)
            x = layer(x) if downsampling else layer(x, embedding, keys_values, num_frames=num_frames)
            skips.append(x)
        x = self.middle_layer(x, embedding, keys_values, num_frames=num_frames)
        x = self.middle_residual(x, embedding, num_frames=num_frames)
        for index, layer in enumerate(self.up_layers):
            x = torch.cat([x, skips.pop()], dim=1)
            x = layer(x, embedding, keys_values, num_frames=num_frames)
            if str(index) in self.upsamplers:
                x = self.upsamplers[str(index)](x, size=skips[-1].shape[-2:])
        x = self.conv_out(F.silu(self.norm_out(x)))
        prediction: Tensor = rearrange(x, "(b f) c h w -> b c f h w", f=num_frames)
        return prediction.to(latents.dtype)

    def _embed_times(
        self,
        timesteps: Float[Tensor, " b"] | Int[Tensor, " b"],
        positions: Int[Tensor, "b1 f"],
        *,
        pooled: Float[Tensor, "b k e"] | None,
    ) -> Float[Tensor, "b f1 e"]:
        """Where in the noise and in the video: the embedding after the activation residual blocks begin with.

        Padding alone tells the published model which frame is which, the same way at both ends. To learn from
        that what "to the right" means takes a small one far longer. It is neither in the caption alone nor in
        the frame alone but in their product: a model that is given it learns it soonest.
        """
        embedding = self._embed(timesteps, self.time_embedding)[:, None]
        beside = None
        if pooled is not None and self.config.context_clip_frames:
            offset, slope = pooled.unbind(dim=1)
            times = (2 * positions + 1) / self.config.context_clip_frames - 1  # -1 to 1 in a clip
            embedding = embedding + offset[:, None] + times[..., None].to(slope.dtype) * slope[:, None]
        elif pooled is not None:
            [beside] = pooled.unbind(dim=1)
        if self.frame_embedding is not None:
            embedding = embedding + self._embed(positions, self.frame_embedding, beside=beside)
        return F.silu(embedding)

    def _embed(
        self,
        numbers: Float[Tensor, "*axes"] | Int[Tensor, "*axes"],
        mlp: nn.Sequential,
        *,
        beside: Float[Tensor, "b e"] | None = None,
    ) -> Float[Tensor, "*axes e"]:
        """Numbers through an MLP; what is given `beside` them is added to its hidden features."""
        first, activation, last = mlp
        sinusoids = sinusoidal_embedding(numbers.flatten(), self.config.dim)
        hidden = first(sinusoids.view(*numbers.shape, -1).to(self.dtype))
        if beside is not None:
            hidden = hidden + beside[:, None]
        embedded: Tensor = last(activation(hidden))
        return embedded

    def _join(self, latents: Tensor, condition: Tensor | None) -> Float[Tensor, "bf c h w"]:
        """Latents and condition side by side, as channels-last frames."""
        if condition is None:
            b, _, f, h, w = latents.shape
            condition = latents.new_zeros(b, self.config.condition_channels, f, h, w)
        joined = torch.cat([latents.to(self.dtype), condition.to(self.dtype)], dim=1)
        frames = rearrange(joined, "b c f h w -> (b f) c h w")
        return frames.contiguous(memory_format=torch.channels_last)


def _mlp(in_features: int, out_features: int, *, starts_at_zero: bool = False) -> nn.Sequential:
    """Two linear maps with a SiLU between."""
    last = Linear(out_features, out_features)
    return nn.Sequential(
        Linear(in_features, out_features), nn.SiLU(), zeroed(last) if starts_at_zero else last
    )
