"""A server of weight files."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from weight_server import Server, serving


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server
