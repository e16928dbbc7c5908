"""Work ahead in a thread: decoding goes on while what was decoded is worked on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")


def prefetched(items: Iterable[_Item]) -> Iterator[_Item]:
    """The same items, none of them None, in the same order, the next one prepared in a thread.

    An error of theirs is raised where the item would have come.
    """
    iterator = iter(items)
    with ThreadPoolExecutor(1, thread_name_prefix="prefetch") as executor:
        waiting = executor.submit(next, iterator, None)
        while (item := waiting.result()) is not None:
            waiting = executor.submit(next, iterator, None)
            yield item
