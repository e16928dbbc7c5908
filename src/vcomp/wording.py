"""Numbers in words and in digits, and the words of a text."""

from __future__ import annotations

import re


def counted(count: int, noun: str) -> str:
    """A number of things: "1 frame", "16 frames".

    Args:
        count: How many.
        noun: One of them, with a regular plural.
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def in_digits(value: float) -> str:
    """A number with all its digits, and without a decimal point where it is whole."""
    return str(int(value)) if value == value // 1 else str(value)


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, in order and in lower case, without numbers and punctuation."""
    return tuple(re.findall(r"[^\W\d_]+", text.lower()))
