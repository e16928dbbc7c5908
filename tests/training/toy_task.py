"""A task that is learnt in no time, yet draws random numbers where real tasks do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn


class ToyTask:
    """Fit a line through noisy points, with dropout."""

    name = "toy"

    def __init__(
        self, *, on_loss: Callable[[], None] = lambda: None, dtype: torch.dtype = torch.float32
    ) -> None:
        torch.manual_seed(0)
        self.model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.2), nn.Linear(8, 1)).to(dtype)
        self.on_loss, self.dtype = on_loss, dtype

    def draw(self, step: int) -> Tensor:
        return torch.randn(16, 4, generator=torch.Generator().manual_seed(step))

    def loss(self, batch: Tensor) -> Tensor:
        self.on_loss()
        noisy = batch + 0.1 * torch.randn_like(batch)
        prediction = self.model(noisy.to(self.dtype)).float()
        return (prediction - batch.sum(-1, keepdim=True)).square().mean()

    def size(self, batch: Tensor) -> int:
        return len(batch)

    def preview(self, path: Path) -> None:
        assert not self.model.training
        path.write_text(str(self.model[0].weight.sum().item()))
