"""What all edits of a video have in common: how the model is to work on it, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from vcomp.conditions.container import Conditions
from vcomp.engine.editing.footage import Footage
from vcomp.engine.editing.region import Region
from vcomp.engine.engine import Engine
from vcomp.engine.progress import OnProgress, no_note
from vcomp.engine.settings import MAX_FRAMES, Settings
from vcomp.engine.sources import Sources
from vcomp.errors import UsageError
from vcomp.media.clip import Clip
from vcomp.media.film import Film
from vcomp.wording import counted

OnNote = Callable[[str], None]
T = TypeVar("T")


class Editing(Protocol):
    """An edit of a video, prepared: the video was looked at, the model is not loaded yet."""

    @property
    def engine(self) -> Engine:
        """Whose model works."""

    @property
    def footage(self) -> Footage:
        """What is edited."""

    @property
    def region(self) -> Region:
        """The part of it that the model sees."""

    @property
    def settings(self) -> Settings:
        """Of the generation: the length, rate and size at which the model works."""

    @property
    def names(self) -> frozenset[str]:
        """The conditions that the video itself gives."""

    def conditions(self, sources: Sources, on_note: OnNote = no_note) -> Conditions:
        """All that the model is given.

        Raises:
            MediaError: A file is missing or unreadable.
            ConditionError: A file cannot serve as the condition it was named for.
        """

    def film(self, generated: Clip) -> Film:
        """The edited video, read from the source again as it is looked at."""


@dataclass(frozen=True, eq=False)
class Edited:
    """An edited video.

    Args:
        film: What is seen and heard.
        conditions: What the model was given.
        settings: How it worked.
        seconds: How long each stage took.
    """

    film: Film
    conditions: Conditions
    settings: Settings
    seconds: dict[str, float]


def make(
    editing: Editing,
    conditions: Conditions,
    *,
    on_progress: OnProgress | None = None,
    on_note: OnNote = no_note,
) -> Edited:
    """Generate, once everything is prepared.

    Args:
        editing: What is edited.
        conditions: Of the edit.
        on_progress: Gets the progress.
        on_note: Gets a sentence when memory asks for another way.

    Raises:
        VcompError: Of the kind that says what is wrong.
    """
    engine, settings = editing.engine, editing.settings
    result = engine.generate(conditions, settings, on_progress=on_progress, on_note=on_note)
    return Edited(editing.film(result.clip), conditions, settings, result.seconds)


def within_limit(frames: Iterable[T]) -> Iterator[T]:
    """Frames for the model, as they come; a video that is too long is told before all of it is in memory.

    Raises:
        UsageError: It has more than a generation may have.
    """
    for number, frame in enumerate(frames, start=1):
        if number > MAX_FRAMES:
            raise UsageError(
                f"The video has more than {MAX_FRAMES} frames for the model.",
                hint="Cut it, or name a lower --model-fps.",
            )
        yield frame


def described(region: Region, settings: Settings) -> str:
    """How the model works on a region, for the user."""
    width, height = settings.size
    return (
        f"the model sees {region}, scaled to {width}x{height}, at {settings.fps:.3g} fps"
        f" ({counted(settings.num_frames, 'frame')})"
    )


def worked(settings: Settings, *, num_frames: int, fps: float, region: Region) -> Settings:
    """The settings of a generation, with length, rate and size as the video has it."""
    return replace(settings, num_frames=num_frames, fps=fps, size=region.size)
