"""What a person looks at: conditions as colours, strips of frames, contact sheets. uint8 RGB in and out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import TypeAlias

import cv2
import numpy as np
from jaxtyping import Float, Shaped
from PIL import Image, ImageDraw, ImageFont

from vcomp.errors import UsageError
from vcomp.media.clip import Frame, Frames, evenly_spaced
from vcomp.media.resize import fit

_Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont

_PAPER, _HAIRLINE, _INK, _FAINT_INK = (255, 255, 255), (222, 224, 228), (40, 42, 48), (100, 104, 114)
_MARGIN, _GUTTER, _ROW_GAP = 14, 4, 9
_SMALLEST_FULL_MOTION = 1.0  # pixels per frame: the noise of an estimator must not look like motion


def flow_to_rgb(flow: Float[np.ndarray, "f h w 2"], *, maximum: float | None = None) -> Frames:
    """Motion as a colour wheel, after the Middlebury colour code (Baker et al., "A Database and Evaluation
    Methodology for Optical Flow").

    Hue is the direction (right is red, down yellow-green, left cyan, up violet), saturation the speed,
    and white is still.

    Args:
        flow: (dx, dy) in pixels per frame, y downwards.
        maximum: The speed of full colour. None takes the clip's 99th percentile, or 1 pixel if that is less.
    """
    dx, dy = (np.ascontiguousarray(flow[..., axis], dtype=np.float32) for axis in (0, 1))
    maximum = full_speed(flow) if maximum is None else maximum
    speed, hue = cv2.cartToPolar(dx.reshape(len(dx), -1), dy.reshape(len(dy), -1), angleInDegrees=True)
    saturation = np.minimum(speed / np.float32(maximum), 1)
    hsv = cv2.merge([hue, saturation, np.ones_like(hue)])
    return _to_bytes(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB).reshape(*dx.shape, 3))


def full_speed(flow: Float[np.ndarray, "f h w 2"]) -> float:
    """The speed shown in full colour: a clip's 99th percentile, or 1 pixel per frame if that is less."""
    speed = np.hypot(flow[..., 0], flow[..., 1])
    return max(float(np.percentile(speed, 99)), _SMALLEST_FULL_MOTION)


def depth_to_rgb(depth: Float[np.ndarray, "f h w"], *, limits: tuple[float, float] | None = None) -> Frames:
    """Inverse depth in the perceptual colour map "inferno": near is bright, far is dark.

    Args:
        depth: Larger is nearer, in any unit.
        limits: The values shown darkest and brightest. None takes the clip's 1st and 99th percentile, so that
            the colours do not flicker from frame to frame.
    """
    low, high = np.percentile(depth, (1, 99)) if limits is None else limits
    levels = _to_bytes((depth - low) / max(float(high - low), 1e-6))
    coloured = [cv2.applyColorMap(frame, cv2.COLORMAP_INFERNO) for frame in levels]
    return np.ascontiguousarray(np.stack(coloured)[..., ::-1])


def grey_to_rgb(grey: Shaped[np.ndarray, "f h w"]) -> Frames:
    """Sketches, masks and the like: floats in [0, 1] or uint8, as grey RGB `[f h w 3]`."""
    levels = grey if grey.dtype == np.uint8 else _to_bytes(grey)
    return np.repeat(levels[..., None], 3, axis=-1)


def strip(
    rows: Mapping[str, Frames], *, columns: int = 8, caption: str | None = None, height_px: int = 128
) -> Frame:
    """One labelled row per condition or result, each with evenly spaced frames of it, under a caption.

    Args:
        rows: Label to uint8 RGB `[f h w 3]`; a row of fewer frames than columns shows what it has. All cells
            have the proportions of the first row; frames of others are padded.
        columns: How many frames of a row to show, at most.
        caption: A line of text above, wrapped where it is long.
        height_px: The height of a frame in the picture.

    Raises:
        UsageError: if there is no row or no column.
    """
    if not rows or columns < 1:
        raise UsageError("A strip has at least one row and one column.")
    _, h, w, _ = next(iter(rows.values())).shape
    cell = (max(1, round(w * height_px / h)), height_px)
    font = _font(max(12, height_px // 9))
    labels = [label.replace("_", " ") for label in rows]
    label_w = max(round(font.getlength(label)) for label in labels) + _MARGIN
    shown = max(min(columns, len(frames)) for frames in rows.values())
    sheet_w = 2 * _MARGIN + label_w + shown * (cell[0] + _GUTTER) - _GUTTER
    heading = _text_block(caption or "", sheet_w - 2 * _MARGIN, font)

    top = _MARGIN + (heading.height + _ROW_GAP if caption else 0)
    sheet = Image.new("RGB", (sheet_w, top + len(rows) * (height_px + _ROW_GAP) - _ROW_GAP + _MARGIN), _PAPER)
    sheet.paste(heading, (_MARGIN, _MARGIN))
    for label, frames in zip(labels, rows.values(), strict=True):
        ImageDraw.Draw(sheet).text((label_w, top + height_px // 2), label, _FAINT_INK, font, anchor="rm")
        for column, frame in enumerate(fit(frames[evenly_spaced(len(frames), columns)], cell, "pad")):
            _paste(sheet, frame, _MARGIN + label_w + column * (cell[0] + _GUTTER), top)
        top += height_px + _ROW_GAP
    return np.array(sheet)


def contact_sheet(tiles: Sequence[Frame], *, columns: int, labels: Sequence[str] | None = None) -> Frame:
    """Pictures in a grid, in reading order, each over its label.

    Args:
        tiles: uint8 RGB `[h w 3]`, of any sizes; they are shown at their own size.
        columns: How many stand side by side, at most.
        labels: One text per tile, wrapped to the tile's width.

    Raises:
        UsageError: if there is no tile or no column, or labels and tiles differ in number.
    """
    if not tiles or columns < 1:
        raise UsageError("A contact sheet has at least one tile and one column.")
    if labels is not None and len(labels) != len(tiles):
        raise UsageError(f"There are {len(labels)} labels for {len(tiles)} tiles.")
    cell_w = max(tile.shape[1] for tile in tiles)
    font = _font(max(12, min(15, cell_w // 12)))
    texts = [_text_block(label, cell_w, font) for label in labels or [""] * len(tiles)]
    columns = min(columns, len(tiles))
    starts = range(0, len(tiles), columns)
    row_tile_h = [max(tile.shape[0] for tile in tiles[start : start + columns]) for start in starts]
    row_text_h = [max(text.height for text in texts[start : start + columns]) for start in starts]

    sheet_w = _MARGIN + columns * (cell_w + _MARGIN)
    sheet_h = _MARGIN + sum(row_tile_h) + sum(row_text_h) + len(starts) * (_GUTTER + _MARGIN)
    sheet = Image.new("RGB", (sheet_w, sheet_h), _PAPER)
    top = _MARGIN
    for start, tile_h, text_h in zip(starts, row_tile_h, row_text_h, strict=True):
        for column, index in enumerate(range(start, min(start + columns, len(tiles)))):
            left = _MARGIN + column * (cell_w + _MARGIN)
            _paste(sheet, tiles[index], left, top)
            sheet.paste(texts[index], (left, top + tile_h + _GUTTER))
        top += tile_h + _GUTTER + text_h + _MARGIN
    return np.array(sheet)


def _paste(sheet: Image.Image, frame: Frame, left: int, top: int) -> None:
    """Put a frame down, in a hairline, so that a white one is seen on white paper."""
    h, w, _ = frame.shape
    ImageDraw.Draw(sheet).rectangle((left - 1, top - 1, left + w, top + h), outline=_HAIRLINE)
    sheet.paste(Image.fromarray(frame), (left, top))


def _font(size_px: int) -> _Font:
    return ImageFont.load_default(size=size_px)


def _text_block(text: str, width_px: int, font: _Font) -> Image.Image:
    """Text wrapped to a width, on a picture of just its height."""
    if not text:
        return Image.new("RGB", (1, 1), _PAPER)
    lines = _wrapped(text, width_px, font)
    _, _, _, line_h = font.getbbox("Ág")
    block = Image.new("RGB", (width_px, round(line_h * 1.25) * len(lines)), _PAPER)
    draw = ImageDraw.Draw(block)
    for index, line in enumerate(lines):
        draw.text((0, index * round(line_h * 1.25)), line, _INK, font)
    return block


def _wrapped(text: str, width_px: int, font: _Font) -> list[str]:
    """Lines of at most a width; of one letter, where not even those fit."""
    most = max(1, int(width_px * len(text) / font.getlength(text)))
    for count in range(most, 0, -1):
        lines = wrap(text, count)
        if max(map(font.getlength, lines)) <= width_px:
            break
    return lines


def _to_bytes(unit: Float[np.ndarray, "*axes"]) -> Shaped[np.ndarray, "*axes"]:
    """[0, 1] to 0..255, rounded and clamped."""
    return np.asarray(np.rint(np.clip(unit, 0, 1) * 255), dtype=np.uint8)
