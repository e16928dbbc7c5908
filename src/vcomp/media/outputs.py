"""Where results go: what an ending means, what can be written there, and writing whole files or none."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

import av

from vcomp.errors import OutputError, ResourceError

STDOUT = "-"
_NUMBERED_PNG = re.compile(r"\d{4,}\.png")


class OutputKind(Enum):
    """What a clip can be written as; the value is the file ending, where there is one."""

    MP4 = ".mp4"
    GIF = ".gif"
    WEBP = ".webp"
    FOLDER = "/"
    PIPE = "-"


def output_kind(out: str | Path) -> OutputKind:
    """Tell by its ending what to write.

    Raises:
        OutputError: if the ending means nothing here.
    """
    if str(out) == STDOUT:
        return OutputKind.PIPE
    path = Path(out)
    if str(out).endswith(("/", os.sep)) or not path.suffix or path.is_dir():
        return OutputKind.FOLDER
    try:
        return OutputKind(path.suffix.lower())
    except ValueError:
        raise OutputError(
            f"The ending {path.suffix} of {out} is not one that can be written.",
            hint="Use .mp4, .gif, .webp, a folder name ending in / for PNG files, or - for a pipe.",
        ) from None


def check_output(out: str | Path, *, overwrite: bool = False) -> OutputKind:
    """Make sure, before long work, that its result can be written.

    Args:
        out: A file, a folder or `-`. A file that exists will be replaced.
        overwrite: Allow a folder that holds frames of an earlier run.

    Raises:
        OutputError: if the parent folder is missing or not writable, the ending unknown, the folder in use,
            or standard output a terminal.
    """
    kind = output_kind(out)
    if kind is OutputKind.PIPE:
        if sys.stdout.isatty():
            raise OutputError("MP4 is not for a terminal.", hint="Pipe it on, or name a file.")
        return kind
    check_parent(out)
    if kind is OutputKind.FOLDER:
        _check_folder(Path(out), overwrite=overwrite)
    return kind


def check_parent(out: str | Path) -> None:
    """Make sure that the folder a result goes into is there and takes it.

    Raises:
        OutputError: if not, or if the result would take the place of the working folder.
    """
    if Path(out).resolve() == Path.cwd():
        raise OutputError(f"{out} is the working folder.", hint="Name a new folder in it.")
    parent = Path(out).absolute().parent
    if not parent.exists():
        raise OutputError(f"The folder {parent} does not exist.", hint=f"Create it: mkdir -p {parent}")
    if not parent.is_dir():
        raise OutputError(f"{parent} is not a folder.", hint="Write to another place.")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError(f"The folder {parent} is not writable.", hint="Write to a folder of your own.")


def check_apart(outputs: Iterable[str | Path], inputs: Iterable[str | Path]) -> None:
    """Make sure that no output takes the place of an input or of another output.

    Args:
        outputs: Files and folders, or `-`, which takes no place.
        inputs: Likewise.

    Raises:
        OutputError: One does.
    """
    sources = {Path(path).resolve() for path in inputs if str(path) != STDOUT}
    taken: set[Path] = set()
    for out in outputs:
        if str(out) == STDOUT:
            continue
        place = Path(out).resolve()
        if place in sources:
            raise OutputError(f"{out} is one of the inputs.", hint="Write to another file.")
        if place in taken:
            raise OutputError(f"{out} would be written twice.", hint="Name two places.")
        taken.add(place)


def title_of(path: str | Path) -> str:
    """What a result is called: all of a folder's name, "take_7.5", and a file's without its ending."""
    is_folder = str(path).endswith(("/", os.sep)) or Path(path).is_dir()
    return Path(path).name if is_folder else Path(path).stem


@contextmanager
def atomically(out: str | Path) -> Iterator[Path]:
    """Yield a temporary sibling, a file or folder to be, that takes the place of `out` when all went well.

    Raises:
        OutputError: if writing fails.
        ResourceError: if the disk is full.
    """
    target = Path(out).resolve()  # what a link stands for, not the link
    temporary = _sibling(target)
    try:
        with writing(target):
            yield temporary
            _replace(temporary, target)
    finally:
        _remove(temporary)  # a no-op after success


@contextmanager
def writing(target: str | Path) -> Iterator[None]:
    """Tell what goes wrong while `target` is written.

    Raises:
        OutputError: if writing fails.
        ResourceError: if the disk is full.
    """
    try:
        yield
    except (OSError, av.FFmpegError) as error:
        raise _writing_failed(target, error) from error


def _check_folder(folder: Path, *, overwrite: bool) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise OutputError(f"{folder} is a file, not a folder.", hint="Choose another name.")
    files = list(folder.iterdir())
    strangers = [path.name for path in files if not _NUMBERED_PNG.fullmatch(path.name)]
    if strangers:
        raise OutputError(f"The folder {folder} holds {min(strangers)}.", hint="Name a new or empty folder.")
    if files and not overwrite:
        raise OutputError(f"The folder {folder} already holds frames.", hint="Name a new or empty folder.")


def _sibling(target: Path) -> Path:
    return target.with_name(f".{target.stem}-{secrets.token_hex(4)}{target.suffix}")


def _replace(temporary: Path, target: Path) -> None:
    if temporary.is_dir() and target.exists():  # a folder cannot be replaced in one step unless it is empty
        old = _sibling(target)
        target.rename(old)
        try:
            temporary.rename(target)
        except OSError:
            old.rename(target)
            raise
        _remove(old)
    else:
        temporary.replace(target)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _writing_failed(target: str | Path, error: OSError | av.FFmpegError) -> OutputError | ResourceError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ResourceError(
            f"{target} does not fit on the disk.", hint="Free some space, or write elsewhere."
        )
    reason = error.strerror or str(error)
    return OutputError(f"{target} cannot be written: {reason}.", hint="Try another place or another format.")
