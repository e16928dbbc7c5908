"""Words that agree with numbers."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """A number of things: "1 frame", "16 frames".

    Args:
        count: How many.
        noun: One of them, with a regular plural.
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
