"""Where a video is made anew, as a user says it. Needs no torch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from vcomp.engine.checks import check_range
from vcomp.errors import ConditionError, UsageError, did_you_mean

SideName: TypeAlias = Literal["left", "right", "top", "bottom"]
MAX_CANVAS_PX = 8192
MAX_GROWTH_PX = 512  # of dilation and feather

_INTEGER = r"\s*(-?\d+)\s*"
_FOUR = re.compile(",".join([_INTEGER] * 4))
_SIDE = re.compile(rf"\s*({'|'.join(get_args(SideName))})[\s:]+(-?\d+(?:\.\d*)?)\s*%\s*")
_MEANT_AS_SHAPE = re.compile(
    rf"\s*(?:(?:{'|'.join(get_args(SideName))})(?:[\s:]|$)|[-\d.,\s%]+$|.*\d\s*%\s*$|(?:[^,]*\d,){{2}})"
)
_ASPECT = re.compile(r"\s*(\d+(?:\.\d*)?)\s*:\s*(\d+(?:\.\d*)?)\s*")
_MASK_HINT = "Name a picture or a video that is there, or write x,y,width,height in pixels, or as 'left 30%'."
_OUTPAINT_HINT = "Write proportions, as 16:9, or pixels to add at left,top,right,bottom, as 64,0,64,0."


@dataclass(frozen=True)
class Box:
    """A rectangle of whole pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column that is no longer in it."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row that is no longer in it."""
        return self.top + self.height

    @property
    def rows(self) -> slice:
        """Of an array `[h w ...]`."""
        return slice(self.top, self.bottom)

    @property
    def columns(self) -> slice:
        """Likewise."""
        return slice(self.left, self.right)

    def inside(self, size: tuple[int, int]) -> Box:
        """The part of it that lies in a picture.

        Raises:
            ConditionError: There is none.
        """
        width, height = size
        left, top = max(self.left, 0), max(self.top, 0)
        right, bottom = min(self.right, width), min(self.bottom, height)
        if left >= right or top >= bottom:
            raise ConditionError(
                f"The mask {self} lies outside the video, which has {width}x{height} pixels.",
                hint="Write x,y,width,height, counted from the top left corner.",
            )
        return Box(left, top, right - left, bottom - top)

    def __str__(self) -> str:
        return f"{self.left},{self.top},{self.width},{self.height}"


@dataclass(frozen=True)
class Side:
    """A share of a picture at one of its sides."""

    name: SideName
    share: float

    def inside(self, size: tuple[int, int]) -> Box:
        """Its pixels, at least one row or column."""
        width, height = size
        if self.name in ("left", "right"):
            part = max(1, round(width * self.share))
            return Box(0 if self.name == "left" else width - part, 0, part, height)
        part = max(1, round(height * self.share))
        return Box(0, 0 if self.name == "top" else height - part, width, part)


