"""All condition sets of guidance in one pass of the UNet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from einops import rearrange, repeat
from jaxtyping import Float
from torch import Tensor

from vcomp.diffusion.guidance import ConditionSet
from vcomp.engine.denoising import ConditionedUNet
from vcomp.models.unet import ContextKV


@dataclass(frozen=True, eq=False)
class BatchedUNet:
    """A `ConditionedUNet` that evaluates several condition sets side by side in the batch.

    Args:
        conditioned: What is evaluated.
        sets: The condition sets, in the order of the batch.
    """

    conditioned: ConditionedUNet
    sets: tuple[ConditionSet, ...]

    def __call__(
        self, latents: Float[Tensor, "b 4 f h w"], timesteps: Float[Tensor, " b"]
    ) -> dict[ConditionSet, Float[Tensor, "b 4 f h w"]]:
        """The prediction for each set; the same as one by one, but for rounding."""
        count = len(self.sets)
        prediction = self.conditioned.predict(
            repeat(latents, "b c f h w -> (s b) c f h w", s=count),
            timesteps.repeat(count),
            context=self._context,
            condition=self._condition(latents, timesteps),
        )
        parts = rearrange(prediction, "(s b) c f h w -> s b c f h w", s=count)
        return dict(zip(self.sets, parts, strict=True))

    @cached_property
    def _context(self) -> ContextKV:
        contexts = [self.conditioned.context(names).keys_values for names in self.sets]
        joined = (
            (torch.cat([k for k, _ in layer]), torch.cat([v for _, v in layer]))
            for layer in zip(*contexts, strict=True)
        )
        return ContextKV(tuple(joined))

    def _condition(self, latents: Tensor, timesteps: Tensor) -> Float[Tensor, "sb cc f h w"] | None:
        sums = [self.conditioned.condition(names, timesteps) for names in self.sets]
        given = [total for total in sums if total is not None]
        if not given:
            return None
        return torch.cat([torch.zeros_like(given[0]) if total is None else total for total in sums])
