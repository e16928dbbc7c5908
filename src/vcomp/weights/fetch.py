"""Fetching weight files: space first, mirrors in turn, checked before a file takes its name."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import requests

from vcomp.errors import WeightsError
from vcomp.weights.contents import difference
from vcomp.weights.disk import writing_to
from vcomp.weights.download import (
    BrokenOffError,
    BusyError,
    MirrorError,
    Partial,
    UnreachableError,
    download,
    host_of,
)
from vcomp.weights.progress import FileProgress, OnFileProgress, ignore_progress
from vcomp.weights.registry import WeightFile
from vcomp.weights.store import Store

_STALLS = 3  # connections in a row that bring a mirror's file no further
_PAUSE_S = 0.5  # after a stall; a little longer after each


@dataclass(frozen=True)
class Pulled:
    """A file that is here now.

    Args:
        file: The file.
        path: Where it is.
        sha256: Its hash.
        fetched_from: The URL it came from now; None if it was here already.
    """

    file: WeightFile
    path: Path
    sha256: str
    fetched_from: str | None


def pull(
    store: Store,
    files: Sequence[WeightFile],
    *,
    offline: bool = False,
    on_progress: OnFileProgress = ignore_progress,
) -> Iterator[Pulled]:
    """Bring files into the store, one after another; those that are here already stay.

    Proxies are taken from the environment (HTTPS_PROXY, NO_PROXY and so on).

    Args:
        store: Where to.
        files: Which.
        offline: Fetch nothing: a file that is not here is an error.
        on_progress: Told how far it is, and of mirrors that fail.

    Yields:
        Each file as soon as it is in its place.

    Raises:
        WeightsError: A file is to be had nowhere, or is not here and `offline` is set.
        ResourceError: The files do not fit on the disk.
        OutputError: The folder cannot be written.
    """
    if not offline:
        store.require_space(file for file in files if not store.place(file).exists())
    for file in files:
        yield _here(store, file, on_progress) or _fetched(store, file, offline, on_progress)


def _here(store: Store, file: WeightFile, on_progress: OnFileProgress) -> Pulled | None:
    """The file if it is in its place; a damaged one is to be fetched again."""
    if not store.place(file).exists():
        return None
    try:
        sha256 = store.sha256_of(file, on_progress)
    except WeightsError as error:
        on_progress(FileProgress(file_id=file.id, stage="check", note=error.message))
        return None
    return Pulled(file, store.place(file), sha256, None)


def _fetched(store: Store, file: WeightFile, offline: bool, on_progress: OnFileProgress) -> Pulled:
    if offline:
        raise WeightsError(
            f"The weight file {file.title} is not here, and nothing may be fetched.",
            hint="Leave out --offline, or give the file: vcomp weights import FILE",
        )
    with store.lock(file, on_progress):
        # Another process may have brought it while this one waited.
        here = _here(store, file, on_progress)
        if here is not None:
            return here
        store.require_space([file])
        return _from_mirrors(store, file, on_progress)


def _from_mirrors(store: Store, file: WeightFile, on_progress: OnFileProgress) -> Pulled:
    partial = Partial(store.partial(file))
    failures: list[str] = []
    reached_any = False
    with requests.Session() as session:
        for url in sorted(file.urls, key=lambda url: url != partial.origin):  # first where it can go on
            try:
                sha256 = _from_mirror(session, store, file, url, partial, on_progress)
            except MirrorError as error:
                failures.append(f"{host_of(url)} {error}")
                reached_any |= not isinstance(error, UnreachableError)
                on_progress(FileProgress(file_id=file.id, stage="fetch", note=failures[-1]))
                continue
            path = store.place(file)
            with writing_to(path):
                _settle(partial, path)
                store.record(file, sha256, origin=url)
            return Pulled(file, path, sha256, url)
    raise WeightsError(
        f"{file.title} could not be fetched: {'; '.join(failures)}.",
        hint="Try again later, or give the file if you have it: vcomp weights import FILE"
        if reached_any
        else "Check the network and the proxy (HTTPS_PROXY), or give the file: vcomp weights import FILE",
    )


def _from_mirror(
    session: requests.Session,
    store: Store,
    file: WeightFile,
    url: str,
    partial: Partial,
    on_progress: OnFileProgress,
) -> str:
    """Fetch the whole of a partial file, over as many connections as it takes, and check it.

    Returns:
        Its SHA-256.

    Raises:
        MirrorError: It is not to be had here, or it is not the right one, and then it is thrown away.
    """
    began = furthest = partial.size
    stalls = 0
    while True:
        try:
            download(session, file, url, partial, on_progress)
        except (BrokenOffError, BusyError, UnreachableError) as error:
            # Others may have the file at once; but what came from here they may have to send again.
            if not isinstance(error, BrokenOffError) and partial.origin != url:
                raise
            stalls = 0 if partial.size > furthest else stalls + 1
            furthest = max(furthest, partial.size)
            if stalls == _STALLS:
                raise
            time.sleep(stalls * _PAUSE_S)
            continue
        sha256, wrong = difference(partial.path, file, store.expected_sha256(file), on_progress)
        if wrong is None:
            return sha256
        partial.discard()
        if not began:
            raise MirrorError(f"gives a file that {wrong}")
        # Its beginning is from an earlier run, perhaps from elsewhere: this mirror has a fresh start.
        began = furthest = stalls = 0


def _settle(partial: Partial, path: Path) -> None:
    """Make sure that the bytes are on the disk before the name says so."""
    with partial.path.open("r+b") as stream:
        os.fsync(stream.fileno())
    partial.take_the_name(path)
