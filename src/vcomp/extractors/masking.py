"""A video and a mask as the mask condition (arXiv 2306.02018, section 3.2)."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from vcomp.media.clip import Frames
from vcomp.media.pixels import to_tensor, white_of
from vcomp.media.resize import FitMode, fit


def white_areas(
    masks: Frames, *, source_size: tuple[int, int], size: tuple[int, int], mode: FitMode = "crop"
) -> Bool[Tensor, "f h w"]:
    """Where masks are white, at the size their video is brought to.

    A mask of another size or shape is for the whole picture: stretched to it, and then fitted like it. What
    padding adds is black, and so kept.
    """
    fitted = fit(fit(masks, source_size, "stretch"), size, mode)
    return torch.from_numpy(white_of(fitted))


def mask_condition(frames: Frames, white: Bool[np.ndarray, "f h w"] | Tensor) -> Float[Tensor, "4 f h w"]:
    """RGB in [-1,1] that is 0 where `white`, and the kept area: 1 where not.

    Args:
        frames: RGB of the size of `white`.
        white: Where the video is regenerated; one for each frame, or one for all.
    """
    kept = (~torch.as_tensor(white)).float()[None].expand(-1, len(frames), -1, -1)
    return torch.cat([to_tensor(frames) * kept, kept])
