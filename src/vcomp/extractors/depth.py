"""Depth of every frame: the depth condition of VideoComposer (arXiv 2306.02018, section 3.2)."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from vcomp.extractors.frames import map_frames
from vcomp.media.clip import Frames
from vcomp.models.depth import DepthEstimator


def extract_depth(frames: Frames, *, model: DepthEstimator, device: torch.device) -> Float[Tensor, "1 f h w"]:
    """Inverse depth of each frame, larger = nearer, in the estimator's own unit ([0,1] for `DepthNet`).

    Args:
        frames: RGB of any size.
        model: On `device`, in evaluation mode.
        device: Where to run it.

    Raises:
        MediaError: If there are no frames.
    """
    return map_frames(frames, model, device=device)
