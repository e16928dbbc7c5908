"""The frame of an edited video, in which the source's lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from jaxtyping import Bool

from vcomp.engine.editing.area import Margins
from vcomp.media.clip import Frame

White: TypeAlias = Bool[np.ndarray, "h w"]
"""Where a frame is made anew."""


@dataclass(frozen=True)
class Canvas:
    """A source's frame and what outpainting adds around it.

    Args:
        source_size: Width and height of the source.
        margins: Pixels around it.
    """

    source_size: tuple[int, int]
    margins: Margins

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.margins.around(self.source_size)

    def place(self, frame: Frame) -> Frame:
        """The source in it, its outermost pixels repeated: a feathered seam needs something below it."""
        return np.asarray(frame) if self.margins == Margins() else self._bordered(frame, cv2.BORDER_REPLICATE)

    def place_white(self, white: White) -> White:
        """A mask of the source in it; what is added is white."""
        if self.margins == Margins():
            return white
        return self._bordered(white.astype(np.uint8), cv2.BORDER_CONSTANT, value=1).astype(bool)

    def _bordered(self, picture: Frame | White, border: int, *, value: int = 0) -> Frame:
        at = self.margins
        bordered = cv2.copyMakeBorder(picture, at.top, at.bottom, at.left, at.right, border, value=value)
        return np.asarray(bordered)
