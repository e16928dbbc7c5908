"""Muon for many small matrices (arXiv 2502.16982)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor

_STEPS, _COEFFICIENTS = 5, (3.4445, -4.7750, 2.0315)  # as torch.optim.Muon has them


class BatchedMuon(torch.optim.Optimizer):
    """`torch.optim.Muon`, equal but for rounding, that makes all matrices of one shape orthogonal together.

    A small UNet has hundreds of matrices, and one by one they take as long as the rest of a training step.

    Args:
        matrices: Two-dimensional.
        lr: Learning rate on AdamW's scale (equation 4 of the paper).
        weight_decay: As AdamW's.
        momentum: Of the gradients' average, used in Nesterov's way.
    """

    def __init__(
        self, matrices: Iterable[Tensor], *, lr: float, weight_decay: float, momentum: float = 0.95
    ) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # nothing here has a closure
        """One update from the matrices' gradients."""
        for group in self.param_groups:
            rate, decay = group["lr"], group["weight_decay"]
            for matrices in _by_shape(group["params"]):
                updates = orthogonalised(torch.stack([self._ahead(m, group["momentum"]) for m in matrices]))
                scale = 0.2 * max(matrices[0].shape) ** 0.5
                torch._foreach_mul_(matrices, 1 - rate * decay)
                torch._foreach_add_(matrices, [*updates.float()], alpha=-rate * scale)

    def _ahead(self, matrix: Tensor, momentum: float) -> Tensor:
        """The gradient, averaged and looked ahead."""
        assert matrix.grad is not None
        state = self.state[matrix]
        if "average" not in state:
            state["average"] = torch.zeros_like(matrix)
        average = state["average"].lerp_(matrix.grad, 1 - momentum)
        return torch.lerp(matrix.grad, average, momentum)


def orthogonalised(matrices: Tensor) -> Tensor:
    """The nearest orthogonal matrices, roughly, by Newton and Schulz's iteration in bfloat16.

    Args:
        matrices: ``[n h w]``.
    """
    wide = matrices.bfloat16() if matrices.shape[1] <= matrices.shape[2] else matrices.bfloat16().mT
    wide = wide / wide.flatten(1).norm(dim=1).clamp(min=1e-7)[:, None, None]
    a, b, c = _COEFFICIENTS
    for _ in range(_STEPS):
        gram = wide @ wide.mT
        wide = torch.baddbmm(wide, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), wide, beta=a)
    return wide if matrices.shape[1] <= matrices.shape[2] else wide.mT


def _by_shape(matrices: list[Tensor]) -> list[list[Tensor]]:
    shapes: dict[torch.Size, list[Tensor]] = defaultdict(list)
    for matrix in matrices:
        shapes[matrix.shape].append(matrix)
    return [*shapes.values()]
