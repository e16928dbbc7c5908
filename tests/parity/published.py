"""The published UNet: shapes of its tensors, and the small configuration the reference outputs are of."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import Tensor

from vcomp.models.config import UNetConfig

DATA = Path(__file__).parent
SMALL = UNetConfig(
    dim=32, multipliers=(1, 2), num_res_blocks=1, num_heads=2, head_dim=32, attention_scales=(1.0, 0.5)
)


def published_shapes(file_name: str) -> dict[str, tuple[int, ...]]:
    return {key: tuple(shape) for key, shape in json.loads((DATA / file_name).read_text()).items()}


def relative_error(ours: Tensor, reference: Tensor) -> float:
    return (torch.linalg.norm(ours - reference) / torch.linalg.norm(reference)).item()
