"""What a person sees on stderr while a command works."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from vcomp.engine.progress import Progress

_STAGES = {
    "load": "loading the model",
    "encode": "encoding the conditions",
    "denoise": "denoising",
    "decode": "decoding",
}
_PLAIN_REPORTS = 4  # lines of progress in a log


class Report:
    """Notes and progress: a bar with steps and time left in a terminal, a few lines elsewhere, or nothing.

    Args:
        quiet: Say nothing.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._console = Console(stderr=True, quiet=quiet, highlight=False, soft_wrap=True)
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[steps]}"),
            TimeRemainingColumn(compact=True),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("starting", total=None, steps="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def note(self, sentence: str) -> None:
        """Say something that stays."""
        self._console.print(sentence, markup=False)

    def count(self, doing: str, done: int) -> None:
        """Move on in something whose end nobody knows."""
        self._bar.update(self._task, description=doing, completed=done, total=None, steps=f"{done}")

    def progress(self, progress: Progress) -> None:
        """Move the bar, or in a log say so now and then."""
        stage, done = _STAGES[progress.stage], progress.done
        step, steps = done // progress.passes, progress.total // progress.passes
        has_steps = progress.total > 1
        if done == 0:
            self._bar.reset(self._task, description=stage)
        self._bar.update(
            self._task,
            completed=done,
            total=progress.total if has_steps else None,
            steps=f"step {step}/{steps}, left" if has_steps else "",
        )
        every = max(1, steps // _PLAIN_REPORTS) * progress.passes
        if not self._console.is_terminal and done and done % every == 0:
            self.note(f"{stage}: step {step} of {steps}")
