"""The conditions of one video, checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from vcomp.conditions.spec import CONDITIONS, FRAME_CONDITIONS, ConditionSpec
from vcomp.errors import ConditionError
from vcomp.media.clip import Frame

# Interpolation and half precision may overshoot a range by this share of it.
TOLERANCE = 0.01


@dataclass(frozen=True, kw_only=True, eq=False)
class Conditions:
    """Any combination of conditions; what is None is left to the model.

    Sizes and lengths are free: `vcomp.conditions.packing.pack` brings all to those of the video.

    Args:
        text: A caption.
        style: A picture whose look to take, uint8 RGB `[h w 3]`.
        image: The first frame, RGB in [0,1].
        single_sketch: The first frame's edges in [0,1], bright on dark.
        sketch: The edges of every frame, likewise.
        depth: Inverse depth of every frame, larger is nearer, in the unit of the model's own estimator.
        motion: (dx, dy) of every frame from the one before, in pixels per frame at this tensor's size.
        mask: RGB in [-1,1] that is 0 where regenerated, and the kept area in [0,1].

    Raises:
        ConditionError: A tensor has another shape, or values out of its range.
    """

    text: str | None = None
    style: Frame | None = None
    image: Float[Tensor, "3 1 h w"] | None = None
    single_sketch: Float[Tensor, "1 1 h w"] | None = None
    sketch: Float[Tensor, "1 f h w"] | None = None
    depth: Float[Tensor, "1 f h w"] | None = None
    motion: Float[Tensor, "2 f h w"] | None = None
    mask: Float[Tensor, "4 f h w"] | None = None

    def __post_init__(self) -> None:
        if self.style is not None and (
            self.style.dtype != np.uint8 or self.style.ndim != 3 or self.style.shape[-1] != 3
        ):
            raise ConditionError(
                f"The style is a uint8 picture [h w 3], not {self.style.dtype} {list(self.style.shape)}."
            )
        for name, tensor in self.tensors().items():
            _check(CONDITIONS[name], tensor)

    def tensors(self) -> dict[str, Float[Tensor, "c f h w"]]:
        """The conditions given that go through an STC-encoder, by name, in the order of the specs."""
        given: dict[str, Tensor | None] = {name: getattr(self, name) for name in FRAME_CONDITIONS}
        return {name: tensor for name, tensor in given.items() if tensor is not None}

    @property
    def names(self) -> frozenset[str]:
        """The names of all conditions given; an empty caption is none."""
        tokens = {"text"} if self.text else set()
        if self.style is not None:
            tokens.add("style")
        return frozenset(tokens | self.tensors().keys())


def _check(spec: ConditionSpec, tensor: Tensor) -> None:
    name, shape = spec.name, list(tensor.shape)
    if tensor.ndim != 4 or tensor.shape[0] != spec.channels or 0 in tensor.shape:
        raise ConditionError(f"Condition {name} is a tensor [{spec.channels} f h w], not {shape}.")
    if spec.kind == "spatial" and tensor.shape[1] != 1:
        raise ConditionError(f"Condition {name} is one picture, not {tensor.shape[1]} frames.")
    if not tensor.is_floating_point() or not bool(torch.isfinite(tensor).all()):
        raise ConditionError(f"Condition {name} holds values that are not finite numbers.")
    if spec.limits is None:
        return
    low, high = spec.limits
    margin = TOLERANCE * (high - low)
    least, most = tensor.min().item(), tensor.max().item()
    if least < low - margin or most > high + margin:
        raise ConditionError(
            f"Condition {name} ranges from {least:.3g} to {most:.3g}.",
            hint=f"Its values ({spec.unit}) lie between {low:g} and {high:g}.",
        )
