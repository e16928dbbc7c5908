"""The UNet with its conditions: encoded once, then a function of latents, timestep and condition set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from vcomp.conditions.container import Conditions
from vcomp.conditions.packing import pack
from vcomp.conditions.spec import FRAME_CONDITIONS, TOKEN_CONDITIONS
from vcomp.diffusion.guidance import ConditionSet, Guidance
from vcomp.diffusion.windows import window_slices
from vcomp.engine.settings import Settings
from vcomp.errors import ConditionError
from vcomp.media.pixels import to_tensor
from vcomp.models.clip import Towers
from vcomp.models.config import Preparation
from vcomp.models.unet import ContextKV, UNet

SCALE_PX = 8  # pixels a latent pixel


@dataclass(frozen=True, eq=False)
class ConditionedUNet:
    """A UNet that was given the conditions of a batch of videos.

    Args:
        unet: In evaluation mode.
        encoded: What the STC-encoders give, by condition.
        contexts: Keys and values for each set of text and style that guidance evaluates.
        settings: The strengths are used.
        positions: The fraction of the run at which each timestep comes.
    """

    unet: UNet
    encoded: Mapping[str, Float[Tensor, "b cc f h w"]]
    contexts: Mapping[ConditionSet, ContextKV]
    settings: Settings
    positions: Mapping[int, float]

    def __call__(
        self, latents: Float[Tensor, "b c f h w"], timesteps: Float[Tensor, " b"], names: ConditionSet
    ) -> Float[Tensor, "b c f h w"]:
        """The UNet's prediction with only the conditions in `names`.

        Args:
            latents: Noisy latents.
            timesteps: All the same. On the CPU: its value is looked at, and a GPU is not waited for.
            names: The condition set.
        """
        condition = self.condition(names, timesteps)
        return self.predict(latents, timesteps, context=self.context(names), condition=condition)

    def predict(
        self,
        latents: Float[Tensor, "b c f h w"],
        timesteps: Float[Tensor, " b"],
        *,
        context: ContextKV,
        condition: Float[Tensor, "b cc f h w"] | None,
    ) -> Float[Tensor, "b c f h w"]:
        """The UNet's prediction."""
        timesteps = timesteps.to(latents.device, non_blocking=True)
        prediction: Tensor = self.unet(latents, timesteps, context=context, condition=condition)
        return prediction

    def context(self, names: ConditionSet) -> ContextKV:
        """Keys and values of the text and style in `names`."""
        return self.contexts[tokens_of(names)]

    def condition(
        self, names: ConditionSet, timesteps: Float[Tensor, " b"]
    ) -> Float[Tensor, "b cc f h w"] | None:
        """The sum of the encoded conditions in `names` at a timestep."""
        return self._sum(names, position=self.positions[int(timesteps[0])])

    def _sum(self, names: ConditionSet, *, position: float) -> Float[Tensor, "b cc f h w"] | None:
        """Encoded conditions, added in one order so that equal sets give equal bits (section 3.2)."""
        strengths = {strength.name: strength.at(position) for strength in self.settings.strengths}
        total: Tensor | None = None
        for name in FRAME_CONDITIONS:
            factor = strengths.get(name, 1.0)
            if name not in names or factor == 0:
                continue
            part = self.encoded[name] if factor == 1 else factor * self.encoded[name]
            total = part if total is None else total + part
        return total


def guidance_of(names: ConditionSet, settings: Settings) -> Guidance:
    """The guidance that the settings ask for, given which conditions are there.

    The base has every condition that no guide names; each guide adds its own to it, by its scale. For one
    guide that is the paper's formula (section 3.3); with none of its conditions given a guide does nothing.

    Args:
        names: Of the conditions given.
        settings: The guides, the scale of those without one, by default 1: no guidance, and the rescaling, by
            default none.
    """
    default = 1.0 if settings.guidance_scale is None else settings.guidance_scale
    scales: dict[ConditionSet, float] = {}
    for guide in settings.guides or ():
        if group := names.intersection(guide.names):
            # Two guides may come down to one group, as "text,style" and "text" do without a style.
            scale = default if guide.scale is None else guide.scale
            scales[group] = scales.get(group, 0.0) + scale
    rescale = settings.guidance_rescale or 0.0
    return Guidance.towards(names.difference(*scales), scales, rescale=rescale)


