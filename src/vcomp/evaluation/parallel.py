"""A map over several processes, for work in which threads would mostly wait for one another."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from threading import Thread
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
        initializer=_begin,
        initargs=(max(1, torch.get_num_threads() // num_processes),),
    )
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(num_threads: int) -> None:
    import cv2
    import torch

    Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(num_threads)
    cv2.setNumThreads(num_threads)


def _end_with_parent() -> None:
    """A program that is killed cannot stop its processes, which would go on until its queue is empty."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
