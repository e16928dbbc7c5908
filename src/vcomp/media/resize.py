"""Frames of a size brought to another, stretched or cropped."""

from __future__ import annotations

from typing import Literal, TypeAlias

import cv2
import numpy as np

from vcomp.errors import UsageError
from vcomp.media.clip import Frames

FitMode: TypeAlias = Literal["crop", "pad", "stretch"]


def fit(frames: Frames, size: tuple[int, int], mode: FitMode = "crop") -> Frames:
    """Bring frames to a size.

    Shrinking averages areas, enlarging is cubic. Frames that have the size already are returned as they are.

    Args:
        frames: uint8 RGB `[f h w 3]`.
        size: Width and height in pixels.
        mode: `crop` fills the size and cuts what hangs over, evenly on both sides; `pad` shows everything,
            with black at the sides; `stretch` ignores the proportions.

    Raises:
        UsageError: if the size is not positive or the mode unknown.
    """
    w, h = size
    if w < 1 or h < 1:
        raise UsageError(f"The size is {w}x{h}.", hint="Width and height are at least 1 pixel.")
    if frames.shape[1:3] == (h, w):
        return frames
    match mode:
        case "crop":
            return _resized(_centre_crop(frames, w / h), w, h)
        case "pad":
            return _padded(frames, w, h)
        case "stretch":
            return _resized(frames, w, h)
    raise UsageError(f"The fit is {mode!r}.", hint="It is one of crop, pad, stretch.")


def _resized(frames: Frames, w: int, h: int) -> Frames:
    shrinks = w * h < frames.shape[1] * frames.shape[2]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.stack([cv2.resize(frame, (w, h), interpolation=interpolation) for frame in frames])


def _centre_crop(frames: Frames, aspect: float) -> Frames:
    _, h, w, _ = frames.shape
    kept_w = min(w, max(1, round(h * aspect)))
    kept_h = min(h, max(1, round(w / aspect)))
    left, top = (w - kept_w) // 2, (h - kept_h) // 2
    return frames[:, top : top + kept_h, left : left + kept_w]


def _padded(frames: Frames, w: int, h: int) -> Frames:
    num_frames, source_h, source_w, _ = frames.shape
    scale = min(w / source_w, h / source_h)
    inner_w, inner_h = max(1, round(source_w * scale)), max(1, round(source_h * scale))
    left, top = (w - inner_w) // 2, (h - inner_h) // 2
    padded = np.zeros((num_frames, h, w, 3), dtype=np.uint8)
    padded[:, top : top + inner_h, left : left + inner_w] = _resized(frames, inner_w, inner_h)
    return padded
