"""The training loop all tasks share: warm-up, clipping, averaging, checkpoints, exact resume, progress."""

from __future__ import annotations

import logging
import math
import pickle
import time
import zipfile
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn

from vcomp.errors import WeightsError
from vcomp.training.interrupts import uninterrupted
from vcomp.training.partners import Partner, add_gradients, draw_ahead, share_parameters
from vcomp.training.precision import MasterWeights
from vcomp.training.progress import Meter, Progress

log = logging.getLogger(__name__)
Batch = TypeVar("Batch")


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long and how fast to learn.

    Args:
        steps: Updates in all.
        learning_rate: Peak, reached after ``warmup`` steps, then a half cosine down to a twentieth.
        warmup: Steps of linear growth.
        weight_decay: AdamW's.
        clip_norm: Largest norm of the gradient.
        ema_decay: Decay of the averaged weights.
        batches: Batches a step, whose gradients are averaged; several processes can compute them.
        muon: Whether Muon trains hidden matrices (`MasterWeights`).
    """

    steps: int
    learning_rate: float
    warmup: int = 100
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    ema_decay: float = 0.995
    batches: int = 1
    muon: bool = False

    def rate(self, step: int) -> float:
        """Learning rate of ``step``, counted from 0."""
        if step < self.warmup:
            return self.learning_rate * (step + 1) / self.warmup
        progress = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.learning_rate * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


class Task(Protocol[Batch]):
    """What is learnt.

    Batches are a pure function of the step, so that a resumed run sees what it would have seen.
    """

    @property
    def name(self) -> str:
        """Names the checkpoint and the previews."""

    @property
    def model(self) -> nn.Module:
        """What learns."""

    def draw(self, step: int) -> Batch:
        """A batch; runs in a thread of its own, ahead of time."""

    def loss(self, batch: Batch) -> Tensor:
        """A scalar to minimise."""

    def size(self, batch: Batch) -> int:
        """Samples in ``batch``, for the speed that is reported."""

    def preview(self, path: Path) -> None:
        """Write a picture of what the model can do by now to ``path`` (a PNG)."""


@dataclass
class Trainer(Generic[Batch]):
    """Runs a task to its end, or for a while.

    Args:
        task: What is learnt.
        schedule: For how long.
        folder: Where ``<task>.ckpt`` and previews go; a checkpoint found there is resumed.
        checkpoint_every_s: Seconds between checkpoints.
        preview_every: Steps between previews; 0 for none.
        make_task: Makes the task again, in processes that share the work of steps of several batches; it can
            be pickled. Without it, this process does all of it. The result is the same.
        report: Called with the progress about every ten seconds.

    Raises:
        WeightsError: The checkpoint is damaged or of another model.
    """

    task: Task[Batch]
    schedule: Schedule
    folder: Path
    checkpoint_every_s: float = 180.0
    preview_every: int = 0
    make_task: Callable[[], Task[Batch]] | None = None
    report: Callable[[Progress], None] = lambda progress: log.info("%s", progress)

    def __post_init__(self) -> None:
        s = self.schedule
        self.step = 0
        self._threads = torch.get_num_threads()
        self.weights = MasterWeights(
            self.task.model,
            learning_rate=s.learning_rate,
            weight_decay=s.weight_decay,
            ema_decay=s.ema_decay,
            muon=s.muon,
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.checkpoint.exists():
            state = read_checkpoint(self.checkpoint)
            self.weights.load_state_dict(state["weights"], state["averaged"])
            self.step = int(state["step"])

    def start_from(self, parameters: Mapping[str, Tensor]) -> None:
        """Begin with the parameters another task has learnt.

        Raises:
            WeightsError: They are not this model's.
        """
        self.weights.assign(parameters)

    @property
    def checkpoint(self) -> Path:
        """The file a run resumes from."""
        return self.folder / f"{self.task.name}.ckpt"

    def save(self) -> None:
        """Write the checkpoint; an interrupted write leaves the one before."""
        partial = self.checkpoint.with_suffix(".partial")
        state = {
            "step": self.step,
            "weights": self.weights.state_dict(),
            "averaged": self.weights.averaged_state(),
        }
        torch.save(state, partial)
        partial.replace(self.checkpoint)

    def run(self, *, max_minutes: float = math.inf) -> bool:
        """Train until the last step, or for ``max_minutes``; True when the last step is done.

        The model is left with its averaged weights.
        """
        deadline = time.monotonic() + 60 * max_minutes
        try:
            self._run_until(deadline)
        finally:
            self.save()
        self.weights.use_average()
        self.task.model.eval()
        return self.step >= self.schedule.steps

    def _run_until(self, deadline: float) -> None:
        self.task.model.train()
        meter = Meter(self.task.name, self.schedule.steps)
        saved_at = time.monotonic()
        with self._partners() as partners, closing(self._batches(alone=not partners)) as batches:
            while self.step < self.schedule.steps and time.monotonic() < deadline:
                meter.add(*self._update(batches, partners))
                if (progress := meter.due(self.step)) is not None:
                    self.report(progress)
                if time.monotonic() - saved_at > self.checkpoint_every_s:
                    self.save()
                    saved_at = time.monotonic()
                if self.preview_every and self.step % self.preview_every == 0:
                    self._preview()

    @contextmanager
    def _partners(self) -> Iterator[list[Partner]]:
        """Processes for all batches of a step but the first, where there is a core for each."""
        count = self.schedule.batches
        if self.make_task is None or count == 1 or self._threads < count:
            yield []
            return
        parameters = list(self.task.model.parameters())
        shared = share_parameters(parameters)
        partners = [
            Partner(self.make_task, parameters, shared, place=place, batches=count)
            for place in range(1, count)
        ]
        try:
            with _using_threads(self._threads // count):
                yield partners
        finally:
            for partner in partners:
                partner.close()

    def _batches(self, *, alone: bool) -> Generator[Batch, None, None]:
        """The batches that this process computes: all of them, or the first of each step."""
        count = self.schedule.batches
        return draw_ahead(self.task.draw, first=self.step * count, stride=1 if alone else count)

    def _update(self, batches: Iterator[Batch], partners: list[Partner]) -> tuple[float, int]:
        """One step; returns its loss and the samples it saw."""
        count = self.schedule.batches
        for partner in partners:
            partner.begin(self.step)
        losses, size = [], 0
        for place in range(count - len(partners)):
            batch = next(batches)
            seed = self.step * count + place
            losses.append(add_gradients(self.task, batch, seed=seed, share=1 / count))
            size += self.task.size(batch)
        losses += [partner.finish() for partner in partners]
        with uninterrupted(), _using_threads(self._threads):  # the partners wait
            rate, clip_norm = self.schedule.rate(self.step), self.schedule.clip_norm
            self.weights.step(step=self.step, learning_rate=rate, clip_norm=clip_norm)
            self.step += 1
        return sum(losses) / count, size * count // (count - len(partners))

    def _preview(self) -> None:
        self.weights.use_average()
        self.task.model.eval()
        with torch.inference_mode():
            self.task.preview(self.folder / f"{self.task.name}_{self.step:06d}.png")
        self.task.model.train()
        self.weights.use_current()


@contextmanager
def _using_threads(count: int) -> Iterator[None]:
    """Compute with so many threads, for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """What `Trainer.save` wrote: ``step``, ``weights`` and ``averaged``.

    Raises:
        WeightsError: The file is damaged.
    """
    damaged = WeightsError(f"The checkpoint {path} is damaged.", hint="Delete it to start again.")
    # What is no archive, torch reads as its old format, and fails in any way.
    if not zipfile.is_zipfile(path):
        raise damaged
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True)
    except (RuntimeError, pickle.UnpicklingError) as error:
        raise damaged from error
    return state
