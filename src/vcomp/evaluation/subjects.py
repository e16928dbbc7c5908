"""The videos to measure, found in files and folders, and what they are measured against. Needs no torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vcomp.conditions.folder import MANIFEST_NAME
from vcomp.errors import MediaError, UsageError
from vcomp.evaluation.specs import METRICS
from vcomp.media.inputs import PICTURE_SUFFIXES, STDIN, locate
from vcomp.media.outputs import title_of
from vcomp.media.pictures import is_animated

VIDEO_SUFFIXES = frozenset(
    (".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".wmv", ".flv", ".ogv", ".y4m")
)
ANIMATION_SUFFIXES = frozenset((".gif", ".webp", ".png", ".avif"))
_OPTIONS = {"text": "--text", "style": "--style", "reference": "--reference", "set": "--reference"}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One video to measure.

    Args:
        path: A video, an animation, a folder of frames, or `-`.
        text: What it should show.
        style: A picture whose look it should have.
        references: What it is compared with, by metric.
    """

    path: str
    text: str | None = None
    style: str | None = None
    references: Mapping[str, str] = field(default_factory=dict)

    def has(self, metric: str) -> bool:
        """Whether it has what a metric needs of a single video."""
        match METRICS[metric].needs:
            case "text":
                return bool(self.text)
            case "style":
                return self.style is not None
            case "reference":
                return metric in self.references
        return True

    def check(self, metrics: Iterable[str]) -> None:
        """Make sure, before long work, that it has what these metrics need.

        Raises:
            UsageError: It has not; the message says which option gives it.
            MediaError: A file is missing.
        """
        for name in metrics:
            spec = METRICS[name]
            if spec.needs is not None and not self.has(name):
                kind = {"text": "a text", "style": "a style picture", "reference": "a reference"}[spec.needs]
                takes = f": {spec.takes}" if spec.takes else ""
                raise UsageError(
                    f"The metric {name} needs {kind}, and {self.path} carries none.",
                    hint=f"Name it with {_OPTIONS[spec.needs]}{takes}.",
                )
        for path in {self.path, *self.references.values(), *([self.style] if self.style else [])}:
            locate(path)


@dataclass(frozen=True, kw_only=True)
class SubjectSet:
    """Videos whose figures are averaged.

    Args:
        name: The folder they are in, or what they were named as.
        subjects: One or more.
    """

    name: str
    subjects: tuple[Subject, ...]


def videos_in(path: str) -> tuple[str, ...] | None:
    """The videos that lie in a folder, by name; None if the path is a single video, which frames may be too.

    A folder is a set of videos if a video, an animation or a folder of frames lies in it. Single pictures
    beside them, as strips of frames, are passed over, and so are bundles of conditions.

    Raises:
        MediaError: There is nothing at the path, or a folder with neither videos nor frames.
    """
    found = locate(path)
    if path == STDIN or not found.path.is_dir():
        return None
    entries = sorted(entry for entry in found.path.iterdir() if not entry.name.startswith("."))
    videos = tuple(str(entry) for entry in entries if _is_video(entry))
    if videos:
        return videos
    if any(entry.suffix.lower() in PICTURE_SUFFIXES for entry in entries):
        return None
    raise MediaError(f"The folder {path} holds no videos.", hint="Name one with videos or frames in it.")


def counterpart(path: str, given: str) -> str:
    """What a video is compared with: of a folder the entry of its own name, else what was given itself.

    Raises:
        MediaError: There is nothing at `given`.
        UsageError: It is a folder of videos, and none has this name.
    """
    found = locate(given)
    if given == STDIN or not found.path.is_dir():
        return given
    alike = (entry for entry in found.path.iterdir() if title_of(entry) == title_of(path))
    same = sorted(alike, key=lambda entry: (entry.name != Path(path).name, entry))
    if same:
        return str(same[0])
    if videos_in(given) is None:
        return given
    raise UsageError(
        f"{given} has nothing named as {path}.", hint=f"Put its reference there as {title_of(path)}.*"
    )


def _is_video(entry: Path) -> bool:
    suffix = entry.suffix.lower()
    if entry.is_dir():
        return not (entry / MANIFEST_NAME).exists() and any(
            child.suffix.lower() in PICTURE_SUFFIXES for child in entry.iterdir()
        )
    if suffix in VIDEO_SUFFIXES:
        return True
    if suffix not in ANIMATION_SUFFIXES:
        return False
    try:
        return is_animated(entry)
    except MediaError:  # told when it is measured
        return True
