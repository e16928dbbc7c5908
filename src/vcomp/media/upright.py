"""A decoded video frame as it is meant to be seen: RGB, square pixels, turned and mirrored as it says."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Turn:
    """From stored to shown, in whole quarter turns and mirrors.

    Args:
        transposed: Rows become columns, before anything else.
        across: 1, or -1 for mirrored left to right.
        down: 1, or -1 for upside down.
    """

    transposed: bool = False
    across: int = 1
    down: int = 1

    @classmethod
    def of(cls, frame: VideoFrame) -> Turn:
        """By a frame's display matrix, as far as that goes: x' = a x + c y, y' = b x + d y.

        Source: ISO/IEC 14496-12, 6.2.2. Ask one frame of a video, not all: PyAV keeps a frame whose side data
        was looked at, with its picture, until Python collects garbage.
        """
        side_data: Any = frame.side_data.get("DISPLAYMATRIX")
        if side_data is None:
            return cls()
        a, b, _, c, d, *_ = np.frombuffer(bytes(side_data), np.int32)[:9].tolist()
        transposed = abs(b) + abs(c) > abs(a) + abs(d)
        across, down = (c, b) if transposed else (a, d)
        return cls(transposed, -1 if across < 0 else 1, -1 if down < 0 else 1)

    def applied(self, pixels: Frame) -> Frame:
        """A stored picture as it is shown (a view)."""
        pixels = pixels.swapaxes(0, 1) if self.transposed else pixels
        return pixels[:: self.down, :: self.across]


def upright(frame: VideoFrame, turn: Turn, pixel_aspect: Fraction | None) -> Frame:
    """Convert a frame of any format to uint8 RGB `[h w 3]`; transparent parts lie over white.

    Args:
        frame: As decoded.
        turn: Of its video.
        pixel_aspect: Width over height of a stored pixel; None or what cannot be is taken as square.
    """
    if any(component.is_alpha for component in frame.format.components):
        pixels = over_white(frame.to_ndarray(format="rgba"))
    else:
        pixels = frame.to_ndarray(format="rgb24")
    return np.ascontiguousarray(turn.applied(_with_square_pixels(pixels, pixel_aspect)))


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
