"""A mask of the first frame, carried along by dense optical flow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import cv2
import numpy as np
from einops import rearrange
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from vcomp.extractors.flow import dense_flow
from vcomp.media.clip import Frame, Frames
from vcomp.media.resize import fit

_Origins: TypeAlias = Float[np.ndarray, "h w 3"]
"""Where in the first frame a pixel came from (x, y), and 1; or 0, where it came from beyond the frame."""

# Flow of larger pictures is slower and no truer: the estimator looks at them this small first anyway.
WORKING_SIDE_PX = 360


def carried(white: Bool[np.ndarray, "h w"], frames: Iterable[Frame]) -> Iterator[Bool[np.ndarray, "h w"]]:
    """Where what `white` covers in the first frame is in every frame, as far as optical flow follows it.

    For each pixel the place in the first frame that it came from is kept, and the flow of every new frame
    is chained to it: the mask itself is sampled once and does not blur. What was hidden does not come back.

    Args:
        white: For the first frame.
        frames: RGB of the size of `white`, in order; a few at a time are in memory.
    """
    height, width = white.shape
    scale = min(1.0, WORKING_SIDE_PX / min(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    origins, before = np.dstack([_grid(size), np.ones(size[::-1], np.float32)]), None
    for frame in frames:
        small = fit(frame[None], size, "stretch")[0]
        if before is not None:
            origins = _chained(origins, np.stack([before, small]))
        before = small
        yield _sampled(white, origins)


def _grid(size: tuple[int, int]) -> NDArray[np.float32]:
    """Each pixel's own place (x, y)."""
    width, height = size
    return np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float32)


def _chained(origins: _Origins, pair: Frames) -> _Origins:
    """Origins of the second frame's pixels from those of the first's."""
    height, width = pair.shape[1:3]
    flow = rearrange(dense_flow(pair)[:, 1].numpy(), "c h w -> h w c")
    came_from = _grid((width, height)) - flow
    chained = cv2.remap(origins, came_from, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    last = np.array([width - 0.5, height - 0.5], np.float32)
    chained[((came_from < -0.5) | (came_from > last)).any(axis=-1), 2] = 0
    return np.asarray(chained)


def _sampled(white: Bool[np.ndarray, "h w"], origins: _Origins) -> Bool[np.ndarray, "h w"]:
    """The first frame's mask at the origins of all pixels, at its own size; nothing where there is none."""
    height, width = white.shape
    small_height, small_width = origins.shape[:2]
    full = cv2.resize(origins, (width, height), interpolation=cv2.INTER_LINEAR)
    scale = np.array([width / small_width, height / small_height], np.float32)
    places = (full[..., :2] + 0.5) * scale - 0.5
    mask = cv2.remap(white.astype(np.float32), places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray((mask > 0.5) & (full[..., 2] > 0.5))
