"""All condition sets of guidance in one pass of the UNet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from einops import rearrange, repeat
from jaxtyping import Float
from torch import Tensor

from vcomp.diffusion.guidance import ConditionSet, Guidance, guided_at_once, guided_denoise
from vcomp.diffusion.prediction import Denoise
from vcomp.engine.denoising import ConditionedUNet, tokens_of
from vcomp.models.unet import ContextKV


@dataclass(frozen=True, eq=False)
class BatchedUNet:
    """A `ConditionedUNet` that evaluates several condition sets side by side in the batch.

    Args:
        conditioned: What is evaluated.
        sets: The condition sets, in the order of the batch.
        context: Of all of them, in that order.
    """

    conditioned: ConditionedUNet
    sets: tuple[ConditionSet, ...]
    context: ContextKV

    def __call__(
        self, latents: Float[Tensor, "b c f h w"], timesteps: Float[Tensor, " b"]
    ) -> dict[ConditionSet, Float[Tensor, "b c f h w"]]:
        """The prediction for each set; the same as one by one, but for rounding."""
        count = len(self.sets)
        prediction = self.conditioned.predict(
            repeat(latents, "b c f h w -> (s b) c f h w", s=count),
            timesteps.repeat(count),
            context=self.context,
            condition=self._condition(latents, timesteps),
        )
        parts = rearrange(prediction, "(s b) c f h w -> s b c f h w", s=count)
        return dict(zip(self.sets, parts, strict=True))

    def _condition(self, latents: Tensor, timesteps: Tensor) -> Float[Tensor, "sb cc f h w"] | None:
        sums = [self.conditioned.condition(names, timesteps) for names in self.sets]
        given = [total for total in sums if total is not None]
        if not given:
            return None
        return torch.cat([torch.zeros_like(given[0]) if total is None else total for total in sums])


def with_guidance(
    guidance: Guidance, contexts: Mapping[ConditionSet, ContextKV], *, batched: bool
) -> Callable[[ConditionedUNet], Denoise]:
    """What makes a `Denoise` of a UNet with its conditions: one pass for all condition sets, or one for each.

    Args:
        guidance: Between condition sets.
        contexts: Of all sets of text and style.
        batched: Whether in one pass.
    """
    sets = tuple(guidance.weights)
    if not batched or len(sets) == 1:
        return partial(guided_denoise, guidance=guidance)
    context = _joined([contexts[tokens_of(names)] for names in sets])
    return lambda conditioned: guided_at_once(BatchedUNet(conditioned, sets, context), guidance)


def _joined(contexts: Sequence[ContextKV]) -> ContextKV:
    """Contexts of several condition sets, one after another in the batch."""
    joined = (
        (torch.cat([k for k, _ in layer]), torch.cat([v for _, v in layer]))
        for layer in zip(*(context.keys_values for context in contexts), strict=True)
    )
    pooled = [context.pooled for context in contexts if context.pooled is not None]
    return ContextKV(tuple(joined), torch.cat(pooled) if pooled else None)
