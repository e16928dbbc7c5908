"""Edges of every frame: the sketch conditions of VideoComposer (arXiv 2306.02018, section 3.2)."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from vcomp.errors import MediaError
from vcomp.extractors.frames import map_frames
from vcomp.media.clip import Frames
from vcomp.models.pidinet import edges

MIN_SIDE_PX = 8  # PiDiNet halves its input three times


def extract_sketch(frames: Frames, *, model: nn.Module, device: torch.device) -> Float[Tensor, "1 f h w"]:
    """PiDiNet's edge probability of each frame: in [0,1], bright edges on dark.

    The preprocessing is that of gen_sketch.py in ali-vilab/videocomposer, which works at 384 pixels a side;
    here the frames' own size is kept, so resize them first where another scale of detail is wanted.

    Args:
        frames: RGB, at least 8 pixels a side.
        model: From `build_pidinet`, in evaluation mode, on `device`.
        device: Where to run it.

    Raises:
        MediaError: If there are no frames, or they are smaller than that.
    """
    height, width = frames.shape[1:3]
    if 0 < min(height, width) < MIN_SIDE_PX:
        raise MediaError(
            f"A picture of {width}x{height} pixels is too small to find edges in.",
            hint=f"Both sides must be at least {MIN_SIDE_PX} pixels.",
        )
    return map_frames(frames, lambda batch: edges(model, (batch + 1) / 2), device=device)
