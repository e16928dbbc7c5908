"""Strokes drawn by hand, as motion: what lies under the start of a path moves along it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Self

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from torch import Tensor

from vcomp.conditions.easing import check_span, frame_times, progress, smoothstep
from vcomp.errors import ConditionError, MediaError, UsageError
from vcomp.media.pixels import white_of
from vcomp.media.read import read_picture
from vcomp.media.resize import fit

DEFAULT_REACH = 0.08  # of the shorter side: radius, and falloff around it, where a stroke does not say
MAX_FILE_BYTES = 2**22
MAX_STROKES, MAX_POINTS = 256, 10_000

Coordinate = Annotated[float, Field(ge=-1e5, le=1e5, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Length = Annotated[float, Field(ge=0, le=1e5, allow_inf_nan=False)]
Side = Annotated[float, Field(gt=0, le=1e5, allow_inf_nan=False)]
Point = tuple[Coordinate, Coordinate] | tuple[Coordinate, Coordinate, Share]


class Stroke(BaseModel):
    """One path, and what moves along it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    points: tuple[Point, ...] = Field(
        min_length=2,
        max_length=MAX_POINTS,
        description="[x, y], or [x, y, t] with the time at which it is there: 0 the first frame, 1 the last.",
    )
    start: Share = Field(default=0.0, description="When it begins, where the points have no times.")
    end: Share = Field(default=1.0, description="When it ends, likewise; between them the speed is even.")
    eased: bool = Field(default=False, description="Begin and end at rest.")
    radius: Length | None = Field(
        default=None, description="What is nearer to the path's moving end goes all the way with it."
    )
    falloff: Length | None = Field(
        default=None, description="How far beyond that the motion fades to nothing."
    )
    mask: str | None = Field(
        default=None,
        description="A picture, white where things move: instead of a radius. A path relative to this file.",
    )

    @model_validator(mode="after")
    def _check_times(self) -> Self:
        times = [point[2] for point in self.points if len(point) == 3]
        if times and len(times) < len(self.points):
            raise ValueError("either all points have times, or none")
        if any(later <= earlier for earlier, later in pairwise(times)):
            raise ValueError("the times of the points rise")
        if times and self.eased:
            raise ValueError("points with times cannot be eased as well")
        if self.mask is not None and self.radius is not None:
            raise ValueError("a stroke has a mask or a radius, not both")
        check_span("The stroke", self.start, self.end)
        return self


