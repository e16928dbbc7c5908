"""A decoded video frame as it is meant to be seen: RGB, square pixels, turned and mirrored as it says."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from vcomp.media.clip import Frame
from vcomp.media.pictures import over_white
from vcomp.media.resize import fit

if TYPE_CHECKING:
    from av.video import VideoFrame

# Beyond this a pixel's shape is a broken header, not an anamorphic film (CinemaScope's is 2).
MAX_PIXEL_ASPECT = 4


def upright(frame: VideoFrame, pixel_aspect: Fraction | None) -> Frame:
    """Convert a frame of any format to uint8 RGB `[h w 3]`; transparent parts lie over white.

    Args:
        frame: As decoded.
        pixel_aspect: Width over height of a stored pixel; None or what cannot be is taken as square.
    """
    if any(component.is_alpha for component in frame.format.components):
        pixels = over_white(frame.to_ndarray(format="rgba"))
    else:
        pixels = frame.to_ndarray(format="rgb24")
    return np.ascontiguousarray(_turned(_with_square_pixels(pixels, pixel_aspect), frame))


def _with_square_pixels(pixels: Frame, pixel_aspect: Fraction | None) -> Frame:
    """Widen, or heighten, so that nothing stored is lost."""
    if not pixel_aspect or not 1 / MAX_PIXEL_ASPECT <= pixel_aspect <= MAX_PIXEL_ASPECT:
        return pixels
    height, width, _ = pixels.shape
    if pixel_aspect >= 1:
        size = (round(width * pixel_aspect), height)
    else:
        size = (width, round(height / pixel_aspect))
    return np.asarray(fit(pixels[None], size, "stretch")[0])


def _turned(pixels: Frame, frame: VideoFrame) -> Frame:
    """Apply the display matrix (ISO/IEC 14496-12, 6.2.2), as far as whole quarter turns and mirrors go.

    It leads from stored to shown: x' = a x + c y, y' = b x + d y.
    """
    side_data: Any = frame.side_data.get("DISPLAYMATRIX")
    if side_data is None:
        return pixels
    a, b, _, c, d, *_ = np.frombuffer(bytes(side_data), np.int32)[:9].tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):
        pixels, across, down = pixels.swapaxes(0, 1), c, b
    else:
        across, down = a, d
    return pixels[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1]
