"""Frames between those that were generated: a model makes few a second, a film shows many."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import floor
from typing import TypeAlias

import cv2
import numpy as np
from einops import rearrange
from jaxtyping import Float

from vcomp.extractors.flow import dense_flow
from vcomp.media.clip import Clip, Frame, Frames

_Motion: TypeAlias = Float[np.ndarray, "h w 2"]

_EXACT = 1e-3  # of a frame: as near as this, a frame is shown as it is
# Mean grey levels by which two frames may differ after one was moved onto the other. Above, something else is
# shown: a cut, which is no motion.
_CUT = 40.0


@dataclass
class Between:
    """A clip seen at any time.

    Two frames are moved towards each other along their dense flow, each by its share of the way, and mixed
    (Jiang et al., "Super SloMo", CVPR 2018, section 3.1, without its networks). After the last frame its
    motion goes on for as long as a frame lasts.
    """

    clip: Clip
    _flows: dict[int, tuple[_Motion, _Motion] | None] = field(default_factory=dict)

    def at(self, time_s: float) -> Frame:
        """uint8 RGB `[h w 3]` at a time from the first frame on."""
        frames, position = self.clip.frames, max(time_s * self.clip.fps, 0.0)
        nearest = min(round(position), len(frames) - 1)
        if abs(position - nearest) < _EXACT or len(frames) == 1:
            return np.asarray(frames[nearest])
        first = min(floor(position), len(frames) - 2)
        flows = self._flow(first)
        if flows is None:
            return np.asarray(frames[nearest])
        return _moved(frames[first], frames[first + 1], *flows, share=min(position - first, 2.0))

    def _flow(self, first: int) -> tuple[_Motion, _Motion] | None:
        """Motion from a frame to the next, on the grid of each; None over a cut. Only the last is kept."""
        if first not in self._flows:
            pair = self.clip.frames[first : first + 2]
            leaving, arriving = -_flow(pair[::-1]), _flow(pair)
            error = np.abs(_warped(pair[0], -arriving).astype(np.float32) - pair[1]).mean()
            self._flows.clear()
            self._flows[first] = None if error > _CUT else (leaving, arriving)
        return self._flows[first]


def _moved(first: Frame, second: Frame, leaving: _Motion, arriving: _Motion, *, share: float) -> Frame:
    """The frame at `share` of the way from the first (0) to the second (1), or beyond it."""
    if share >= 1:
        return _warped(second, (1 - share) * arriving)
    # The motion of what is here now is known there only; that of the same place in both frames stands for it.
    motion = (1 - share) * leaving + share * arriving
    from_first = _warped(first, -share * motion).astype(np.float32)
    from_second = _warped(second, (1 - share) * motion).astype(np.float32)
    return np.asarray(np.rint(from_first + share * (from_second - from_first)), dtype=np.uint8)


def _warped(frame: Frame, offset: _Motion) -> Frame:
    """The frame with each pixel taken from `offset` (dx, dy) away."""
    height, width = frame.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    across, down = np.float32(x + offset[..., 0]), np.float32(y + offset[..., 1])
    return np.asarray(cv2.remap(frame, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _flow(pair: Frames) -> _Motion:
    """Motion on the second frame's grid: what is at p there was at p - d in the first."""
    return np.asarray(rearrange(dense_flow(np.ascontiguousarray(pair))[:, 1].numpy(), "c h w -> h w c"))
