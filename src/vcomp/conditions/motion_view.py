"""Motion before anything is generated from it: arrows over a picture beside its colours."""

from __future__ import annotations

import cv2
import numpy as np
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from vcomp.media.arrows import colour_wheel, flow_to_arrows
from vcomp.media.clip import Frame, Frames
from vcomp.media.preview import flow_to_rgb, full_speed
from vcomp.media.resize import fit

VIEW_HEIGHT_PX = 384  # about: small videos are shown larger by a whole factor
_GAP_PX = 8
_WHEEL = 1 / 5  # of the view's shorter side


def motion_rows(motion: Float[Tensor, "2 f h w"], picture: Frame | None = None) -> dict[str, Frames]:
    """Every frame's motion as arrows and as colours, enlarged where it is small.

    Args:
        motion: In pixels per frame.
        picture: What the arrows are drawn over, cropped to the motion's proportions; None is a dark board.
    """
    field = np.ascontiguousarray(rearrange(motion, "c f h w -> f h w c").float().numpy())
    num_frames, height, width, _ = field.shape
    factor = max(1, round(VIEW_HEIGHT_PX / height))
    size = (width * factor, height * factor)
    shown = np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_LINEAR) for frame in field])
    maximum = full_speed(field[1:] if num_frames > 1 else field)
    pictures = None if picture is None else np.repeat(fit(picture[None], size), num_frames, axis=0)
    return {
        "arrows": flow_to_arrows(shown, pictures=pictures, maximum=maximum),
        "colours": flow_to_rgb(shown, maximum=maximum),
    }


def side_by_side(rows: dict[str, Frames]) -> Frames:
    """The rows of `motion_rows` as one video, with the key to the colours in a corner."""
    arrows, colours = rows["arrows"], rows["colours"].copy()
    num_frames, height, width, _ = colours.shape
    wheel = colour_wheel(round(min(height, width) * _WHEEL))
    side = len(wheel)
    colours[:, height - side - _GAP_PX : height - _GAP_PX, width - side - _GAP_PX : width - _GAP_PX] = wheel
    gap = np.full((num_frames, height, _GAP_PX, 3), 255, np.uint8)
    return np.concatenate([arrows, gap, colours], axis=2)
