"""What a person sees on stderr while weight files are moved and checked: a bar a file."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from vcomp.weights.progress import FileProgress
from vcomp.weights.registry import WeightFile

_WORDS = {"wait": "waiting for another process", "fetch": "fetching", "copy": "copying", "check": "checking"}
_PLAIN_REPORTS = 4  # lines of progress a file in a log


class FileReport:
    """A bar for every file in a terminal, a few lines elsewhere, or nothing.

    Args:
        quiet: Say nothing.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._console = Console(stderr=True, quiet=quiet, highlight=False, soft_wrap=True)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(compact=True),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._stage = ""
        self._told = 0

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def progress(self, progress: FileProgress) -> None:
        """Move a file's bar, or in a log say so now and then."""
        if progress.note:
            self._console.print(f"{progress.file_id}: {progress.note}", markup=False)
            return
        words = f"{progress.file_id}: {_WORDS[progress.stage]}"
        if words != self._stage:
            self._stage, self._told = words, 0
            self._restart_bar(progress.file_id, words)
        self._bars.update(
            self._tasks[progress.file_id], completed=progress.done, total=progress.total or None
        )
        if not self._console.is_terminal:
            self._say_now_and_then(words, progress)

    def finish(self, file: WeightFile, result: str) -> None:
        """Say what became of a file, in place of its bar."""
        if file.id in self._tasks:
            self._bars.remove_task(self._tasks.pop(file.id))
        self._stage = ""
        self._console.print(f"{file.id}: {result}", markup=False)

    def _restart_bar(self, file_id: str, words: str) -> None:
        """The speed of one stage says nothing about the next."""
        if file_id in self._tasks:
            self._bars.remove_task(self._tasks[file_id])
        self._tasks[file_id] = self._bars.add_task(words, total=None)

    def _say_now_and_then(self, words: str, progress: FileProgress) -> None:
        quarter = _PLAIN_REPORTS * progress.done // max(1, progress.total)
        if quarter > self._told and progress.stage != "wait":
            self._told = quarter
            self._console.print(f"{words}: {100 * progress.done // progress.total} %", markup=False)
        elif progress.stage == "wait":
            self._console.print(words, markup=False)
