"""What a report is told of each result. Needs no torch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vcomp.conditions.folder import MANIFEST_NAME
from vcomp.media.outputs import title_of


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One result, and what is known of how it was made.

    Args:
        path: Of the video.
        command: That makes it again; None where it carries no recipe.
        words: What steered it in words, by the name of the option.
        files: What steered it in files: names of options, and paths as the recipe has them.
    """

    path: str
    command: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    files: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Of the file, without the folder."""
        return Path(self.path).name

    @property
    def saved_strip(self) -> Path | None:
        """What `--strip` wrote beside it."""
        file = Path(self.path).with_name(f"{title_of(self.path)}_strip.png")
        return file if file.is_file() else None


def saved_bundles(paths: Iterable[str]) -> Mapping[str, Path]:
    """By result, the folder beside it that `--save-conditions` wrote.

    A recipe does not name that folder. It belongs to the result whose name it has or begins with, as
    `star_conditions` to `star.mp4`; of several such results to the one with the longest name.
    """
    results = sorted((Path(path) for path in paths), key=lambda path: len(title_of(path)))
    found: dict[str, Path] = {}
    for parent in {path.parent for path in results}:
        for folder in sorted(file.parent for file in parent.glob(f"*/{MANIFEST_NAME}")):
            of_it = [
                path for path in results if path.parent == parent and _is_named_after(folder, title_of(path))
            ]
            if of_it:
                found.setdefault(str(of_it[-1]), folder)
    return found


def _is_named_after(folder: Path, title: str) -> bool:
    return re.fullmatch(rf"{re.escape(title)}([^0-9A-Za-z].*)?", folder.name) is not None
