"""Gradients of one step computed by several processes on the same weights.

A small network spends much of its time waiting for threads to meet at the end of each short operation. Two
processes of one thread meet once a step, which was 1.4 times as fast on two cores.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from multiprocessing.connection import Connection
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, multiprocessing, nn

from vcomp.errors import ResourceError

Batch = TypeVar("Batch")
ALIGNMENT = 64  # elements; a cache line or more, whatever the dtype


class Learner(Protocol[Batch]):
    """The part of a task that gradients need."""

    @property
    def model(self) -> nn.Module:
        """What learns."""

    def draw(self, step: int) -> Batch:
        """A batch."""

    def loss(self, batch: Batch) -> Tensor:
        """A scalar to minimise."""


def draw_ahead(draw: Callable[[int], Batch], *, first: int, stride: int) -> Generator[Batch, None, None]:
    """Batches ``first``, ``first + stride``, …, each drawn in a thread while the one before is used."""
    with ThreadPoolExecutor(1) as ahead:
        upcoming = ahead.submit(draw, first)
        for index in count(first + stride, stride):
            batch = upcoming.result()
            upcoming = ahead.submit(draw, index)
            yield batch


def add_gradients(task: Learner[Batch], batch: Batch, *, seed: int, share: float) -> float:
    """Add ``share`` of a batch's gradients to the model's; returns its loss.

    Noise and dropout depend on the seed alone, which makes a resumed run exact.
    """
    torch.manual_seed(seed)
    loss = task.loss(batch)
    (loss * share).backward()  # type: ignore[no-untyped-call]
    return float(loss.detach())


class Partner:
    """A process that computes the gradients of one batch of every step.

    Args:
        make_task: Makes the task anew in the process; can be pickled.
        parameters: Of the task here, moved to shared memory.
        shared: Where, from `share_parameters`.
        place: Which of a step's batches, counted from 0.
        batches: Batches a step.
    """

    def __init__(
        self,
        make_task: Callable[[], Learner[Any]],
        parameters: list[nn.Parameter],
        shared: Tensor,
        *,
        place: int,
        batches: int,
    ) -> None:
        self._parameters = parameters
        gradients = _shared_zeros(len(shared), shared.dtype)
        self._gradients = _views(gradients, self._parameters)
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(make_task, shared, gradients, theirs, place, batches), daemon=True
        )
        self._process.start()
        theirs.close()

    def begin(self, step: int) -> None:
        """Set it to work on its batch of ``step``.

        Raises:
            ResourceError: The process has died.
        """
        with _telling_of_death():
            self._pipe.send(step)

    def finish(self) -> float:
        """Wait for it, and add its gradients to the model's; returns its loss.

        Raises:
            ResourceError: The process has died.
        """
        with _telling_of_death():
            loss = float(self._pipe.recv())
        for parameter, gradient in zip(self._parameters, self._gradients, strict=True):
            if parameter.grad is None:
                parameter.grad = gradient.clone()
            else:
                parameter.grad.add_(gradient)
        return loss

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.join(timeout=10)
        self._process.kill()


@contextmanager
def _telling_of_death() -> Iterator[None]:
    try:
        yield
    except (EOFError, ConnectionError) as error:
        raise ResourceError(
            "A training process died.", hint="There may be too little memory: stop other programs."
        ) from error


def _offsets(parameters: list[nn.Parameter]) -> list[int]:
    """Where each parameter starts in one flat tensor, and where that ends."""
    offsets = [0]
    for parameter in parameters:
        offsets.append(offsets[-1] + -(-parameter.numel() // ALIGNMENT) * ALIGNMENT)
    return offsets


def _views(flat: Tensor, parameters: list[nn.Parameter]) -> list[Tensor]:
    """Parts of a flat tensor in the parameters' shapes and memory layouts."""
    starts = _offsets(parameters)[:-1]
    return [flat.as_strided(p.shape, p.stride(), start) for p, start in zip(parameters, starts, strict=True)]


def _shared_zeros(count: int, dtype: torch.dtype) -> Tensor:
    """A flat tensor that other processes can map."""
    zeros: Tensor = torch.zeros(count, dtype=dtype).share_memory_()  # type: ignore[no-untyped-call]
    return zeros


def share_parameters(parameters: list[nn.Parameter]) -> Tensor:
    """Move parameters of one dtype into one flat tensor that other processes can map."""
    # One tensor, not hundreds: each takes an open file.
    flat = _shared_zeros(_offsets(parameters)[-1], parameters[0].dtype)
    for parameter, view in zip(parameters, _views(flat, parameters), strict=True):
        view.copy_(parameter.detach())
        parameter.data = view
    return flat


def _serve(
    make_task: Callable[[], Learner[Any]],
    shared: Tensor,
    gradients: Tensor,
    pipe: Connection,
    place: int,
    batches: int,
) -> None:
    """The process: a step's number comes in, gradients and the loss go out, until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one decides
    torch.set_num_threads(1)
    task = make_task()
    task.model.train()
    parameters = list(task.model.parameters())
    for parameter, view in zip(parameters, _views(shared, parameters), strict=True):
        parameter.data = view
    stream: Iterator[Any] | None = None
    while True:
        try:
            step = pipe.recv()
        except EOFError:
            return
        index = step * batches + place
        stream = stream or draw_ahead(task.draw, first=index, stride=batches)
        loss = add_gradients(task, next(stream), seed=index, share=1 / batches)
        for parameter, view in zip(parameters, _views(gradients, parameters), strict=True):
            view.zero_() if parameter.grad is None else view.copy_(parameter.grad)
            parameter.grad = None
        pipe.send(loss)
