"""Stable Diffusion's autoencoder, behind the published model: diffusers' AutoencoderKL at any size."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from vcomp.models.autoencoder import Posterior
from vcomp.models.convert import arrange, translated

# Where the whole of Stable Diffusion keeps it.
FIRST_STAGE = "first_stage_model."

# The loss it was trained with, a discriminator among it, is saved beside it in some files.
_TRAINING_ONLY = ("loss.",)

_RESNET = r"(norm[12]\.\w+|conv[12]\.\w+)"
_SHORTCUT = r"nin_shortcut\.(\w+)"
_ATTENTION = {
    "norm": "group_norm",
    "group_norm": "group_norm",
    "q": "to_q",
    "k": "to_k",
    "v": "to_v",
    "query": "to_q",
    "key": "to_k",
    "value": "to_v",
    "proj_out": "to_out.0",
    "proj_attn": "to_out.0",
}


@dataclass(frozen=True, kw_only=True)
class KLAutoencoderConfig:
    """Sizes of a :class:`KLAutoencoder`; the defaults are Stable Diffusion 2.1's."""

    channels: tuple[int, ...] = (128, 256, 512, 512)  # at each scale, from the full size down
    layers_per_block: int = 2  # residual blocks a scale, one more on the way up
    latent_channels: int = 4
    norm_groups: int = 32  # of every GroupNorm
    scaling_factor: float = 0.18215  # brings latents to a deviation of about one


class KLAutoencoder(nn.Module):
    """The latent-diffusion autoencoder (arXiv 2112.10752), with `TinyAutoencoder`'s interface."""

    def __init__(self, config: KLAutoencoderConfig) -> None:
        super().__init__()
        from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

        scales = len(config.channels)
        self.config = config
        self.kl = AutoencoderKL(
            block_out_channels=config.channels,
            down_block_types=("DownEncoderBlock2D",) * scales,
            up_block_types=("UpDecoderBlock2D",) * scales,
            layers_per_block=config.layers_per_block,
            latent_channels=config.latent_channels,
            norm_num_groups=config.norm_groups,
            scaling_factor=config.scaling_factor,
        )

    def posterior(self, pixels: Float[Tensor, "n 3 H W"]) -> Posterior:
        """Distribution of the raw latents of ``pixels`` in [-1, 1]."""
        distribution = self.kl.encode(pixels).latent_dist
        return Posterior(distribution.mean, distribution.logvar)

    def reconstruct(self, raw_latents: Float[Tensor, "n c h w"]) -> Float[Tensor, "n 3 H W"]:
        """Pixels in about [-1, 1] from raw latents."""
        pixels: Tensor = self.kl.decode(raw_latents).sample
        return pixels

    def encode(self, pixels: Float[Tensor, "n 3 H W"]) -> Float[Tensor, "n c h w"]:
        """Normalised latents of ``pixels`` in [-1, 1]: the posterior's mean, times the scaling factor."""
        return self.posterior(pixels).mean * self.config.scaling_factor

    def decode(self, latents: Float[Tensor, "n c h w"]) -> Float[Tensor, "n 3 H W"]:
        """Pixels in [-1, 1] of normalised latents."""
        return self.reconstruct(latents / self.config.scaling_factor).clamp(-1, 1)


def convert_autoencoder(
    state: Mapping[str, Tensor], *, shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, Tensor]:
    """State dict of a `KLAutoencoder` from latent-diffusion's names or from diffusers'.

    Latent-diffusion's may be bare or under `first_stage_model.`, as in a whole Stable Diffusion checkpoint,
    of which everything else (its UNet, its text tower) is left out: VideoComposer brings its own.

    Raises:
        WeightsError: Tensors of the autoencoder are left over, missing or misshapen.
    """
    if any(key.startswith(FIRST_STAGE) for key in state):
        state = {key[len(FIRST_STAGE) :]: t for key, t in state.items() if key.startswith(FIRST_STAGE)}
    state = {key: tensor for key, tensor in state.items() if not key.startswith(_TRAINING_ONLY)}
    scales = 1 + max((int(found[1]) for key in state if (found := _UP.match(key))), default=0)
    names = translated(state, lambda key: _ours(key, scales), network="autoencoder of Stable Diffusion")
    return arrange(state, names, shapes=shapes)


_UP = re.compile(r"decoder\.up\.(\d+)\.")
_LDM_PARTS = (
    (r"(encoder|decoder)\.norm_out\.(\w+)", "{}.conv_norm_out.{}"),
    (r"encoder\.down\.(\d+)\.block\.(\d+)\." + _RESNET, "encoder.down_blocks.{}.resnets.{}.{}"),
    (
        r"encoder\.down\.(\d+)\.block\.(\d+)\." + _SHORTCUT,
        "encoder.down_blocks.{}.resnets.{}.conv_shortcut.{}",
    ),
    (r"encoder\.down\.(\d+)\.downsample\.(conv\.\w+)", "encoder.down_blocks.{}.downsamplers.0.{}"),
    (r"decoder\.up\.(\d+)\.block\.(\d+)\." + _RESNET, "decoder.up_blocks.{}.resnets.{}.{}"),
    (r"decoder\.up\.(\d+)\.block\.(\d+)\." + _SHORTCUT, "decoder.up_blocks.{}.resnets.{}.conv_shortcut.{}"),
    (r"decoder\.up\.(\d+)\.upsample\.(conv\.\w+)", "decoder.up_blocks.{}.upsamplers.0.{}"),
)
_SAME_IN_BOTH = re.compile(
    r"(post_)?quant_conv\.\w+|(encoder|decoder)\.(conv_in|conv_out|conv_norm_out)\.\w+"
    r"|(encoder|decoder)\.(down_blocks|up_blocks|mid_block)\.(?!attentions\.).+"
)
_MIDDLE_BLOCK = re.compile(r"(encoder|decoder)\.mid\.block_([12])\." + _RESNET)
_MIDDLE_ATTENTION = re.compile(
    r"(encoder|decoder)\.mid(?:\.attn_1|_block\.attentions\.0)\.(\w+(?:\.0)?)\.(weight|bias)"
)


def _ours(key: str, scales: int) -> str | None:
    """Our name of one tensor, whichever of the two ways it is named; None for one of neither."""
    if _SAME_IN_BOTH.fullmatch(key):
        return f"kl.{key}"
    if found := _MIDDLE_ATTENTION.fullmatch(key):
        part = _ATTENTION.get(found[2], found[2])
        return f"kl.{found[1]}.mid_block.attentions.0.{part}.{found[3]}"
    if found := _MIDDLE_BLOCK.fullmatch(key):
        return f"kl.{found[1]}.mid_block.resnets.{int(found[2]) - 1}.{found[3]}"
    for pattern, name in _LDM_PARTS:
        if found := re.fullmatch(pattern, key):
            groups = list(found.groups())
            if key.startswith("decoder.up."):
                # Latent-diffusion counts from the full size down, diffusers in the order of evaluation.
                groups[0] = str(scales - 1 - int(groups[0]))
            return "kl." + name.format(*groups)
    return None
