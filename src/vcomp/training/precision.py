"""Parameters in bfloat16 for the arithmetic, in float32 for the optimiser."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from vcomp.errors import WeightsError
from vcomp.training.muon import BatchedMuon

_ENDS = ("conv_in", "conv_out", "embedding", "context_pooling")
"""Parts of names of the UNet's layers between its features and latents, times or texts."""
_MIN_HIDDEN = 4096  # elements; smaller matrices are not worth Muon's time


class MasterWeights:
    """An optimiser on float32 copies of a model's parameters, with an exponential moving average of them.

    bfloat16 keeps 8 bits of mantissa: an update a thousandth of a weight's size would be lost in it, hence
    the copies (Micikevicius et al., arXiv 1710.03740, section 3.1).

    Args:
        model: Its parameters hold the rounded values, in the arithmetic's dtype.
        learning_rate: Peak learning rate.
        weight_decay: Applied to matrices and kernels only.
        ema_decay: Upper bound of the average's decay; it grows with the step as ``(1 + step) / (10 + step)``.
        muon: Train hidden matrices and kernels with Muon (arXiv 2502.16982, whose equation 4 lets it share
            AdamW's learning rate). AdamW trains all else.
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        learning_rate: float,
        weight_decay: float,
        ema_decay: float,
        muon: bool = False,
    ) -> None:
        named = {name: p for name, p in model.named_parameters() if p.requires_grad}
        self.names, self.parameters = [*named], [*named.values()]
        self.masters = [_contiguous_copy(p) for p in self.parameters]
        self.average = [m.clone() for m in self.masters]
        self.ema_decay = ema_decay
        hidden = [muon and _is_hidden(name, p) for name, p in named.items()]
        # Muon takes a kernel as a matrix from what one output sees to that output.
        self._learning = [m.flatten(1) if h else m for m, h in zip(self.masters, hidden, strict=True)]
        others = [m for m, h in zip(self._learning, hidden, strict=True) if not h]
        decayed, kept = [m for m in others if m.ndim > 1], [m for m in others if m.ndim <= 1]
        self._optimizers: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(
                [{"params": decayed, "weight_decay": weight_decay}, {"params": kept, "weight_decay": 0.0}],
                lr=learning_rate,
                betas=(0.9, 0.99),
                fused=True,
            )
        ]
        if any(hidden):
            matrices = [m for m, h in zip(self._learning, hidden, strict=True) if h]
            self._optimizers.append(BatchedMuon(matrices, lr=learning_rate, weight_decay=weight_decay))

    def step(self, *, step: int, learning_rate: float, clip_norm: float) -> float:
        """One update from the gradients in the model; returns their norm before clipping.

        A step whose gradients are not finite is skipped: one bad batch must not end a run of hours.
        """
        for learning, parameter in zip(self._learning, self.parameters, strict=True):
            gradient = torch.zeros_like(learning) if parameter.grad is None else parameter.grad.float()
            learning.grad = gradient.reshape(learning.shape).contiguous()
            parameter.grad = None
        norm = float(nn.utils.clip_grad_norm_(self._learning, clip_norm))
        if not math.isfinite(norm):
            return norm
        for optimizer in self._optimizers:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate
            optimizer.step()
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
        return {"masters": self.masters, "optimizers": [each.state_dict() for each in self._optimizers]}

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
        optimizer_states = state["optimizers"]
        assert isinstance(optimizer_states, list)
        for optimizer, optimizer_state in zip(self._optimizers, optimizer_states, strict=True):
            optimizer.load_state_dict(optimizer_state)
        self.use_current()


def _is_hidden(name: str, parameter: Tensor) -> bool:
    """Whether this is a matrix or kernel from features to features."""
    large = parameter.ndim > 1 and parameter.numel() >= _MIN_HIDDEN
    return large and not any(end in name for end in _ENDS)


def _contiguous_copy(parameter: Tensor) -> Tensor:
    return parameter.detach().float().clone(memory_format=torch.contiguous_format)
