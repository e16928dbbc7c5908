"""What the engine tells while it works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TypeAlias


@dataclass(frozen=True)
class Progress:
    """`done` of `total` parts of a stage are finished."""

    stage: str
    done: int
    total: int


OnProgress: TypeAlias = Callable[[Progress], None]


def no_note(_: str) -> None:
    """Tell nobody."""


@dataclass
class Stopwatch:
    """Seconds by stage; tells `on_progress` when one begins."""

    on_progress: OnProgress | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    _stage: str = ""

    def tell(self, stage: str, done: int, total: int) -> None:
        """Report progress, if anybody listens."""
        if self.on_progress:
            self.on_progress(Progress(stage, done, total))

    @contextmanager
    def stage(self, name: str, *, total: int = 1) -> Iterator[None]:
        """Time a stage of `total` parts; one that comes again adds to its seconds."""
        if name != self._stage:
            self.tell(name, 0, total)
            self._stage = name
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - start
