"""Taking in files that someone has already: recognised by content, hashed, then linked into the store."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from vcomp.errors import WeightsError
from vcomp.weights.contents import difference, has_the_format, opening_of, sha256_of, what_it_is
from vcomp.weights.disk import writing_to
from vcomp.weights.progress import FileProgress, OnFileProgress, ignore_progress
from vcomp.weights.registry import WeightFile
from vcomp.weights.store import Store

How: TypeAlias = Literal["hard link", "symbolic link", "copy", "here already"]
_BLOCK = 1 << 22
_LIST = "List what is needed: vcomp weights list"


@dataclass(frozen=True)
class Imported:
    """A file that was taken in.

    Args:
        file: What it is.
        source: Where it was.
        path: Where it is now.
        sha256: Its hash.
        how: How it came there.
    """

    file: WeightFile
    source: Path
    path: Path
    sha256: str
    how: How


def import_files(
    store: Store,
    paths: Iterable[Path],
    *,
    copy: bool = False,
    on_progress: OnFileProgress = ignore_progress,
) -> Iterator[Imported]:
    """Take in files, and from folders all files that can be weights by their size.

    A hard link costs no space and outlives the original; where there can be none a symbolic link does.

    Args:
        store: Where to.
        paths: Files and folders.
        copy: Copy them instead of linking.
        on_progress: Told how far it is.

    Yields:
        Each file as soon as it is in its place.

    Raises:
        WeightsError: A path is missing or unreadable, or a file is none of the registry's.
        ResourceError: A copy does not fit on the disk.
        OutputError: The store cannot be written.
    """
    for path in paths:
        if path.is_dir():
            yield from _import_folder(store, path, copy, on_progress)
        else:
            yield _import_file(store, _readable(path), copy, on_progress)


def recognise(
    store: Store, path: Path, on_progress: OnFileProgress = ignore_progress
) -> tuple[WeightFile, str]:
    """Tell by its content which weight file a file is, whatever its name.

    Where a hash is known it decides; else the size, to the byte, and the format.

    Returns:
        The weight file and the hash.

    Raises:
        WeightsError: It is none of them.
    """
    size, opening = path.stat().st_size, opening_of(path)
    named = [file for file in store.registry if file.filename == path.name]
    fitting = [file for file in store.registry if _may_be(file, size)]
    if not fitting:
        raise WeightsError(_why_not(path, size, opening, named), hint=_LIST)
    sha256 = sha256_of(path, fitting[0], on_progress)
    unknown: list[WeightFile] = []
    for file in fitting:
        expected = store.expected_sha256(file)
        if expected == sha256:
            return file, sha256
        if expected is None and has_the_format(opening, file.filename):
            unknown.append(file)
    if unknown:
        # Of several that are equally possible the one of that name is meant.
        return next((file for file in unknown if file in named), unknown[0]), sha256
    likely = [file for file in fitting if file.bytes_exact or file in named]
    if not likely:  # a size that is only roughly that of another file says little
        raise WeightsError(_why_not(path, size, opening, named), hint=_LIST)
    raise WeightsError(
        f"{path} has the size of {' or '.join(file.id for file in likely)}, but not its content:"
        f" SHA-256 {sha256}.",
        hint="It is damaged, or another version of the file.",
    )


def _may_be(file: WeightFile, size: int) -> bool:
    return size == file.bytes if file.bytes_exact else abs(size - file.bytes) < 0.05 * file.bytes


def _why_not(path: Path, size: int, opening: bytes, named: list[WeightFile]) -> str:
    """The message about a file whose size no weight file has."""
    found = what_it_is(opening)
    if found:
        return f"{path} is {found}, not weights."
    if named:
        sizes = " or ".join(f"{file.bytes:,}" for file in named)
        return f"{path} has {size:,} bytes, but the published {path.name} has {sizes}."
    return f"{path} is none of the files that vcomp knows: none has {size:,} bytes."


def _readable(path: Path) -> Path:
    """The path of a file that can be read.

    Raises:
        WeightsError: It is none.
    """
    if not path.is_file():
        raise WeightsError(f"There is no file {path}.", hint="Check the path.")
    if not os.access(path, os.R_OK):
        raise WeightsError(f"{path} may not be read.", hint=f"Give yourself permission: chmod +r {path}")
    return path


def _import_folder(store: Store, folder: Path, copy: bool, on_progress: OnFileProgress) -> Iterator[Imported]:
    """Take in those files of a folder that are weights; others of such a size are passed over, aloud.

    Raises:
        WeightsError: There are none.
    """
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and os.access(path, os.R_OK)]
    found = [path for path in found if any(_may_be(file, path.stat().st_size) for file in store.registry)]
    # A cache names one file twice: by its hash, and by a link.
    sources = {path.resolve(): path for path in found}
    strangers = []
    for path in sources.values():
        try:
            yield _import_file(store, path, copy, on_progress)
        except WeightsError as error:
            on_progress(FileProgress(file_id=path.name, stage="check", note=error.message))
            strangers.append(error)
    if not sources:
        raise WeightsError(f"The folder {folder} holds no file of the size of a weight file.", hint=_LIST)
    if len(strangers) == len(sources):
        raise strangers[0]


def _import_file(store: Store, path: Path, copy: bool, on_progress: OnFileProgress) -> Imported:
    source = path.resolve()  # what a cache links to, not the link
    file, sha256 = recognise(store, source, on_progress)
    place = store.place(file)
    with store.lock(file, on_progress):
        if place.exists() and difference(place, file, sha256)[1] is None:
            how: How = "here already"
        else:
            if copy:
                store.require_space([file])
            with writing_to(place):
                how = _bring(source, place, file, sha256, copy, on_progress)
        with writing_to(place):
            store.record(file, sha256, origin=str(path.absolute()))
    return Imported(file, path, place, sha256, how)


def _bring(
    source: Path, place: Path, file: WeightFile, sha256: str, copy: bool, on_progress: OnFileProgress
) -> How:
    """Put a file in its place in one step, by the cheapest way there is."""
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary = place.with_name(f".{file.filename}.import")
    temporary.unlink(missing_ok=True)
    try:
        how = "copy" if copy else _link(source, temporary)
        if how == "copy":
            _copy(source, temporary, file, on_progress)
            if difference(temporary, file, sha256, on_progress)[1] is not None:
                raise WeightsError(f"{source} changed while it was copied.", hint="Import it again.")
        temporary.replace(place)
    finally:
        temporary.unlink(missing_ok=True)
    return how


def _link(source: Path, target: Path) -> How:
    """Link, or say that only a copy is possible."""
    with suppress(OSError):  # another disk, or a file system without hard links
        target.hardlink_to(source)
        return "hard link"
    with suppress(OSError):  # a system that lets only administrators link
        target.symlink_to(source)
        return "symbolic link"
    return "copy"


def _copy(source: Path, target: Path, file: WeightFile, on_progress: OnFileProgress) -> None:
    total, done = source.stat().st_size, 0
    with source.open("rb") as reading, target.open("wb") as writing:
        while block := reading.read(_BLOCK):
            writing.write(block)
            done += len(block)
            on_progress(FileProgress(file_id=file.id, stage="copy", done=done, total=total))
        writing.flush()
        os.fsync(writing.fileno())
