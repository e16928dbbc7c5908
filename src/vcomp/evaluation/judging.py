"""Kinds of objects and styles of frames, by a classifier that learned from drawn frames alone."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from einops import rearrange

from vcomp.data.vocabulary import SHAPES, STYLES
from vcomp.media.clip import Frames
from vcomp.media.pixels import to_tensor
from vcomp.models.judge import Judge
from vcomp.models.system import load_exactly
from vcomp.weights import read_tensors

JUDGE_PATH = Path(__file__).with_name("judge.safetensors")
"""Its weights; `benchmarks/judge.py` trains them."""

SIDE_PX = 128


class Judged(NamedTuple):
    """What frames show: a name in `SHAPES` and one in `STYLES`."""

    kind: str
    style: str


@cache
def bundled_judge() -> Judge:
    """The classifier that comes with the package.

    Raises:
        WeightsError: Its weights are missing or damaged.
    """
    judge = Judge(num_kinds=len(SHAPES), num_styles=len(STYLES))
    load_exactly(judge, read_tensors(JUDGE_PATH), source=str(JUDGE_PATH))
    return judge.eval().requires_grad_(False)


@torch.inference_mode()
def judged(frames: Frames) -> Judged:
    """The kind and the style that are likeliest for all frames together, of a scene with one plain shape."""
    pixels = rearrange(to_tensor(frames), "c f h w -> f c h w")
    if pixels.shape[-2:] != (SIDE_PX, SIDE_PX):
        pixels = F.interpolate(pixels, (SIDE_PX, SIDE_PX), mode="bilinear", antialias=True)
    kind, style = (logits.log_softmax(dim=1).mean(dim=0) for logits in bundled_judge()(pixels))
    return Judged(SHAPES[int(kind.argmax())], STYLES[int(style.argmax())])
