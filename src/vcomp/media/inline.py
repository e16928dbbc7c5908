"""Files and pictures inside a page, which then needs no other file: data URIs (RFC 2397)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from PIL import Image

from vcomp.media.clip import Frame

MIME_TYPES = MappingProxyType(
    {
        ".mp4": "video/mp4",
        ".m4v": "video/mp4",
        ".webm": "video/webm",
        ".png": "image/png",
        ".gif": "image/gif",
        ".webp": "image/webp",
        ".avif": "image/avif",
    }
)
"""By ending, what a browser can be given."""
_READ_BYTES = 3 * 2**16  # a multiple of three: base64 has no padding in between


def file_uri(file: Path) -> Iterator[str]:
    """A file in pieces, so that a large one is never in memory as a whole.

    Args:
        file: With one of the endings in `MIME_TYPES`.
    """
    yield f"data:{MIME_TYPES[file.suffix.lower()]};base64,"
    with file.open("rb") as source:
        while part := source.read(_READ_BYTES):
            yield base64.b64encode(part).decode()


def picture_uri(picture: Frame, kind: Literal["png", "webp"] = "png") -> str:
    """A picture, uint8 RGB `[h w 3]`: exact as PNG, or as WebP hard to tell from it, and far smaller."""
    buffer = BytesIO()
    Image.fromarray(picture).save(buffer, format=kind, **({"quality": 90} if kind == "webp" else {}))
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"
