"""uint8 pixels as tensors in [-1, 1], and back; which of them are white."""

from __future__ import annotations

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor

from vcomp.media.clip import Frames

MID_GREY = 127


def to_tensor(frames: Frames) -> Float[Tensor, "3 f h w"]:
    """uint8 RGB `[f h w 3]` to float32 `[3 f h w]` in [-1, 1] (0 becomes -1, 255 becomes 1), on the CPU."""
    pixels = torch.from_numpy(np.ascontiguousarray(frames))
    return rearrange(pixels, "f h w c -> c f h w").float().div(127.5).sub(1).contiguous()


def to_frames(tensor: Float[Tensor, "3 f h w"]) -> Frames:
    """Float `[3 f h w]` in [-1, 1], any precision or device, to uint8 RGB `[f h w 3]`: rounded, clamped."""
    levels = tensor.detach().float().add(1).mul(127.5).round().clamp(0, 255)
    pixels: Frames = rearrange(levels, "c f h w -> f h w c").to("cpu", torch.uint8).contiguous().numpy()
    return pixels


def white_of(frames: Frames) -> Bool[np.ndarray, "f h w"]:
    """Where the frames of a mask are white: where any channel is above the middle grey."""
    return np.asarray(frames.max(axis=-1) > MID_GREY)
