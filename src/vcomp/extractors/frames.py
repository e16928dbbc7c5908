"""What the extractors that run a network over frames have in common."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from vcomp.errors import MediaError
from vcomp.media.clip import Frames
from vcomp.media.pixels import to_tensor

# Frames a network sees at once: enough to keep the cores busy, few enough that 720p frames fit in a gigabyte.
CHUNK_FRAMES = 4


def check_frames(frames: Frames) -> None:
    """Raise unless `frames` is a non-empty uint8 RGB clip.

    Raises:
        ValueError: For another dtype or number of axes.
        MediaError: If there is no frame, or the frames have no pixels.
    """
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] != 3:
        raise ValueError(f"frames must be uint8 [f h w 3], not {frames.dtype} {list(frames.shape)}.")
    if not frames.size:
        raise MediaError("The clip has no frames.", hint="Check that the file holds a video or a picture.")


def map_frames(
    frames: Frames,
    estimate: Callable[[Float[Tensor, "b 3 h w"]], Float[Tensor, "b 1 h w"]],
    *,
    device: torch.device,
) -> Float[Tensor, "1 f h w"]:
    """Apply `estimate`, which takes RGB in [-1,1] on `device`, to a few frames at a time; gather on the CPU.

    Raises:
        ValueError: If `frames` is not a uint8 RGB clip.
        MediaError: If it is empty.
    """
    check_frames(frames)
    chunks = []
    with torch.inference_mode():
        for start in range(0, len(frames), CHUNK_FRAMES):
            batch = rearrange(to_tensor(frames[start : start + CHUNK_FRAMES]), "c f h w -> f c h w")
            chunks.append(estimate(batch.to(device)).float().cpu())
    # A clone taken outside inference mode is an ordinary tensor, which training may use too.
    return rearrange(torch.cat(chunks), "f 1 h w -> 1 f h w").clone()
