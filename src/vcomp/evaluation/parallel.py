"""A map over several processes, for work in which threads would mostly wait for one another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Map(Protocol):
    """What `map` is."""

    def __call__(self, function: Callable[[Item], Result], items: Iterable[Item], /) -> Iterator[Result]:
        """Results in the order of the items."""


@contextmanager
def parallel_map(num_processes: int) -> Iterator[Map]:
    """A map whose function, items and results can be pickled; for one process it is `map`.

    Args:
        num_processes: Each gets its share of the threads.
    """
    if num_processes == 1:
        yield map
        return
    import torch

    pool = ProcessPoolExecutor(
        num_processes,
        mp_context=get_context("spawn"),  # a fork would inherit locked thread pools
        initializer=_use_threads,
        initargs=(max(1, torch.get_num_threads() // num_processes),),
    )
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)


def _use_threads(count: int) -> None:
    import cv2
    import torch

    torch.set_num_threads(count)
    cv2.setNumThreads(count)
