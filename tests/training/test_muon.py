"""Muon on batches of matrices, against torch's, which goes one by one."""

from __future__ import annotations

import torch
from torch import Tensor

from vcomp.training.muon import BatchedMuon, orthogonalised

SHAPES = ((48, 96), (96, 48), (48, 96), (64, 64), (48, 96))


def some(seed: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator) for shape in SHAPES]


def test_it_goes_where_muon_of_torch_goes() -> None:
    ours, theirs = some(0), some(0)
    options = {"lr": 0.02, "weight_decay": 0.1}
    batched = BatchedMuon(ours, **options)
    one_by_one = torch.optim.Muon(theirs, **options, adjust_lr_fn="match_rms_adamw")
    for seed in range(1, 5):
        for matrices in (ours, theirs):
            for matrix, gradient in zip(matrices, some(seed), strict=True):
                matrix.grad = gradient
        batched.step()
        one_by_one.step()
    for mine, other, start in zip(ours, theirs, some(0), strict=True):
        assert (mine - other).norm() < 0.02 * (other - start).norm()


def test_orthogonal_matrices_turn_in_all_directions_alike() -> None:
    for shape in ((3, 32, 80), (3, 80, 32)):
        spread = torch.linalg.svdvals(orthogonalised(torch.randn(shape)).float())
        assert 0.5 < spread.min() < spread.max() < 1.5


def test_no_gradient_moves_nothing() -> None:
    assert not orthogonalised(torch.zeros(2, 16, 16)).any()
