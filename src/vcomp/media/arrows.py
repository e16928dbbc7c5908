"""Motion as arrows, and the key to its colours."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float, Int, UInt8

from vcomp.media.clip import Frame, Frames
from vcomp.media.preview import flow_to_rgb, full_speed

_CELLS = 9  # arrows along the shorter side, about
_SMALLEST_CELL_PX = 10
_LONGEST = 1.3  # of a cell
_STILL = 0.08  # of full speed: below, nothing is drawn
_DIM = 0.5  # the picture's brightness under the arrows
_TIP = 0.28  # of a cell: how long tips are, whatever the arrow's length
_SHIFT = 4  # OpenCV's fixed-point coordinates
_BOARD = 24  # grey level where there is no picture


def flow_to_arrows(
    flow: Float[np.ndarray, "f h w 2"], *, pictures: Frames | None = None, maximum: float | None = None
) -> Frames:
    """Motion as arrows over dimmed pictures; each ends where its motion ends, in its colour of the wheel.

    Args:
        flow: (dx, dy) from the frame before, in pixels per frame, y downwards.
        pictures: uint8 RGB `[f h w 3]` of the same size to draw over. None draws over a dark board.
        maximum: The speed of the longest arrow, as in `flow_to_rgb`.
    """
    maximum = full_speed(flow) if maximum is None else maximum
    if pictures is None:
        canvases = np.full((*flow.shape[:3], 3), _BOARD, np.uint8)
    else:
        canvases = np.stack([_dimmed(picture) for picture in pictures])
    for canvas, field in zip(canvases, flow, strict=True):
        _draw(canvas, np.ascontiguousarray(field, dtype=np.float32), maximum)
    return canvases


def colour_wheel(diameter_px: int) -> Frame:
    """The key to `flow_to_rgb`: where the colour of each direction lies, full speed at the rim, on white."""
    axis = np.linspace(-1, 1, diameter_px, dtype=np.float32)
    field = np.stack(np.meshgrid(axis, axis), axis=-1)
    wheel = flow_to_rgb(field[None], maximum=1.0)[0]
    inside = np.clip((1 - np.hypot(field[..., 0], field[..., 1])) * diameter_px / 2, 0, 1)[..., None]
    return np.asarray(np.rint(wheel * inside + 255 * (1 - inside)), dtype=np.uint8)


def _dimmed(picture: Frame) -> Frame:
    grey = cv2.convertScaleAbs(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), alpha=_DIM)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), dtype=np.uint8)


def _draw(canvas: Frame, field: Float[np.ndarray, "h w 2"], maximum: float) -> None:
    height, width = field.shape[:2]
    cell = max(min(height, width) / _CELLS, _SMALLEST_CELL_PX)
    columns, rows = max(round(width / cell), 1), max(round(height / cell), 1)
    means = cv2.resize(field, (columns, rows), interpolation=cv2.INTER_AREA).reshape(rows, columns, 2)
    speeds = np.hypot(means[..., 0], means[..., 1])
    colours = flow_to_rgb(means[None], maximum=float(speeds.max()) or 1.0)[0]
    moving = speeds / maximum >= _STILL
    across, down = np.meshgrid(
        (np.arange(columns) + 0.5) * width / columns - 0.5, (np.arange(rows) + 0.5) * height / rows - 0.5
    )
    middles = np.stack([across, down], axis=-1)[moving]
    reaches = means[moving] * (cell * _LONGEST / 2 / np.maximum(speeds[moving], maximum))[:, None]
    tails, heads = (
        np.rint(ends * (1 << _SHIFT)).astype(int).tolist() for ends in (middles - reaches, middles + reaches)
    )
    lengths = np.maximum(2 * np.hypot(reaches[:, 0], reaches[:, 1]), 1e-3)
    tips = np.minimum(_TIP * cell / lengths, 1.0).tolist()
    thick = max(1, round(cell / 18))
    bright = _bright(colours[moving]).tolist()
    for tail, head, tip, colour in zip(tails, heads, tips, bright, strict=True):
        for shade, extra in (((0, 0, 0), 1), (colour, 0)):
            cv2.arrowedLine(canvas, tail, head, shade, thick + extra, cv2.LINE_AA, _SHIFT, tip)


def _bright(colours: UInt8[np.ndarray, "n 3"]) -> Int[np.ndarray, "n 3"]:
    """One strength for every speed, which the length tells, and light enough for a dark picture."""
    low, high = (
        bound.astype(int) for bound in (colours.min(1, keepdims=True), colours.max(1, keepdims=True))
    )
    return np.where(high == low, 255, 90 + (colours - low) * 165 // np.maximum(high - low, 1))
