"""What a given picture already is: a line drawing, a grey depth map, or something to extract them from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vcomp.extractors.drawing import read_drawing
from vcomp.extractors.frames import check_frames
from vcomp.media.clip import Frame, Frames, evenly_spaced

# Every threshold below holds at this size of the longer side: lines and noise have one scale there.
WORKING_SIDE_PX = 384
# A video is judged by a few of its frames.
MAX_JUDGED_FRAMES = 8


@dataclass(frozen=True)
class SketchCriteria:
    """What makes a picture a line drawing. Shares are of the picture's area unless said otherwise."""

    min_contrast: float = 0.2  # of the strongest line with the page
    ink: float = 0.4  # of that contrast: above, a pixel belongs to a line
    min_ink_share: float = 0.001  # less is an empty page
    max_ink_share: float = 0.35  # more is shading or a scene
    bare: float = 0.2  # of the strongest contrast: below, a pixel is bare page
    min_bare_share: float = 0.5
    max_line_width: float = 1 / 14  # of the shorter side: PiDiNet's edges at 128 pixels are that wide
    max_solid_share: float = 0.1  # of the ink: what is wider than a line (filled shapes)
    min_evenness: float = 0.55  # darkest over lightest part of the page: lamps cast shadows on paper
    max_colour_residual: float = 0.12  # distance of a pixel to the line from page to ink colour, RGB in [0,1]
    max_off_colour_share: float = 0.01


@dataclass(frozen=True)
class DepthCriteria:
    """What makes a picture a depth map: no colour, and smooth but for the outlines."""

    max_chroma: int = 16  # grey levels between the channels, at the 99th percentile; compression leaves some
    max_texture: float = 1.0  # grey levels, mean distance to the median of 5x5 pixels, which keeps outlines


def looks_like_sketch(frames: Frames) -> bool:
    """Whether the frames are line drawings: thin lines of one ink on an even page, of either polarity.

    Filled shapes, shaded drawings, scenes and photographs are not, and neither is an empty page.

    Raises:
        MediaError: If there are no frames.
    """
    return _most(frames, _is_sketch)


def looks_like_depth(frames: Frames) -> bool:
    """Whether the frames are grey depth maps: equal channels, smooth surfaces, no line drawing.

    Raises:
        MediaError: If there are no frames.
    """
    return _most(frames, _is_depth)


def _most(frames: Frames, judge: Callable[[Frame], bool]) -> bool:
    """Whether `judge` says yes to more than half of some frames, evenly spread."""
    check_frames(frames)
    chosen = evenly_spaced(len(frames), MAX_JUDGED_FRAMES)
    votes = [judge(_at_working_size(frames[index])) for index in chosen]
    return 2 * sum(votes) > len(votes)


def _at_working_size(frame: Frame) -> Frame:
    height, width = frame.shape[:2]
    scale = WORKING_SIDE_PX / max(height, width)
    if scale >= 1:
        return frame
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _is_sketch(frame: Frame, criteria: SketchCriteria = SketchCriteria()) -> bool:
    drawing = read_drawing(frame)
    contrast = float(drawing.ink.max())
    if contrast < criteria.min_contrast or drawing.evenness < criteria.min_evenness:
        return False
    lines, bare = drawing.ink > criteria.ink * contrast, drawing.ink < criteria.bare * contrast
    return (
        criteria.min_ink_share <= float(lines.mean()) <= criteria.max_ink_share
        and float(bare.mean()) >= criteria.min_bare_share
        and _solid_share(lines, criteria) <= criteria.max_solid_share
        and _off_colour_share(frame, lines, bare, criteria) <= criteria.max_off_colour_share
    )


def _solid_share(lines: NDArray[np.bool_], criteria: SketchCriteria) -> float:
    """The share of the ink that a square a little wider than a line fits into."""
    side = max(round(min(lines.shape) * criteria.max_line_width), 2) + 1
    solid = cv2.morphologyEx(lines.astype(np.uint8), cv2.MORPH_OPEN, np.ones((side, side), dtype=np.uint8))
    return float(solid.sum() / lines.sum())


def _off_colour_share(
    frame: Frame,
    lines: NDArray[np.bool_],
    bare: NDArray[np.bool_],
    criteria: SketchCriteria,
) -> float:
    """The share of pixels that are no mixture of the page's colour and one ink's."""
    colours = frame.astype(np.float32) / 255
    page, ink = np.median(colours[bare], axis=0), np.median(colours[lines], axis=0)
    direction = (ink - page) / max(float(np.linalg.norm(ink - page)), 1e-6)
    offsets = colours - page
    residuals = np.linalg.norm(offsets - (offsets @ direction)[..., None] * direction, axis=-1)
    return float((residuals > criteria.max_colour_residual).mean())


def _is_depth(frame: Frame, criteria: DepthCriteria = DepthCriteria()) -> bool:
    chroma = frame.max(axis=-1) - frame.min(axis=-1)
    if float(np.quantile(chroma, 0.99)) > criteria.max_chroma:
        return False
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    texture = float(cv2.absdiff(grey, cv2.medianBlur(grey, 5)).mean())
    return texture <= criteria.max_texture and not _is_sketch(frame)
