"""What is in a file: by its opening bytes, its size and its SHA-256. Nothing is unpickled."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

from vcomp.errors import WeightsError
from vcomp.weights.progress import FileProgress, OnFileProgress, ignore_progress
from vcomp.weights.registry import WeightFile

OPENING_BYTES = 512  # enough to tell what a file is
_BLOCK = 1 << 22
_REPORT_EVERY = 16  # blocks
_SHORT = 12  # digits of a hash that a person compares


def what_it_is(opening: bytes) -> str | None:
    """Name what often arrives in place of weights, from a file's first bytes; None for anything else."""
    start = opening.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not opening:
        return "an empty file"
    if start.startswith((b"<!doctype", b"<html", b"<head", b"<?xml")):
        return "a web page"
    if start.startswith(b"version https://git-lfs"):
        return "a git-lfs pointer"
    if start.startswith((b'{"', b"{\n")):
        return "a JSON message"
    return None


def has_the_format(opening: bytes, filename: str) -> bool:
    """Whether a file that starts so can be what its ending says: safetensors, or what torch.save writes."""
    if filename.endswith(".safetensors"):
        return len(opening) > 8 and opening[8:9] == b"{" and struct.unpack("<Q", opening[:8])[0] < 1 << 27
    return opening.startswith((b"PK\x03\x04", b"\x80\x02"))


def opening_of(path: Path) -> bytes:
    """The first bytes of a file."""
    with path.open("rb") as stream:
        return stream.read(OPENING_BYTES)


def sha256_of(path: Path, file: WeightFile, on_progress: OnFileProgress = ignore_progress) -> str:
    """The hash of a whole file; `file` is what the progress is about."""
    digest = hashlib.sha256()
    total, done = path.stat().st_size, 0
    with path.open("rb", buffering=0) as stream:
        for number, block in enumerate(iter(lambda: stream.read(_BLOCK), b"")):
            digest.update(block)
            done += len(block)
            if number % _REPORT_EVERY == 0 or done == total:
                on_progress(FileProgress(file_id=file.id, stage="check", done=done, total=total))
    return digest.hexdigest()


def difference(
    path: Path, file: WeightFile, expected: str | None, on_progress: OnFileProgress = ignore_progress
) -> tuple[str, str | None]:
    """Compare a file on disk with what it should be.

    Args:
        path: Where it is.
        file: What it should be.
        expected: Its SHA-256, or None where none is known: then its format counts.
        on_progress: Told while it is read.

    Returns:
        Its SHA-256, empty where its size already tells, and what is wrong as the end of a sentence, or None.
    """
    size = path.stat().st_size
    if file.bytes_exact and size != file.bytes:
        found = what_it_is(opening_of(path))
        instead = f"{size:,} bytes instead of {file.bytes:,}"
        return "", f"is {found}, {instead}" if found else f"has {instead}"
    sha256 = sha256_of(path, file, on_progress)
    if expected is not None and sha256 != expected:
        return sha256, f"has SHA-256 {sha256[:_SHORT]}… instead of {expected[:_SHORT]}…"
    if expected is None and not has_the_format(opening_of(path), file.filename):
        return sha256, f"is {what_it_is(opening_of(path)) or f'no {Path(file.filename).suffix} file'}"
    return sha256, None


def require_match(
    path: Path, file: WeightFile, expected: str | None, on_progress: OnFileProgress, *, hint: str
) -> str:
    """The SHA-256 of a file on disk that is what it should be.

    Raises:
        WeightsError: It is not; the message says how, and ends with `hint`.
    """
    sha256, wrong = difference(path, file, expected, on_progress)
    if wrong is not None:
        raise WeightsError(f"{path} is not the published {file.id}: it {wrong}.", hint=hint)
    return sha256
