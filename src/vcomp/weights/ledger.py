"""The lock file of a store: the SHA-256 of every file that was let in, as later checks hold it to."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vcomp.errors import WeightsError
from vcomp.weights.registry import Sha256

LEDGER_NAME = "weights.lock.json"


class Entry(BaseModel):
    """What is known of one file since it was first let in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: Sha256
    revision: str  # of the registry's entry; another revision may have another hash
    origin: str  # the URL or path it came from
    bytes: int
    mtime_ns: int | None = None  # of the file when its hash was taken; None: it is to be read again

    def describes(self, path: Path) -> bool:
        """Whether the file is untouched since its hash was taken, by its size and time."""
        stat = path.stat()
        return (self.bytes, self.mtime_ns) == (stat.st_size, stat.st_mtime_ns)

    def untrusted(self) -> Entry:
        """The same hash, to hold the file to when it is read next."""
        return self.model_copy(update={"mtime_ns": None})


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")

    files: dict[str, Entry] = Field(default_factory=dict)


@dataclass(frozen=True)
class Ledger:
    """The lock file in a store's folder. Processes that write at once take turns."""

    path: Path

    def entry(self, file_id: str) -> Entry | None:
        """What is recorded of a file.

        Raises:
            WeightsError: The lock file is damaged.
        """
        return self._read().files.get(file_id)

    def write(self, file_id: str, entry: Entry | None) -> None:
        """Record a file, or with None forget it.

        Raises:
            WeightsError: The lock file is damaged.
        """
        with FileLock(self.path.with_name(f".{self.path.name}.lock")):
            document = self._read()
            if entry is None:
                document.files.pop(file_id, None)
            else:
                document.files[file_id] = entry
            temporary = self.path.with_name(f".{self.path.name}-{secrets.token_hex(4)}")
            try:
                temporary.write_text(document.model_dump_json(indent=2) + "\n", encoding="utf-8")
                temporary.replace(self.path)
            finally:
                temporary.unlink(missing_ok=True)  # a no-op after success

    def _read(self) -> _Document:
        try:
            return _Document.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return _Document()
        except ValidationError as error:
            raise WeightsError(
                f"The lock file {self.path} is damaged.",
                hint="Delete it: files without a published hash are then recorded anew.",
            ) from error
