"""A real HTTP server that behaves as well or as badly as a test wants, and registries of files on it."""

from __future__ import annotations

import hashlib
import json
import random
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from vcomp.weights.registry import Registry, WeightFile

MEGABYTE = 1 << 20
BODY = b"PK\x03\x04" + random.Random(1).randbytes(5 * MEGABYTE // 2)
OTHER_BODY = b"PK\x03\x04" + random.Random(2).randbytes(5 * MEGABYTE // 2)
PAGE = b"<!DOCTYPE html><html><body>Please sign in</body></html>"


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@dataclass
class Answer:
    """What is at one address."""

    body: bytes = BODY
    status: int = 200
    content_type: str = "application/octet-stream"
    etag: str | None = '"one"'
    takes_ranges: bool = True
    says_length: bool = True
    breaks_after: list[int] = field(default_factory=list)  # bytes of each connection in turn
    pause_s: float = 0.0  # before every tenth of a body
    puts_off: list[bool] = field(default_factory=list)  # whether each request in turn is put off


@dataclass(frozen=True)
class Request:
    path: str
    range: str | None
    if_range: str | None


class Server(ThreadingHTTPServer):
    """Answers by path, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Answer] = {}
        self.requests: list[Request] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def put(self, path: str, answer: Answer | None = None) -> str:
        """Have an answer at a path; gives its URL."""
        self.answers[path] = answer or Answer()
        return f"{self.address}{path}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        path = urlsplit(self.path).path  # a proxy is asked for whole URLs
        self.server.requests.append(Request(path, self.headers["Range"], self.headers["If-Range"]))
        answer = self.server.answers.get(path, Answer(PAGE, status=404, content_type="text/html"))
        if answer.puts_off and answer.puts_off.pop(0):
            self.send_response(503)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = self._start(answer)
        if start is not None and start >= len(answer.body):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(answer.body)}")
            self.end_headers()
            return
        body = answer.body[start or 0 :]
        self.send_response(answer.status if start is None else 206)
        self.send_header("Content-Type", answer.content_type)
        if start is not None:
            last = len(answer.body) - 1
            self.send_header("Content-Range", f"bytes {start}-{last}/{len(answer.body)}")
        if answer.says_length:
            self.send_header("Content-Length", str(len(body)))
        if answer.etag is not None:
            self.send_header("ETag", answer.etag)
        self.end_headers()
        self._send(answer, body)

    def _start(self, answer: Answer) -> int | None:
        """Where the part begins that is asked for and given; None for everything."""
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
        if asked is None or not answer.takes_ranges or answer.status != 200:
            return None
        if self.headers["If-Range"] not in (None, answer.etag):
            return None
        return int(asked[1])

    def _send(self, answer: Answer, body: bytes) -> None:
        limit = answer.breaks_after.pop(0) if answer.breaks_after else len(body)
        sent = body[:limit]
        step = max(1, len(sent) // 10)
        with suppress(ConnectionError):  # who asked may hang up
            for place in range(0, len(sent), step):
                time.sleep(answer.pause_s)
                self.wfile.write(sent[place : place + step])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def weight_file(source: str, **fields: object) -> WeightFile:
    """A file of BODY with a known hash, unless told otherwise."""
    standard: dict[str, object] = {
        "id": "net",
        "models": ["small"],
        "purpose": "to be fetched",
        "filename": "net.pth",
        "bytes": len(BODY),
        "sha256": sha256(BODY),
        "licence": "MIT",
        "revision": "1",
        "source": source,
    }
    return WeightFile.model_validate({**standard, **fields})


def registry_of(*files: WeightFile) -> Registry:
    return Registry(files, Path("weights.toml"))


def write_registry(path: Path, *files: WeightFile) -> None:
    """As weights.toml has it; strings, numbers, booleans and arrays are the same in JSON and in TOML."""
    lines: list[str] = []
    for file in files:
        lines.append("[[file]]")
        values = file.model_dump(mode="json", exclude_none=True)
        lines.extend(f"{key} = {json.dumps(value)}" for key, value in values.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
