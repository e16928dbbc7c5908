"""The disk that weight files are written to: its space, and its failures in words."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vcomp.errors import OutputError, ResourceError, VcompError

HOME_VARIABLE = "VCOMP_HOME"
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def require_space(folder: Path, needed: int) -> None:
    """Make sure, before long work, that so many bytes fit into a folder that may not be there yet.

    Raises:
        ResourceError: They do not.
    """
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if needed > free:
        raise ResourceError(
            f"{needed / 1e9:,.1f} GB are needed in {folder}, but {free / 1e9:,.1f} GB are free.",
            hint=f"Free some space, or set {HOME_VARIABLE} to a folder on another disk.",
        )


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Turn failures to write into errors with a remedy.

    Raises:
        OutputError: The place cannot be written.
        ResourceError: The disk is full.
    """
    try:
        yield
    except OSError as error:
        raise _explained(error, path) from error


def _explained(error: OSError, path: Path) -> VcompError:
    if error.errno in _NO_SPACE:
        return ResourceError(
            f"{path} does not fit on the disk.",
            hint=f"Free some space, or set {HOME_VARIABLE} to a folder on another disk.",
        )
    return OutputError(
        f"{path} cannot be written: {error.strerror or error}.",
        hint=f"Set {HOME_VARIABLE} to a folder of your own.",
    )
