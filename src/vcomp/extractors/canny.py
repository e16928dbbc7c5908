"""Canny's edges (IEEE PAMI 1986), with thresholds that follow the picture's contrast."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from vcomp.extractors.frames import check_frames
from vcomp.media.clip import Frames

BLUR_SIGMA_PX = 1.0
# Quantiles of the gradient's magnitude: an edge starts where it is steepest, and goes on while it is steep.
START, GO_ON = 0.94, 0.85
FLATTEST = 24.0  # of the gradient's magnitude: what is below is noise, in however flat a picture


def canny_sketch(frames: Frames) -> Float[Tensor, "1 f h w"]:
    """Edges one pixel wide, 0 or 1, bright on dark.

    Raises:
        MediaError: If there are no frames.
    """
    check_frames(frames)
    lines = []
    for frame in frames:
        grey = cv2.GaussianBlur(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), (0, 0), BLUR_SIGMA_PX)
        dx, dy = cv2.Sobel(grey, cv2.CV_16S, 1, 0), cv2.Sobel(grey, cv2.CV_16S, 0, 1)
        steepness = np.hypot(dx.astype(np.float32), dy)
        high = max(float(np.quantile(steepness, START)), FLATTEST)
        low = max(float(np.quantile(steepness, GO_ON)), FLATTEST / 2)
        lines.append(cv2.Canny(dx, dy, low, high, L2gradient=True))
    return torch.from_numpy(np.stack(lines)[None].astype(np.float32) / 255)
