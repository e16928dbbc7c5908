"""Silhouettes of named things, traced from the drawings in `sprites.toml` and `unseen.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, TypeAdapter

from vcomp.conditions.svg import path_points
from vcomp.data.outlines import Outline, outline
from vcomp.data.vocabulary import SHAPES

RADIUS = 1.1
"""Half the longer side of a traced figure; plain shapes are about as large."""

_SCALE = 8  # pixels of the tracing raster in a unit of the drawing
_MARGIN = 10  # units around the square of 100: lines may stand out of it
_TOLERANCE = 1.0  # pixels of that raster, a fiftieth of one in a frame
_BITS = 4


@dataclass(frozen=True)
class Figure:
    """What is drawn of an object, in outlines about one unit in radius, y pointing down.

    Args:
        body: Borders of the silhouette; one inside another is that of a hole.
        details: Borders, of the same kind, of what is painted on it in another shade.
    """

    body: tuple[Outline, ...]
    details: tuple[Outline, ...] = ()


class Drawing(BaseModel):
    """A figure as it is written down, in SVG paths in a square of 100 x 100.

    Attributes:
        body: Filled.
        limbs: Drawn as lines of `limb_width`; with `body`, less `holes`, they are the silhouette.
        holes: Cut out of it.
        marks: Filled in another shade.
        lines: Drawn in that shade, `line_width` wide.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    body: str = ""
    limbs: str = ""
    limb_width: float = 8
    holes: str = ""
    marks: str = ""
    lines: str = ""
    line_width: float = 4

    def trace(self) -> Figure:
        """The borders of what the paths cover together."""
        silhouette = _covered(self.body, self.limbs, self.limb_width)
        silhouette[_covered(self.holes) > 0] = 0
        details = _covered(self.marks, self.lines, self.line_width) & silhouette
        left, top, width, height = cv2.boundingRect(silhouette)
        centre = np.array([left + (width - 1) / 2, top + (height - 1) / 2])
        scale = 2 * RADIUS / max(width - 1, height - 1)

        def placed(picture: NDArray[np.uint8]) -> tuple[Outline, ...]:
            return tuple((border - centre) * scale for border in _borders(picture))

        return Figure(placed(silhouette), placed(details))


def _covered(filled: str, drawn: str = "", width: float = 0.0) -> NDArray[np.uint8]:
    """What each path in `filled` and each line along `drawn` covers: 255 on a raster, else 0."""
    side = _SCALE * (100 + 2 * _MARGIN)
    raster = np.zeros((side, side), np.uint8)
    for corners in _corners(filled):
        cv2.fillPoly(raster, [corners], 255, cv2.LINE_8, _BITS)
    for corners in _corners(drawn):
        cv2.polylines(raster, [corners], False, 255, round(width * _SCALE), cv2.LINE_8, _BITS)
    return raster


def _corners(paths: str) -> Iterator[NDArray[np.int32]]:
    """Fixed-point places on the raster."""
    for points in path_points(paths):
        yield np.round((points + _MARGIN) * (_SCALE << _BITS)).astype(np.int32)


def _borders(picture: NDArray[np.uint8]) -> Iterator[Outline]:
    contours, _ = cv2.findContours(picture, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    for contour in contours:
        corners = cv2.approxPolyDP(contour, _TOLERANCE, True)[:, 0]
        # What is left of a border that two paths share is no part of the drawing.
        if cv2.contourArea(corners) > _SCALE**2:
            yield corners.astype(np.float64)


def read_drawings(name: str) -> dict[str, Drawing]:
    """The drawings in a file beside this one, by name."""
    text = (files("vcomp.data") / name).read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Drawing]).validate_python(tomllib.loads(text))


@cache
def sprite_drawings() -> dict[str, Drawing]:
    """The named things that scenes may show, in alphabetical order."""
    return read_drawings("sprites.toml")


@cache
def unseen_drawings() -> dict[str, Drawing]:
    """Things and letters that no level of drawn video shows, in alphabetical order."""
    return read_drawings("unseen.toml")


@cache
def figure(shape: str) -> Figure:
    """The figure of a plain shape or of a named thing.

    Args:
        shape: A name in :data:`vcomp.data.vocabulary.SHAPES`, :func:`sprite_drawings` or
            :func:`unseen_drawings`.
    """
    if shape in SHAPES:
        return Figure((outline(shape),))
    return (sprite_drawings() | unseen_drawings())[shape].trace()
