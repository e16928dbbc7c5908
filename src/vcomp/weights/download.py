"""One download over HTTP into a partial file, which the next one goes on with."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import requests
from pydantic import BaseModel, ConfigDict, ValidationError

from vcomp.weights.contents import OPENING_BYTES, what_it_is
from vcomp.weights.disk import writing_to
from vcomp.weights.progress import FileProgress, OnFileProgress
from vcomp.weights.registry import WeightFile

_CHUNK = 1 << 20
_TIMEOUTS_S = (10.0, 60.0)  # to connect; between two chunks
_WEB_PAGES = ("text/html", "application/xhtml")
_BUSY = frozenset(
    (
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    )
)


class MirrorError(Exception):
    """A mirror does not give the file; the message says what it does instead."""


class UnreachableError(MirrorError):
    """A mirror does not answer."""


class BusyError(MirrorError):
    """A mirror asks for patience."""


class BrokenOffError(MirrorError):
    """A download ended early; it can go on."""


class _Note(BaseModel):
    """What is known of a partial file, beside it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    etag: str | None  # names this very version of the file; None where the server gives none


@dataclass(frozen=True)
class Partial:
    """A file on its way, and the note beside it that says from where."""

    path: Path

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def origin(self) -> str | None:
        """The URL it is from, if that is known."""
        note = self.note()
        return None if note is None else note.url

    def start(self, note: _Note) -> None:
        """Note where the next bytes are from, before they come."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._note_path.write_text(note.model_dump_json(), encoding="utf-8")

    def note(self) -> _Note | None:
        """Where it is from, if that is known."""
        try:
            return _Note.model_validate_json(self._note_path.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def discard(self) -> None:
        """Throw it away."""
        self.path.unlink(missing_ok=True)
        self._note_path.unlink(missing_ok=True)

    def take_the_name(self, path: Path) -> None:
        """Become the file it was meant to be, in one step."""
        self.path.replace(path)
        self._note_path.unlink(missing_ok=True)

    @property
    def _note_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}.json")


def host_of(url: str) -> str:
    """What to call a mirror."""
    return urlsplit(url).netloc


def download(
    session: requests.Session, file: WeightFile, url: str, partial: Partial, on_progress: OnFileProgress
) -> None:
    """Bring a partial file to its full length, from where it is where that is safe.

    Going on is safe where the server says by its ETag that it has the same version (RFC 9110, If-Range), or
    where the file's hash is known and will tell. Without a proof it starts over.

    Raises:
        MirrorError: The answer is not the file; nothing of it is kept.
        UnreachableError: There is no answer.
        BusyError: The answer is to come again.
        BrokenOffError: The connection failed; what came is kept.
        OutputError: The folder cannot be written.
        ResourceError: The disk is full.
    """
    headers, offset = _request_headers(file, url, partial)
    try:
        response = session.get(url, headers=headers, stream=True, timeout=_TIMEOUTS_S)
    except requests.RequestException as error:
        raise UnreachableError(f"cannot be reached ({_reason(error)})") from error
    with response:
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            if response.headers.get("Content-Range") == f"bytes */{offset}":
                return  # it is complete already
            partial.discard()
            raise BrokenOffError("does not go on where the last download ended")
        offset = _checked_offset(response, offset)
        total = _checked_total(response, offset, file)
        with writing_to(partial.path):
            partial.start(_Note(url=url, etag=_strong_etag(response)))
        try:
            _write_body(response, offset, total, file, partial, on_progress)
        except requests.RequestException as error:
            raise BrokenOffError(_broken_off(file, partial)) from error
        except MirrorError:
            partial.discard()
            raise
    if total is not None and partial.size < total:
        raise BrokenOffError(_broken_off(file, partial))


def _request_headers(file: WeightFile, url: str, partial: Partial) -> tuple[dict[str, str], int]:
    # Encodings are declined: sizes and offsets are those of the file itself.
    headers = {"Accept-Encoding": "identity", "User-Agent": "vcomp"}
    note = partial.note()
    is_the_same = note is not None and note.url == url and note.etag is not None
    if not partial.size or not (is_the_same or file.sha256):
        return headers, 0
    headers["Range"] = f"bytes={partial.size}-"
    if is_the_same and note is not None and note.etag is not None:
        headers["If-Range"] = note.etag
    return headers, partial.size


def _strong_etag(response: requests.Response) -> str | None:
    etag = response.headers.get("ETag")
    return etag if etag and etag.startswith('"') else None


def _checked_offset(response: requests.Response, offset: int) -> int:
    """Where the body of the answer belongs; 0 where the server sends everything, asked for or not."""
    if response.status_code == HTTPStatus.OK:
        return 0
    if response.status_code != HTTPStatus.PARTIAL_CONTENT:
        refused = BusyError if response.status_code in _BUSY else MirrorError
        raise refused(f"answers {response.status_code} {response.reason}".rstrip())
    if not response.headers.get("Content-Range", "").startswith(f"bytes {offset}-"):
        raise MirrorError("sends another part than was asked for")
    return offset


def _checked_total(response: requests.Response, offset: int, file: WeightFile) -> int | None:
    """The length of the whole file as the server says it; wrong ones are refused before a byte is written."""
    if response.headers.get("Content-Type", "").startswith(_WEB_PAGES):
        raise MirrorError("sends a web page instead of the file")
    length = response.headers.get("Content-Length")
    total = file.bytes if file.bytes_exact else None
    if length is None or "Content-Encoding" in response.headers:
        return total
    announced = offset + int(length)
    if total is not None and announced != total:
        raise MirrorError(f"has {announced:,} bytes instead of {total:,}")
    return announced


def _write_body(
    response: requests.Response,
    offset: int,
    total: int | None,
    file: WeightFile,
    partial: Partial,
    on_progress: OnFileProgress,
) -> None:
    done = offset
    with writing_to(partial.path):
        stream = partial.path.open("r+b" if offset else "wb")
    with stream:
        stream.seek(offset)
        for chunk in response.iter_content(_CHUNK):
            found = what_it_is(chunk[:OPENING_BYTES]) if done == 0 else None
            if found:
                raise MirrorError(f"sends {found} instead of the file")
            done += len(chunk)
            if total is not None and done > total:
                raise MirrorError(f"sends more than the {total:,} bytes of the file")
            with writing_to(partial.path):
                stream.write(chunk)
                stream.flush()
            on_progress(
                FileProgress(file_id=file.id, stage="fetch", done=done, total=max(done, total or file.bytes))
            )


def _broken_off(file: WeightFile, partial: Partial) -> str:
    return f"broke off after {partial.size:,} of {file.bytes:,} bytes"


def _reason(error: BaseException) -> str:
    """The innermost cause, which is what a person can act on."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
