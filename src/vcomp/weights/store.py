"""The store: one folder of weight files, each in a folder of its own, and what is known of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path
from stat import S_ISREG

from filelock import FileLock, Timeout
from platformdirs import user_cache_path

from vcomp.errors import WeightsError
from vcomp.weights.contents import require_match
from vcomp.weights.disk import HOME_VARIABLE, require_space, writing_to
from vcomp.weights.ledger import LEDGER_NAME, Entry, Ledger
from vcomp.weights.progress import FileProgress, OnFileProgress, ignore_progress
from vcomp.weights.registry import REGISTRY_NAME, Registry, WeightFile, read_registry, shipped_registry


class State(Enum):
    """What is on disk of a file, as its size and the lock file tell without reading it."""

    READY = "ready"
    UNCHECKED = "unchecked"  # there, and hashed when it is first used
    DAMAGED = "damaged"  # of a wrong size, or a link to nothing
    PARTIAL = "partial"  # a download broke off; the next one goes on
    MISSING = "missing"


@dataclass(frozen=True)
class Store:
    """Weight files on disk.

    Args:
        folder: Holds `ID/FILENAME` for every file, and the lock file.
        registry: The files there can be.
    """

    folder: Path
    registry: Registry

    @cached_property
    def ledger(self) -> Ledger:
        """The lock file."""
        return Ledger(self.folder / LEDGER_NAME)

    def place(self, file: WeightFile) -> Path:
        """Where a file is, or would be."""
        return self.folder / file.id / file.filename

    def partial(self, file: WeightFile) -> Path:
        """Where a download that is not complete yet is."""
        return self.place(file).with_name(f"{file.filename}.partial")

    def derived(self, file_id: str) -> Path:
        """The folder for what is made from a file, such as its conversion; it is removed with the file."""
        return self.folder / self.registry.file(file_id).id / "derived"

    def path_of(self, file_id: str, on_progress: OnFileProgress = ignore_progress) -> Path:
        """Find a file and make sure that it is the published one.

        It is read in full when it is new or was touched since its last check; otherwise this costs nothing.

        Raises:
            UsageError: There is no such file in the registry.
            WeightsError: It is missing, damaged or another one.
        """
        file = self.registry.file(file_id)
        self.sha256_of(file, on_progress)
        return self.place(file)

    def find(self, file_id: str, on_progress: OnFileProgress = ignore_progress) -> tuple[WeightFile, Path]:
        """Find a file or one that will do instead: the preferred one if it is there, else an alternative.

        Raises:
            UsageError: There is no such file in the registry.
            WeightsError: None of them is there, or the one that is there is damaged.
        """
        file = self._present(self.registry.file(file_id))
        return file, self.path_of(file.id, on_progress)

    def needed(self, names: Sequence[str]) -> tuple[WeightFile, ...]:
        """The files that `pull` is to bring: for a model those it needs, or the alternatives that are here.

        Raises:
            UsageError: A name means nothing here.
        """
        chosen = self.registry.select(names)
        return tuple(
            file if file.id in names or file.filename in names else self._present(file) for file in chosen
        )

    def state(self, file: WeightFile) -> State:
        """What is on disk of a file, without reading it."""
        path = self.place(file)
        if not path.exists():
            if path.is_symlink():
                return State.DAMAGED
            return State.PARTIAL if self.partial(file).exists() else State.MISSING
        if file.bytes_exact and path.stat().st_size != file.bytes:
            return State.DAMAGED
        return State.READY if self._is_known(file) else State.UNCHECKED

    def expected_sha256(self, file: WeightFile) -> str | None:
        """The hash a file must have: the published one, else the one that was recorded when it first came."""
        if file.sha256 is not None:
            return file.sha256
        entry = self._entry(file)
        return None if entry is None else entry.sha256

    def sha256_of(self, file: WeightFile, on_progress: OnFileProgress = ignore_progress) -> str:
        """The hash of a file that is here; it is read only where `path_of` would.

        Raises:
            WeightsError: It is missing, damaged or another one.
        """
        entry = self._entry(file)
        if entry is not None and self.place(file).exists() and self._is_known(file):
            return entry.sha256
        return self.check(file, on_progress)

    def check(self, file: WeightFile, on_progress: OnFileProgress = ignore_progress) -> str:
        """Read a file that is here in full, and record it if it is right.

        Returns:
            Its SHA-256.

        Raises:
            WeightsError: It is missing, damaged or another one.
        """
        path = self.place(file)
        if not path.exists():
            raise WeightsError(self._absence(file), hint=f"Fetch it: vcomp weights pull {file.id}")
        entry = self._entry(file)
        # A folder that others share may be read-only: there every start checks anew.
        may_write = os.access(self.folder, os.W_OK)
        hint = f"Fetch it again: vcomp weights pull {file.id}"
        try:
            sha256 = require_match(path, file, self.expected_sha256(file), on_progress, hint=hint)
        except WeightsError:
            if entry is not None and may_write:
                self.ledger.write(file.id, entry.untrusted())
            raise
        if may_write:
            self.record(file, sha256, origin=str(path) if entry is None else entry.origin)
        return sha256

    def record(self, file: WeightFile, sha256: str, *, origin: str) -> None:
        """Write down the hash of a file that is in its place."""
        stat = self.place(file).stat()
        self.ledger.write(
            file.id,
            Entry(
                sha256=sha256,
                revision=file.revision,
                origin=origin,
                bytes=stat.st_size,
                mtime_ns=stat.st_mtime_ns,
            ),
        )

    def remove(self, file: WeightFile, *, forget: bool = False) -> int:
        """Remove a file with what was made from it; its recorded hash stays unless it is to be forgotten.

        Returns:
            How many bytes that freed; a link to a file elsewhere frees none.

        Raises:
            WeightsError: Another process works on it.
        """
        with self.lock(file, wait=False), writing_to(self.place(file)):
            folder = self.place(file).parent
            stats = [path.lstat() for path in folder.rglob("*") if not path.is_dir()]
            freed = sum(stat.st_size for stat in stats if S_ISREG(stat.st_mode) and stat.st_nlink == 1)
            if folder.exists():
                shutil.rmtree(folder)
            entry = self.ledger.entry(file.id)
            if entry is not None:
                self.ledger.write(file.id, None if forget else entry.untrusted())
        return freed

    @contextmanager
    def lock(
        self, file: WeightFile, on_progress: OnFileProgress = ignore_progress, *, wait: bool = True
    ) -> Iterator[None]:
        """Work on a file alone; the lock goes with the process, however it ends.

        Raises:
            OutputError: The folder cannot be written.
            WeightsError: Another process works on it, and `wait` is false.
        """
        with writing_to(self.folder):
            folder = self.folder / ".locks"
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder / file.id)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                if not wait:
                    raise WeightsError(
                        f"Another process is working on {file.title}.", hint="Wait for its end."
                    ) from None
                on_progress(FileProgress(file_id=file.id, stage="wait"))
                lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def require_space(self, files: Iterable[WeightFile]) -> None:
        """Make sure, before long work, that files fit on the disk.

        Raises:
            ResourceError: They do not.
        """
        needed = 0
        for file in files:
            partial = self.partial(file)
            needed += max(0, file.bytes - (partial.stat().st_size if partial.exists() else 0))
        require_space(self.folder, needed)

    def _present(self, file: WeightFile) -> WeightFile:
        """The first of a file and those that will do instead that is here, else the preferred one."""
        candidates = self.registry.alternatives(file.id)
        return next((one for one in candidates if self.place(one).exists()), candidates[0])

    def _is_known(self, file: WeightFile) -> bool:
        entry = self._entry(file)
        if entry is None or entry.sha256 != self.expected_sha256(file):
            return False
        return entry.describes(self.place(file))

    def _entry(self, file: WeightFile) -> Entry | None:
        entry = self.ledger.entry(file.id)
        return entry if entry is not None and entry.revision == file.revision else None

    def _absence(self, file: WeightFile) -> str:
        path = self.place(file)
        if path.is_symlink():
            return f"{path} is a link to {path.readlink()}, which is not there any more."
        return f"The weight file {file.title} is not here."


def open_store() -> Store:
    """The user's store, with the registry that comes with vcomp or the user's own in its folder.

    Raises:
        WeightsError: The registry cannot be read.
    """
    home = home_folder()
    own = home / REGISTRY_NAME
    return Store(home / "weights", read_registry(own if own.is_file() else shipped_registry()))


def home_folder() -> Path:
    """The folder of all that vcomp keeps: VCOMP_HOME, else the platform's cache folder."""
    given = os.environ.get(HOME_VARIABLE)
    return Path(given).expanduser().absolute() if given else user_cache_path("vcomp", appauthor=False)
