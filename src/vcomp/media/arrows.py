"""Motion as arrows, and the key to its colours."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float

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
    colours = flow_to_rgb(means[None], maximum=float(np.hypot(*means.reshape(-1, 2).T).max()) or 1.0)[0]
    thick = max(1, round(cell / 18))
    for row in range(rows):
        for column in range(columns):
            vector = means[row, column] / maximum
            speed = float(np.hypot(*vector))
            if speed < _STILL:
                continue
            middle = np.array([(column + 0.5) * width / columns, (row + 0.5) * height / rows]) - 0.5
            reach = vector / max(speed, 1.0) * cell * _LONGEST / 2
            _arrow(canvas, middle - reach, middle + reach, _bright(colours[row, column]), thick, _TIP * cell)


def _arrow(
    canvas: Frame,
    start: Float[np.ndarray, " 2"],
    end: Float[np.ndarray, " 2"],
    colour: tuple[int, ...],
    thick: int,
    tip_px: float,
) -> None:
    tail, head = (tuple(int(v) for v in np.rint(point * (1 << _SHIFT))) for point in (start, end))
    length = max(float(np.hypot(*(end - start))), 1e-3)
    for shade, extra in (((0, 0, 0), 1), (colour, 0)):
        cv2.arrowedLine(
            canvas, tail, head, shade, thick + extra, cv2.LINE_AA, _SHIFT, min(tip_px / length, 1.0)
        )


def _bright(colour: Float[np.ndarray, " 3"]) -> tuple[int, ...]:
    """One strength for every speed, which the length tells, and light enough for a dark picture."""
    low, high = int(colour.min()), int(colour.max())
    if high == low:
        return (255, 255, 255)
    return tuple(int(90 + (int(v) - low) * 165 / (high - low)) for v in colour)