class Strokes(BaseModel):
    """A strokes file: JSON that holds this."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: tuple[Side, Side] | None = Field(
        default=None,
        description="Width and height of the frame in the unit of points, radius and falloff. Without it,"
        " points are fractions of width and height, radius and falloff of the shorter side.",
    )
    strokes: tuple[Stroke, ...] = Field(min_length=1, max_length=MAX_STROKES)


def read_strokes(path: Path) -> Strokes:
    """Strokes from JSON.

    Raises:
        MediaError: The file is not one of strokes.
    """
    text = read_text(path)
    try:
        return Strokes.model_validate_json(text)
    except (ValidationError, UsageError) as error:
        raise MediaError(
            f"{path} is no file of strokes: {_reason(error)}.",
            hint='The least there is: {"strokes": [{"points": [[0.2, 0.5], [0.8, 0.5]]}]}.',
        ) from error


def read_text(path: Path) -> str:
    """The text of a small file.

    Raises:
        MediaError: It is missing, large or no text.
    """
    if not path.is_file():
        raise MediaError(f"There is no file {path}.", hint="Check the path.")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise MediaError(f"{path} is too large for strokes.", hint="Strokes need a few kilobytes.")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise MediaError(f"{path} is no text.", hint="Strokes are written as JSON or SVG.") from error


def strokes_motion(
    strokes: Strokes, *, num_frames: int, size: tuple[int, int], folder: Path
) -> Float[Tensor, "2 f h w"]:
    """Motion in pixels per frame, at the pixel arrived at; frame 0 is zero.

    Around the moving end of a path, or in a mask that it carries along, everything goes its way; beyond, the
    motion fades smoothly. Where strokes overlap, their motion is averaged by weight, so that two that go the
    same way together are not faster than one.

    Args:
        strokes: One at least.
        num_frames: Of the video.
        size: Its width and height in pixels.
        folder: Paths of masks are relative to it.

    Raises:
        MediaError: A mask is missing or unreadable.
        ConditionError: A mask is black.
    """
    width, height = size
    total = np.zeros((num_frames, height, width, 2), np.float32)
    weights = np.zeros((num_frames, height, width, 1), np.float32)
    for stroke in strokes.strokes:
        brush = _Brush(stroke, unit=strokes.size, size=size, folder=folder)
        places = brush.places(num_frames)
        for index in range(1, num_frames):
            step = places[index] - places[index - 1]
            if not step.any():
                continue
            weight = brush.weight(places[index], moved=places[index] - places[0])[..., None]
            total[index] += weight * step
            weights[index] += weight
    motion = total / np.maximum(weights, 1)
    return torch.from_numpy(np.ascontiguousarray(motion.transpose(3, 0, 1, 2)))


class _Brush:
    """A stroke in the pixels of a video."""

    def __init__(
        self, stroke: Stroke, *, unit: tuple[float, float] | None, size: tuple[int, int], folder: Path
    ) -> None:
        scale = np.array(size, np.float64) / (unit or (1.0, 1.0))
        length_scale = float(min(scale)) if unit else float(min(size))
        reach = DEFAULT_REACH * min(size)
        self._stroke, self._size = stroke, size
        self._points = np.array([point[:2] for point in stroke.points]) * scale
        self._radius = reach if stroke.radius is None else stroke.radius * length_scale
        self._falloff = reach if stroke.falloff is None else stroke.falloff * length_scale
        self._mask = None if stroke.mask is None else _read_mask(folder / stroke.mask, size)

    def places(self, num_frames: int) -> Float[np.ndarray, "f 2"]:
        """Where the moving end is in each frame, in pixels from the top left corner."""
        now = frame_times(num_frames)
        if len(self._stroke.points[0]) == 3:
            at = np.array([point[-1] for point in self._stroke.points])
        else:
            # Even speed: the share of the length, not of the points.
            way = np.cumsum(np.hypot(*np.diff(self._points, axis=0, prepend=self._points[:1]).T))
            at = way / max(float(way[-1]), 1e-9)
            now = progress(now, start=self._stroke.start, end=self._stroke.end, eased=self._stroke.eased)
        return np.stack([np.interp(now, at, axis) for axis in self._points.T], axis=-1)

    def weight(
        self, place: Float[np.ndarray, " 2"], *, moved: Float[np.ndarray, " 2"]
    ) -> Float[np.ndarray, "h w"]:
        """The share of its motion that each pixel takes part in."""
        outside = self._distance(place, moved)
        if self._falloff == 0:
            return (outside <= 0).astype(np.float32)
        return np.asarray(smoothstep(1 - outside / self._falloff), dtype=np.float32)

    def _distance(
        self, place: Float[np.ndarray, " 2"], moved: Float[np.ndarray, " 2"]
    ) -> Float[np.ndarray, "h w"]:
        """Pixels from what goes all the way with it."""
        width, height = self._size
        if self._mask is None:
            x, y = np.arange(width) + 0.5 - place[0], np.arange(height) + 0.5 - place[1]
            return np.asarray(np.maximum(np.hypot(x[None], y[:, None]) - self._radius, 0))
        shift = np.array([[1, 0, moved[0]], [0, 1, moved[1]]])
        carried = cv2.warpAffine(self._mask, shift, (width, height), flags=cv2.INTER_NEAREST)
        if not carried.any():
            return np.full((height, width), np.inf)
        return np.asarray(cv2.distanceTransform(1 - carried, cv2.DIST_L2, cv2.DIST_MASK_PRECISE))


def _read_mask(path: Path, size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    [white] = white_of(fit(read_picture(path)[None], size, "stretch"))
    if not white.any():
        raise ConditionError(f"The mask {path} has no white in it.", hint="Paint white what is to move.")
    return np.asarray(white, dtype=np.uint8)


def _reason(error: ValidationError | UsageError) -> str:
    if isinstance(error, UsageError):
        return error.message.rstrip(".")
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])