def windows_of(settings: Settings) -> tuple[slice, ...]:
    """The frames that the UNet sees at once; one window where it sees them all."""
    return window_slices(settings.num_frames, length=settings.window_frames, overlap=settings.overlap_frames)


@dataclass(frozen=True, eq=False)
class Tokens:
    """What the UNet attends to."""

    text: Float[Tensor, "b n d"]
    style: Float[Tensor, "b 1 d"] | None


def encode_tokens(
    conditions: Sequence[Conditions],
    towers: Towers,
    sets: Sequence[ConditionSet],
    *,
    preparation: Preparation,
) -> dict[ConditionSet, Tokens]:
    """Text and style through their towers, for every distinct set of the two among `sets`.

    A dropped text is the empty caption, a dropped style the zero embedding, which keeps its token, as in the
    published null branch. A style that was never given has a token only where the model is used to that.
    """
    tokens = {}
    has_style_token = preparation.style_token == "always" or any("style" in names for names in sets)
    for names in {tokens_of(names) for names in sets}:
        captions = [(c.text or "") if "text" in names else "" for c in conditions]
        style = None
        if has_style_token:
            given = "style" in names
            style = _style_embedding(conditions, towers) if given else _no_style(len(captions), towers)
        tokens[names] = Tokens(towers.text_tokens(captions), style)
    return tokens


def prepare_contexts(tokens: Mapping[ConditionSet, Tokens], unet: UNet) -> dict[ConditionSet, ContextKV]:
    """Keys and values of each, computed once for all frames and steps."""
    return {
        names: unet.prepare_context(unet.encode_context(each.text, each.style))
        for names, each in tokens.items()
    }


def encode_frames(
    conditions: Sequence[Conditions],
    unet: UNet,
    settings: Settings,
    *,
    preparation: Preparation,
    window: slice,
) -> dict[str, Float[Tensor, "b cc f h w"]]:
    """Every condition that has an STC-encoder, through it: of the frames in `window`, and no others.

    Raises:
        ConditionError: The model has no encoder for a condition.
    """
    width, height = settings.size
    packed = [
        pack(
            c,
            num_frames=window.stop - window.start,
            first_frame=window.start,
            size=settings.size,
            frame_size=preparation.frame_size(settings.size),
            scale_motion=preparation.scales_motion,
        )
        for c in conditions
    ]
    batch = {name: _stack([p[name] for p in packed], device=_device_of(unet)) for name in packed[0]}
    return unet.encode_conditions(batch, latent_size=(height // SCALE_PX, width // SCALE_PX))


def same_names(conditions: Sequence[Conditions]) -> ConditionSet:
    """The names of the conditions given, which all videos of a batch share.

    Raises:
        ConditionError: They do not, or there is no video.
    """
    names = {c.names for c in conditions}
    if len(names) != 1:
        raise ConditionError(
            "The videos of a batch have different conditions.", hint="Generate those that share theirs."
        )
    return names.pop()


def _stack(tensors: list[Tensor], *, device: torch.device) -> Float[Tensor, "b c f h w"]:
    """Concatenate on a device; one picture repeated as a view stays a view, which its encoder sees once."""
    if all(t.shape[2] > 1 and t.stride(2) == 0 for t in tensors):
        first_frames = torch.cat([t[:, :, :1] for t in tensors]).to(device)  # copies of views are dense
        return first_frames.expand(-1, -1, tensors[0].shape[2], -1, -1)
    return torch.cat(tensors).to(device)


def _style_embedding(conditions: Sequence[Conditions], towers: Towers) -> Float[Tensor, "b 1 d"]:
    """The CLIP embedding of each style picture."""
    device = _device_of(towers)
    pictures = [to_tensor(c.style[None]) for c in conditions if c.style is not None]
    embeddings = [towers.image_embedding(rearrange(p, "c 1 h w -> 1 c h w").to(device)) for p in pictures]
    return rearrange(torch.cat(embeddings), "b d -> b 1 d")


def _no_style(batch_size: int, towers: Towers) -> Float[Tensor, "b 1 d"]:
    return torch.zeros(batch_size, 1, towers.config.embed_dim, device=_device_of(towers))


def _device_of(network: nn.Module) -> torch.device:
    return next(network.parameters()).device


def tokens_of(names: ConditionSet) -> ConditionSet:
    """Those of them that the UNet attends to."""
    return names.intersection(TOKEN_CONDITIONS)