@dataclass(frozen=True)
class Margins:
    """Pixels that are added around a picture."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0

    def around(self, size: tuple[int, int]) -> tuple[int, int]:
        """The size of a picture of `size` with them."""
        return size[0] + self.left + self.right, size[1] + self.top + self.bottom


@dataclass(frozen=True)
class Aspect:
    """Proportions, width to height."""

    width: float
    height: float

    def margins(self, size: tuple[int, int]) -> Margins:
        """What brings a picture to them: at both sides, or above and below. The new side is even.

        Raises:
            ConditionError: The picture has them.
        """
        width, height = size
        new_width, new_height = (
            _even(height * self.width / self.height),
            _even(width * self.height / self.width),
        )
        if new_width > width:
            extra = new_width - width
            return Margins(left=extra // 2, right=extra - extra // 2)
        if new_height > height:
            extra = new_height - height
            return Margins(top=extra // 2, bottom=extra - extra // 2)
        raise ConditionError(
            f"The video is {self.width:g}:{self.height:g} already: {width}x{height} pixels.",
            hint="Name other proportions, or pixels to add.",
        )


@dataclass(frozen=True, kw_only=True)
class Area:
    """Where a video is made anew: in a mask, around its frames, or both.

    Args:
        mask: A picture or a video that is white there, for the whole frame and stretched to it. Or in words:
            `x,y,width,height` in pixels of the source, or a side and its share, as `left 30%`.
        outpaint: Enlarge the frame: to proportions, as `16:9`, or by pixels at `left,top,right,bottom`.
        track: The mask is the first frame's, and goes with what it covers, by dense optical flow.
        invert: Make anew what is not in the mask.
        dilate_px: Grow the area on all sides.
        feather_px: Fade into the source over so many pixels, inside the area. None takes two of the model's.

    Raises:
        UsageError: There is neither mask nor outpainting, or a value is not understood or out of range.
    """

    mask: str | Path | None = None
    outpaint: str | None = None
    track: bool = False
    invert: bool = False
    dilate_px: int = 0
    feather_px: int | None = None

    def __post_init__(self) -> None:
        if self.mask is None and self.outpaint is None:
            raise UsageError("There is nothing to make anew.", hint="Give --mask, --outpaint or both.")
        if self.mask is None and (self.track or self.invert):
            option = "--track" if self.track else "--invert"
            raise UsageError(f"{option} is for a mask, and there is none.", hint="Give --mask.")
        check_range("dilation", self.dilate_px, 0, MAX_GROWTH_PX)
        if self.feather_px is not None:
            check_range("feather", self.feather_px, 0, MAX_GROWTH_PX)
        _ = self.shape, self.enlargement  # told now, not after the video was read

    @cached_property
    def shape(self) -> Box | Side | None:
        """What the mask says in text; None where it is a file."""
        return None if self.mask is None else parse_shape(str(self.mask))

    @property
    def mask_file(self) -> str | None:
        """The mask, where it is a file."""
        return None if self.mask is None or self.shape is not None else str(self.mask)

    @cached_property
    def enlargement(self) -> Margins | Aspect | None:
        """What `outpaint` says."""
        return None if self.outpaint is None else parse_outpaint(self.outpaint)


def parse_shape(text: str) -> Box | Side | None:
    """A mask in words; None if it names a file.

    Raises:
        UsageError: It is neither, or describes nothing.
    """
    if match := _FOUR.fullmatch(text):
        box = Box(*map(int, match.groups()))
        if box.width < 1 or box.height < 1:
            raise UsageError(f"The mask {text} is empty.", hint="Width and height are 1 pixel or more.")
        return box
    if match := _SIDE.fullmatch(text):
        if not 0 < (percent := float(match[2])) < 100:
            raise UsageError(f"The mask {text} is out of range.", hint="It is above 0% and below 100%.")
        [name] = (name for name in get_args(SideName) if name == match[1])
        return Side(name, percent / 100)
    if _MEANT_AS_SHAPE.match(text) and text != "-" and not Path(text).exists():
        guess = did_you_mean(text.split()[0], get_args(SideName)) if "%" in text else ""
        raise UsageError(f"--mask {text} is not understood.", hint=f"{guess}{_MASK_HINT}")
    return None


def parse_outpaint(text: str) -> Margins | Aspect:
    """An enlargement.

    Raises:
        UsageError: It is not understood, or adds nothing.
    """
    if match := _FOUR.fullmatch(text):
        pixels = [int(number) for number in match.groups()]
        if min(pixels) < 0 or not any(pixels):
            raise UsageError(f"--outpaint {text} does not enlarge the video.", hint=_OUTPAINT_HINT)
        return Margins(*pixels)
    if match := _ASPECT.fullmatch(text):
        width, height = float(match[1]), float(match[2])
        if min(width, height) > 0 and 1 / 8 <= width / height <= 8:
            return Aspect(width, height)
        raise UsageError(f"--outpaint {text} is out of range.", hint="It is from 1:8 to 8:1.")
    raise UsageError(f"--outpaint {text} is not understood.", hint=_OUTPAINT_HINT)


def margins_of(area: Area, size: tuple[int, int]) -> Margins:
    """How much is added around frames of a width and height.

    Raises:
        ConditionError: The frames have the proportions asked for, or would become too large.
    """
    enlargement = area.enlargement
    if enlargement is None:
        return Margins()
    margins = enlargement if isinstance(enlargement, Margins) else enlargement.margins(size)
    width, height = margins.around(size)
    if max(width, height) > MAX_CANVAS_PX:
        raise ConditionError(
            f"With --outpaint {area.outpaint} the video would have {width}x{height} pixels.",
            hint=f"A side has at most {MAX_CANVAS_PX}.",
        )
    return margins


def _even(side: float) -> int:
    return 2 * round(side / 2)
