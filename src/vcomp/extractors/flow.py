"""Dense optical flow, in the form a codec gives motion."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from vcomp.extractors.frames import check_frames
from vcomp.media.clip import Frames

# OpenCV's DIS refuses pictures smaller than its patches; such are padded with their border.
MIN_SIDE_PX = 16


def dense_flow(frames: Frames) -> Float[Tensor, "2 f h w"]:
    """Motion of each pixel, in pixels per frame, channels (dx, dy), on the grid of the frame it arrives in.

    What is at p in frame i was at p - d in frame i-1, as a codec's motion vectors have it; dx points right
    and dy down. Frame 0 has nothing before it and is zero. The estimator is DIS (Kroeger et al., arXiv
    1603.03590), OpenCV's medium preset.

    Raises:
        MediaError: If there are no frames.
    """
    check_frames(frames)
    num_frames, height, width = frames.shape[:3]
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    bottom, right = max(MIN_SIDE_PX - height, 0), max(MIN_SIDE_PX - width, 0)
    grey = [
        cv2.copyMakeBorder(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), 0, bottom, 0, right, cv2.BORDER_REPLICATE)
        for frame in frames
    ]
    flow = np.zeros((num_frames, height, width, 2), dtype=np.float32)
    for index, (previous, current) in enumerate(pairwise(grey), start=1):
        # DIS answers on its first picture's grid: where the current frame came from, our motion reversed.
        flow[index] = -estimator.calc(current, previous, None)[:height, :width]
    return rearrange(torch.from_numpy(flow), "f h w c -> c f h w").contiguous()
