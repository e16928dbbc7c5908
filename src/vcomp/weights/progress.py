"""What is reported while weight files are moved and checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Stage: TypeAlias = Literal["wait", "fetch", "copy", "check"]


@dataclass(frozen=True, kw_only=True)
class FileProgress:
    """How far the work on one file is.

    Args:
        file_id: The file.
        stage: What is done with it; `wait` is for another process that works on it.
        done: Bytes so far.
        total: Bytes in all.
        note: Something that happened and that a person would want to know.
    """

    file_id: str
    stage: Stage
    done: int = 0
    total: int = 0
    note: str = ""


OnFileProgress: TypeAlias = Callable[[FileProgress], None]


def ignore_progress(_progress: FileProgress) -> None:
    """Report to nobody."""
