"""The comment inside a file, where results keep the recipe that made them: one place for each format."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from vcomp.media.inputs import locate, pictures_in
from vcomp.media.pictures import is_picture, opened
from vcomp.media.sources import VideoSource

_EXIF_IFD = 0x8769
_USER_COMMENT = 0x9286
_UNICODE = b"UNICODE\0"  # Exif 2.3, section 4.6.5, table 9


def read_comment(path: str | Path) -> str | None:
    """Read back the comment of a file or a folder of PNGs; None if it has none.

    Raises:
        MediaError: if the file is missing or unreadable.
    """
    found = locate(path)
    file = pictures_in(found)[0] if found.path.is_dir() else found.path
    if not is_picture(file):
        return VideoSource(found, untimed_fps=1.0).comment
    with opened(file, name=found.name) as image:
        return _comment_of(image)


def exif_with_comment(comment: str) -> Image.Exif:
    """Exif data with nothing but a user comment."""
    exif = Image.Exif()
    exif.get_ifd(_EXIF_IFD)[_USER_COMMENT] = _UNICODE + comment.encode("utf-16")
    return exif


def insert_gif_comment(gif: bytes, comment: str) -> bytes:
    """Put a comment extension (GIF89a, section 24) before the first image."""
    packed = gif[10]
    header_end = 13 + (3 << (packed & 7) + 1 if packed & 0x80 else 0)
    data = comment.encode()
    chunks = (data[start : start + 255] for start in range(0, len(data), 255))
    blocks = b"".join(bytes([len(chunk)]) + chunk for chunk in chunks)
    return gif[:header_end] + b"\x21\xfe" + blocks + b"\0" + gif[header_end:]


def _comment_of(image: Image.Image) -> str | None:
    match image.format:
        case "GIF":
            comment = image.info.get("comment")
            return comment.decode(errors="replace") if isinstance(comment, bytes) else None
        case "PNG":
            image.load()  # text may also stand behind the pixels
            comment = image.info.get("Comment")
            return comment if isinstance(comment, str) else None
    comment = image.getexif().get_ifd(_EXIF_IFD).get(_USER_COMMENT)
    if isinstance(comment, bytes) and comment.startswith(_UNICODE):
        return comment.removeprefix(_UNICODE).decode("utf-16", errors="replace")
    return None
