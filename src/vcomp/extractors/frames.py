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

# Frames a network sees at once. On a CPU one keeps the cores busy, and its features are small enough for the
# allocator to use their memory again: those of four were new pages for every layer, at twice the time.
_CHUNK_FRAMES_CPU = 1
_CHUNK_FRAMES_ELSEWHERE = 4


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
    length = _CHUNK_FRAMES_CPU if device.type == "cpu" else _CHUNK_FRAMES_ELSEWHERE
    chunks = []
    with torch.inference_mode():
        for start in range(0, len(frames), length):
            batch = rearrange(to_tensor(frames[start : start + length]), "c f h w -> f c h w")
            # Networks of few channels are several times as fast with the channels last.
            batch = batch.to(device).contiguous(memory_format=torch.channels_last)
            chunks.append(estimate(batch).float().cpu())
    # A clone taken outside inference mode is an ordinary tensor, which training may use too.
    return rearrange(torch.cat(chunks), "f 1 h w -> 1 f h w").clone()
