"""Pillow's many picture modes to uint8 RGB."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from jaxtyping import Float, Integer, UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from vcomp.errors import MediaError
from vcomp.media.clip import Frame

# Formats with a signature. Without the list Pillow would also claim MPEG streams, and start Ghostscript.
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF", "BMP", "TIFF", "PPM", "ICO", "JPEG2000")
# The second page of a TIFF or MPO is another picture, not a frame.
ANIMATED_FORMATS = ("PNG", "GIF", "WEBP", "AVIF")

DAMAGED_HINT = "It is damaged or was not copied to its end; get it again."
_DECODING_ERRORS = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error)


def is_picture(path: Path) -> bool:
    """Whether the file starts as a picture Pillow reads, animated or not."""
    try:
        with Image.open(path, formats=FORMATS):
            return True
    except (*_DECODING_ERRORS, Image.DecompressionBombError) as error:
        # What has a picture's signature and goes wrong later is a picture; its error belongs to the reading.
        return not isinstance(error, UnidentifiedImageError)


def is_animated(path: Path) -> bool:
    """Whether the file is a GIF, WebP, PNG or AVIF of more than one frame."""
    with opened(path, name=str(path)) as image:
        return image.format in ANIMATED_FORMATS and getattr(image, "n_frames", 1) > 1


@contextmanager
def opened(path: Path, *, name: str) -> Iterator[Image.Image]:
    """Open a picture, and turn whatever goes wrong while it is read into one sentence.

    Raises:
        MediaError: if the picture is damaged or too large.
    """
    try:
        with Image.open(path, formats=FORMATS) as image:
            yield image
    except Image.DecompressionBombError as error:
        raise MediaError(
            f"{name} has more pixels than any picture of use here.", hint="Make it smaller first."
        ) from error
    except _DECODING_ERRORS as error:
        raise MediaError(f"{name} cannot be read as a picture.", hint=DAMAGED_HINT) from error


def flatten(image: Image.Image) -> Frame:
    """Turn a picture upright (EXIF), lay it over white where it is transparent, and bring it to 8-bit RGB."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        return np.repeat(_deep_to_8_bit(np.asarray(image))[..., None], 3, axis=2)
    if image.has_transparency_data:
        return over_white(np.asarray(image.convert("RGBA")))
    return np.array(image.convert("RGB"))


def over_white(rgba: UInt8[np.ndarray, "h w 4"]) -> Frame:
    """Composite straight alpha over white."""
    alpha = rgba[..., 3:].astype(np.uint16)
    blended = rgba[..., :3] * alpha + 255 * (255 - alpha)
    return ((blended + 127) // 255).astype(np.uint8)


def _deep_to_8_bit(grey: Integer[np.ndarray, "h w"] | Float[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    """Scale deep grey: integers from their 16-bit range, floats from [0, 1] if they keep to it."""
    values = np.nan_to_num(grey.astype(np.float64))
    if np.issubdtype(grey.dtype, np.integer):
        values = values / 257
    elif values.max() <= 1:
        values = values * 255
    return np.rint(values).clip(0, 255).astype(np.uint8)
