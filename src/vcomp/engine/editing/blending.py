"""Generated pixels into a source, which outside the mask stays what it is, to the last bit."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from jaxtyping import Float

from vcomp.conditions.easing import smoothstep
from vcomp.engine.editing.area import Box
from vcomp.engine.editing.canvas import White
from vcomp.media.clip import Frame

_TINT = (255, 0, 170)  # a colour that few videos have
_TINT_SHARE = 0.55


def opacity(white: White, feather_px: float) -> Float[np.ndarray, "h w"]:
    """How much of the generated is seen: 0 outside the mask, rising to 1 over so many pixels inside it.

    The border of the picture is no border of the mask: nothing fades there.
    """
    mask = white.astype(np.uint8)
    if not feather_px:
        return mask.astype(np.float32)
    # The first pixel inside is at distance 1, which has to be above 0.
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return smoothstep(distance / (feather_px + 1)).astype(np.float32)


@dataclass
class Blend:
    """Lays pictures of a box over frames, through masks.

    Args:
        box: Of the frames.
        feather_px: Over which they fade in, inside the mask.
    """

    box: Box
    feather_px: float
    _white: White | None = field(default=None, repr=False)
    _opacity: Float[np.ndarray, "h w 1"] | None = field(default=None, repr=False)

    def lay(self, made: Frame, frame: Frame, white: White) -> Frame:
        """The frame with `made`, of the size of the box, where it is white; a new array."""
        result = frame.copy()
        part = result[self.box.rows, self.box.columns]
        share = self._share(white)
        mixed = part + share * (made.astype(np.float32) - part)
        part[...] = np.rint(mixed)
        return result

    def _share(self, white: White) -> Float[np.ndarray, "h w 1"]:
        """One that stays is computed once."""
        if self._opacity is None or white is not self._white:
            inside = opacity(white, self.feather_px)[self.box.rows, self.box.columns]
            self._white, self._opacity = white, inside[..., None]
        return self._opacity


def tinted(frame: Frame, white: White, box: Box) -> Frame:
    """The frame with its mask in colour, and the outline of what the model sees."""
    result = frame.copy()
    tint = np.array(_TINT, np.float32) * _TINT_SHARE
    result[white] = np.rint(frame[white] * (1 - _TINT_SHARE) + tint)
    corner = (box.right - 1, box.bottom - 1)
    for colour, thick in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.rectangle(result, (box.left, box.top), corner, colour, thick)
    return result
