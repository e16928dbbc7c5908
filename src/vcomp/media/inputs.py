"""From the path a user gave to a regular file or folder that can be opened more than once."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkstemp

from vcomp.errors import MediaError, ResourceError

STDIN = "-"
PICTURE_SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".webp", ".avif", ".bmp", ".tif", ".tiff", ".pgm", ".ppm", ".gif", ".jp2")
)


@dataclass(frozen=True)
class Input:
    """A file or folder that exists, and what to call it in messages."""

    path: Path
    name: str


def locate(path: str | Path) -> Input:
    """Find a file or folder; `-` is standard input.

    Raises:
        MediaError: if it does not exist, may not be read, is empty or is a device.
    """
    if str(path) == STDIN:
        if sys.stdin.isatty():
            raise MediaError("Nothing is piped into standard input.", hint="Pipe a video in, or name a file.")
        return _checked(_spool(STDIN), name="Standard input")
    name, path = str(path), Path(path)  # a Path drops the slash behind a folder, and a message is to keep it
    if path.is_fifo():
        return _checked(_spool(str(path)), name=name)
    return _checked(path, name=name)


def pictures_in(folder: Input) -> tuple[Path, ...]:
    """The pictures of a folder in the order of the numbers in their names (`frame2` before `frame10`).

    Raises:
        MediaError: if there are none.
    """
    found = [
        path
        for path in folder.path.iterdir()
        if path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".") and path.is_file()
    ]
    if not found:
        raise MediaError(
            f"The folder {folder.name} holds no pictures.", hint="Name a video, or a folder of PNG files."
        )
    return tuple(sorted(found, key=_natural_order))


def _natural_order(path: Path) -> tuple[list[tuple[int, str]], str]:
    parts = re.findall(r"\d+|\D+", path.name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], path.name


def _checked(path: Path, *, name: str) -> Input:
    if not path.exists():
        raise MediaError(f"There is no file or folder {name}.", hint="Check the path.")
    if not os.access(path, os.R_OK):
        raise MediaError(f"{name} may not be read.", hint=f"Give yourself permission: chmod +r {name}")
    if path.is_dir():
        return Input(path, name)
    if not path.is_file():
        raise MediaError(f"{name} is neither a file nor a folder.", hint="Name a video or a picture.")
    if path.stat().st_size == 0:
        raise MediaError(f"{name} is empty.", hint="Was the command that should have written it successful?")
    return Input(path, name)


@cache
def _spool(pipe: str) -> Path:
    """Copy a pipe to a temporary file, once a process: MP4 needs seeking, and content is looked at twice."""
    handle, name = mkstemp(prefix="vcomp-", suffix=".pipe")
    atexit.register(Path(name).unlink, missing_ok=True)
    try:
        with os.fdopen(handle, "wb") as spooled:
            if pipe == STDIN:
                shutil.copyfileobj(sys.stdin.buffer, spooled)
            else:
                with Path(pipe).open("rb") as stream:
                    shutil.copyfileobj(stream, spooled)
    except OSError as error:
        raise ResourceError(
            f"What is piped in cannot be kept in {Path(name).parent}: {error.strerror}.",
            hint="Free some space there, or name a folder with more in TMPDIR.",
        ) from error
    return Path(name)
