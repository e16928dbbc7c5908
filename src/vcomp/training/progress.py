"""How far a run is, about every ten seconds."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import fmean


@dataclass(frozen=True)
class Progress:
    """One line of a run's progress.

    Args:
        task: What is done.
        step: Steps that are done, of `steps`.
        steps: Of the whole task.
        loss: Mean over the steps since the line before; None where nothing is learnt.
        samples_per_s: Over the same steps.
        left_s: Seconds that the rest takes at this speed.
    """

    task: str
    step: int
    steps: int
    loss: float | None
    samples_per_s: float
    left_s: float

    def __str__(self) -> str:
        parts = [f"{self.task} {self.step}/{self.steps}"]
        parts += [] if self.loss is None else [f"loss {self.loss:.4f}"]
        parts += [f"{self.samples_per_s:.1f} samples/s", f"{self.left_s / 60:.1f} min left"]
        return "  ".join(parts)


class Meter:
    """Averages the loss and the speed between two reports.

    Args:
        task: What is done.
        steps: Of the whole task.
        every_s: Seconds from report to report; after the last step there is one in any case.
    """

    def __init__(self, task: str, steps: int, *, every_s: float = 10.0) -> None:
        self.task, self.steps, self.every_s = task, steps, every_s
        self._reset()

    def add(self, loss: float | None, samples: int) -> None:
        """A step is done.

        Args:
            loss: Its loss; None where nothing is learnt.
            samples: What it saw.
        """
        self._steps_since += 1
        self._samples += samples
        if loss is not None:
            self._losses.append(loss)

    def due(self, step: int) -> Progress | None:
        """A report, if it is time for one; `step` are the steps done so far."""
        elapsed = time.monotonic() - self._since
        if elapsed < self.every_s and step < self.steps:
            return None
        progress = Progress(
            task=self.task,
            step=step,
            steps=self.steps,
            loss=fmean(self._losses) if self._losses else None,
            samples_per_s=self._samples / max(elapsed, 1e-9),
            left_s=(self.steps - step) * elapsed / self._steps_since,
        )
        self._reset()
        return progress

    def _reset(self) -> None:
        self._since, self._losses = time.monotonic(), list[float]()
        self._steps_since = self._samples = 0
