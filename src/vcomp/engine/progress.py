"""What the engine tells while it works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TypeAlias


@dataclass(frozen=True)
class Progress:
    """`done` of `total` parts of a stage are finished.

    Args:
        stage: load, encode, denoise or decode.
        done: From 0 to `total`.
        total: Steps times passes.
        passes: Windows of a long video, all of which are gone through at each step.
    """

    stage: str
    done: int
    total: int
    passes: int = 1


OnProgress: TypeAlias = Callable[[Progress], None]


def no_note(_: str) -> None:
    """Tell nobody."""


@dataclass
class Stopwatch:
    """Seconds by stage; tells `on_progress` when one begins."""

    on_progress: OnProgress | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    _stage: str = ""

    def tell(self, stage: str, done: int, steps: int, *, passes: int = 1) -> None:
        """Report progress, if anybody listens: `done` of so many passes a step."""
        if self.on_progress:
            self.on_progress(Progress(stage, done, steps * passes, passes))

    @contextmanager
    def stage(self, name: str, *, steps: int = 1, passes: int = 1) -> Iterator[None]:
        """Time a stage; one that comes again adds to its seconds."""
        if name != self._stage:
            self.tell(name, 0, steps, passes=passes)
            self._stage = name
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - start
