"""RAFT (Teed and Deng, ECCV 2020, arXiv 2003.12039), torchvision's, where its weights are at hand."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from vcomp.extractors.frames import check_frames
from vcomp.media.clip import Frames
from vcomp.media.pixels import to_tensor
from vcomp.models.system import load_exactly
from vcomp.weights.loading import read_checkpoint

STRIDE_PX, MIN_SIDE_PX = 8, 128  # of what the network takes


def raft_from(path: Path) -> nn.Module:
    """The network of a weight file of torchvision's `raft_small` or `raft_large`, in evaluation mode.

    Raises:
        WeightsError: The file is missing, damaged or another network's.
    """
    from torchvision.models.optical_flow import raft_large, raft_small

    state = read_checkpoint(path, expected="torchvision's RAFT")
    is_large = any(name.startswith("mask_predictor") for name in state)
    network: nn.Module = (raft_large if is_large else raft_small)(weights=None, progress=False)
    load_exactly(network, state, source=str(path))
    return network.eval().requires_grad_(False)


def raft_flow(frames: Frames, *, model: nn.Module, device: torch.device) -> Float[Tensor, "2 f h w"]:
    """Motion of each pixel, with the sign, the grid and the still frame 0 of `dense_flow`.

    Raises:
        MediaError: If there are no frames.
    """
    check_frames(frames)
    num_frames, height, width = frames.shape[:3]
    pictures = rearrange(to_tensor(frames), "c f h w -> f 1 c h w")
    bottom = max(MIN_SIDE_PX - height, -height % STRIDE_PX)
    right = max(MIN_SIDE_PX - width, -width % STRIDE_PX)
    flow = torch.zeros(2, num_frames, height, width)
    with torch.inference_mode():
        padded = [F.pad(picture, (0, right, 0, bottom), mode="replicate").to(device) for picture in pictures]
        for index, (previous, current) in enumerate(pairwise(padded), start=1):
            # Asked on the current frame's grid, it tells where that came from: our motion reversed.
            flow[:, index] = -model(current, previous)[-1][0, :, :height, :width].cpu()
    return flow
