"""Errors a user can act on: what is wrong, what to do, and the exit code that ends the process."""

from collections.abc import Iterable
from difflib import get_close_matches


class VcompError(Exception):
    """A failure with a remedy.

    Args:
        message: One sentence that names the offending value.
        hint: What to do about it, as one sentence; printed after the message.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


class UsageError(VcompError):
    """A command, an option or a name is unknown, a value is not allowed, or options contradict each other."""

    exit_code = 2


class MediaError(VcompError):
    """A picture or video is missing, unreadable or empty."""

    exit_code = 3


class ConditionError(VcompError):
    """A condition does not fit the model, the frames or the other conditions."""

    exit_code = 4


class WeightsError(VcompError):
    """A weight file is missing, damaged or of another model."""

    exit_code = 5


class ResourceError(VcompError):
    """The machine lacks memory, a device or disk space."""

    exit_code = 6


class OutputError(VcompError):
    """The result cannot be written where it was asked for."""

    exit_code = 7


def did_you_mean(name: str, allowed: Iterable[str]) -> str:
    """The start of a hint: the allowed name that is nearest to a wrong one; empty if none is near."""
    close = get_close_matches(name, list(allowed), n=1)
    return f"Did you mean {close[0]}? " if close else ""
