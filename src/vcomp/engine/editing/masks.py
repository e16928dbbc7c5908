"""The masks of a video: one for all frames, or one for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice, repeat
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from vcomp.engine.editing.area import Area, Box
from vcomp.engine.editing.canvas import Canvas, White
from vcomp.engine.editing.footage import Footage
from vcomp.errors import ConditionError, UsageError
from vcomp.extractors.tracking import carried
from vcomp.media.clip import Frame
from vcomp.media.pixels import white_of
from vcomp.media.read import iter_frames, media_kind, read_picture
from vcomp.media.resize import fit


class Masks(Protocol):
    """Where every frame is made anew."""

    @property
    def anywhere(self) -> White:
        """Where any frame is."""

    def frames(self) -> Iterator[White]:
        """One for each frame of the video, the last one on and on."""


@dataclass(frozen=True, eq=False)
class StillMask:
    """The same for every frame."""

    anywhere: White

    def frames(self) -> Iterator[White]:
        """Without end."""
        return repeat(self.anywhere)


@dataclass(frozen=True, eq=False)
class MovingMasks:
    """One for each frame, kept as PNGs: those of a minute take a few megabytes."""

    anywhere: White
    pictures: tuple[bytes, ...]

    @classmethod
    def of(cls, masks: Iterator[White]) -> MovingMasks:
        """Of one frame or more."""
        first = next(masks)
        anywhere, pictures = first.copy(), [_packed(first)]
        for white in masks:
            anywhere |= white
            pictures.append(_packed(white))
        return cls(anywhere, tuple(pictures))

    def frames(self) -> Iterator[White]:
        """The last one is held."""
        yield from map(_unpacked, self.pictures)
        yield from repeat(_unpacked(self.pictures[-1]))


def read_masks(
    area: Area, footage: Footage, canvas: Canvas, *, on_frames: Callable[[int], None] = lambda done: None
) -> Masks:
    """The masks that an area describes, of the size of the canvas.

    Args:
        area: What is to be made anew.
        footage: Read once if the masks move.
        canvas: In which its frames lie.
        on_frames: Told how many frames are done.

    Raises:
        ConditionError: Nothing would be made anew.
        MediaError: The mask or the video is missing or unreadable.
        UsageError: A mask that moves by itself is to be carried along.
    """
    finish = partial(_finished, area=area, canvas=canvas)
    masks: Masks
    moving = area.mask_file is not None and media_kind(area.mask_file) == "video"
    if moving and area.track:
        raise UsageError(
            f"--track carries one mask along, and {area.mask} has one for every frame.",
            hint="Leave --track out, or name a picture.",
        )
    if not moving and not area.track:
        masks = StillMask(finish(_first(area, footage)))
    else:
        frames = (frame.pixels for frame in footage.frames())
        given = carried(_first(area, footage), frames) if area.track else _mask_video(area, footage)
        masks = MovingMasks.of(_counted(map(finish, given), on_frames))
    if not masks.anywhere.any():
        everything = "is white everywhere" if area.invert else "has no white in it"
        raise ConditionError(
            f"The mask {area.mask} {everything}, so nothing would be regenerated.",
            hint="Paint white what is to be new, and black what is to stay; --invert swaps them.",
        )
    return masks


def clipped(area: Area, size: tuple[int, int]) -> str | None:
    """A sentence where a box reaches outside frames of a width and height, and is used in part.

    Raises:
        ConditionError: All of it lies outside.
    """
    if not isinstance(area.shape, Box) or (used := area.shape.inside(size)) == area.shape:
        return None
    return f"the box {area.shape} reaches outside {size[0]}x{size[1]}: {used} is used"


def bounds_of(white: White) -> Box:
    """The smallest box around what is white."""
    left, top, width, height = cv2.boundingRect(white.astype(np.uint8))
    return Box(left, top, width, height)


def _first(area: Area, footage: Footage) -> White:
    """The mask as it is named, for the first frame or for all."""
    width, height = footage.size
    white = np.zeros((height, width), bool)
    if area.shape is not None:
        box = area.shape.inside(footage.size)
        white[box.rows, box.columns] = True
    elif area.mask_file is not None:
        white = _white(read_picture(area.mask_file), footage.size)
    return white


def _mask_video(area: Area, footage: Footage) -> Iterator[White]:
    """For each frame of the video that of the mask's which is shown at the same time; the last is held."""
    assert area.mask_file is not None
    path = Path(area.mask_file)
    masks = iter_frames(path, fps=footage.fps)
    held, count = next(masks).pixels, 0
    for frame in footage.frames():
        for newer in islice(masks, max(0, round(frame.time_s * footage.fps) - count)):
            held, count = newer.pixels, count + 1
        yield _white(held, footage.size)


def _white(mask: Frame, size: tuple[int, int]) -> White:
    [white] = white_of(fit(mask[None], size, "stretch"))
    return np.asarray(white)


def _finished(white: White, *, area: Area, canvas: Canvas) -> White:
    """Inverted, in the canvas, and grown."""
    placed = canvas.place_white(~white if area.invert else white)
    if not area.dilate_px or not placed.any():
        return placed
    distance = cv2.distanceTransform((~placed).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(distance <= area.dilate_px)


def _counted(masks: Iterator[White], on_frames: Callable[[int], None]) -> Iterator[White]:
    for done, white in enumerate(masks, start=1):
        yield white
        on_frames(done)


def _packed(white: White) -> bytes:
    return cv2.imencode(".png", white.astype(np.uint8))[1].tobytes()


def _unpacked(picture: bytes) -> White:
    return np.asarray(cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE), dtype=bool)
