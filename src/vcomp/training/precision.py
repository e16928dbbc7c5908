"""Parameters in bfloat16 for the arithmetic, in float32 for the optimiser."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from vcomp.errors import WeightsError


class MasterWeights:
    """AdamW on float32 copies of a model's parameters, with an exponential moving average of them.

    bfloat16 keeps 8 bits of mantissa: an update a thousandth of a weight's size would be lost in it, hence
    the copies (Micikevicius et al., arXiv 1710.03740, section 3.1).

    Args:
        model: Its parameters hold the rounded values, in the arithmetic's dtype.
        learning_rate: Peak learning rate.
        weight_decay: Applied to matrices and kernels only.
        ema_decay: Upper bound of the average's decay; it grows with the step as ``(1 + step) / (10 + step)``.
    """

    def __init__(
        self, model: nn.Module, *, learning_rate: float, weight_decay: float, ema_decay: float
    ) -> None:
        self.parameters = [p for p in model.parameters() if p.requires_grad]
        self.names = [name for name, p in model.named_parameters() if p.requires_grad]
        self.masters = [p.detach().float().clone() for p in self.parameters]
        self.average = [m.clone() for m in self.masters]
        self.ema_decay = ema_decay
        decayed = [m for m in self.masters if m.ndim > 1]
        kept = [m for m in self.masters if m.ndim <= 1]
        self.optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": weight_decay}, {"params": kept, "weight_decay": 0.0}],
            lr=learning_rate,
            betas=(0.9, 0.99),
            fused=True,
        )

    def step(self, *, step: int, learning_rate: float, clip_norm: float) -> float:
        """One update from the gradients in the model; returns their norm before clipping.

        A step whose gradients are not finite is skipped: one bad batch must not end a run of hours.
        """
        for master, parameter in zip(self.masters, self.parameters, strict=True):
            master.grad = torch.zeros_like(master) if parameter.grad is None else parameter.grad.float()
            parameter.grad = None
        norm = float(nn.utils.clip_grad_norm_(self.masters, clip_norm))
        if not math.isfinite(norm):
            return norm
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.optimizer.step()
        decay = min(self.ema_decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self.average, self.masters, 1 - decay)
        self._publish(self.masters)
        return norm

    def _publish(self, values: list[Tensor]) -> None:
        with torch.no_grad():
            for parameter, value in zip(self.parameters, values, strict=True):
                parameter.copy_(value)

    def use_average(self) -> None:
        """Put the averaged weights into the model, to sample from it or to save it."""
        self._publish(self.average)

    def use_current(self) -> None:
        """Put the weights under training back into the model."""
        self._publish(self.masters)

    def averaged_state(self) -> dict[str, Tensor]:
        """The averaged float32 weights under the model's parameter names."""
        return dict(zip(self.names, self.average, strict=True))

    def assign(self, parameters: Mapping[str, Tensor]) -> None:
        """Set weights and average to ``parameters``, by name.

        Raises:
            WeightsError: Names or shapes are not those of the model.
        """
        self._check(parameters)
        for own in (self.masters, self.average):
            for name, tensor in zip(self.names, own, strict=True):
                tensor.copy_(parameters[name])
        self.use_current()

    def _check(self, parameters: Mapping[str, Tensor]) -> None:
        """Without it, `copy_` would broadcast a tensor of another shape."""
        own = {name: tuple(tensor.shape) for name, tensor in zip(self.names, self.masters, strict=True)}
        given = {name: tuple(tensor.shape) for name, tensor in parameters.items()}
        wrong = sorted(name for name in own.keys() | given.keys() if own.get(name) != given.get(name))
        if wrong:
            first = wrong[0]
            raise WeightsError(
                f"These weights are of another model: {len(wrong)} parameters differ, as {first} "
                f"(need {own.get(first)}, got {given.get(first)}).",
                hint="Train in another folder.",
            )

    def state_dict(self) -> dict[str, object]:
        """What an exact resume needs beside :meth:`averaged_state`."""
        return {"masters": self.masters, "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: dict[str, object], averaged: dict[str, Tensor]) -> None:
        """Continue from :meth:`state_dict` and :meth:`averaged_state`.

        Raises:
            WeightsError: They are of another model.
        """
        self._check(averaged)
        saved = state["masters"]
        assert isinstance(saved, list)
        for tensor, value in zip(self.masters, saved, strict=True):
            tensor.copy_(value)
        for name, tensor in zip(self.names, self.average, strict=True):
            tensor.copy_(averaged[name])
        optimizer_state = state["optimizer"]
        assert isinstance(optimizer_state, dict)
        self.optimizer.load_state_dict(optimizer_state)
        self.use_current()
