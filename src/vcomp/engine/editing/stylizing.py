"""Real videos in another look: their structure and motion, a picture's style (arXiv 2306.02018, 4.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from vcomp.conditions.container import Conditions
from vcomp.engine.editing.between import Between
from vcomp.engine.editing.editing import OnNote, described, within_limit, worked
from vcomp.engine.editing.footage import Footage
from vcomp.engine.editing.options import Remake, Working, check_only
from vcomp.engine.editing.region import Region, whole_region
from vcomp.engine.engine import Engine
from vcomp.engine.progress import no_note
from vcomp.engine.reading import Reader
from vcomp.engine.settings import Settings
from vcomp.engine.sources import Sources
from vcomp.errors import UsageError
from vcomp.media.clip import Clip, Frames
from vcomp.media.film import Film
from vcomp.media.read import resampled
from vcomp.media.resize import fit
from vcomp.media.sources import TimedFrame


@dataclass(frozen=True, eq=False, kw_only=True)
class Stylizing:
    """A video that is made again in another look, prepared.

    Args:
        engine: Whose model works.
        footage: The source.
        remake: What is kept, and how the result is shown.
        region: What the model sees: all of it, or what fits into other proportions.
        settings: Of the generation.
        seen: The region at the model's rate, of the size of its conditions.
    """

    engine: Engine
    footage: Footage
    remake: Remake
    region: Region
    settings: Settings
    seen: Frames

    @property
    def names(self) -> frozenset[str]:
        """Of what the video itself gives."""
        return frozenset(self.remake.keep)

    def conditions(self, sources: Sources, on_note: OnNote = no_note) -> Conditions:
        """The style, the text, and what is kept.

        Raises:
            UsageError: There is no style, or what does not go with one.
            MediaError: The style's picture is missing or unreadable.
        """
        check_only(sources, ("text", "style"), doing="Stylizing")
        if sources.style is None:
            raise UsageError("There is no style.", hint="Name a picture whose look to take: --style.")
        reader = Reader(self.engine, self.settings, on_note)
        kept: dict[str, Any] = {}
        for name, extract in (
            ("sketch", reader.sketch_of),
            ("depth", reader.depth_of),
            ("motion", reader.motion_of),
        ):
            if name in self.remake.keep:
                kept[name] = extract(self.seen, self.footage.path)
        return replace(reader.read(sources), **kept)

    def film(self, generated: Clip) -> Film:
        """What was generated, at the source's times or the rate asked for, with its sound."""
        footage = self.footage
        return Film(
            frames=partial(self._made, generated),
            size=self.remake.size or footage.size,
            fps=self.remake.fps or footage.fps,
            sound=footage.sound,
        )

    def _made(self, generated: Clip) -> Iterator[TimedFrame]:
        between, size = Between(generated), self.remake.size or self.footage.size
        for time_s, duration_s in islice(self._times(), self.remake.num_frames):
            frame = fit(between.at(time_s)[None], size, "stretch")[0]
            yield TimedFrame(time_s, duration_s, frame)

    def _times(self) -> Iterator[tuple[float, float]]:
        """When each frame of the result is shown, and for how long."""
        stored, fps = self.footage.frames(), self.remake.fps
        if fps is None:
            yield from ((frame.time_s, frame.duration_s) for frame in stored)
        else:
            moments = enumerate(resampled(stored, fps, name=str(self.footage.path)))
            yield from ((index / fps, 1 / fps) for index, _ in moments)


def prepare_stylizing(
    engine: Engine,
    video: str | Path,
    settings: Settings,
    *,
    remake: Remake | None = None,
    working: Working | None = None,
    sound: bool = True,
    on_note: OnNote = no_note,
    on_frames: Callable[[int], None] = lambda done: None,
) -> Stylizing:
    """Read a video as the model will see it; memory holds that, and of the source a frame at a time.

    Args:
        engine: Only its model's card is used.
        video: What is made again.
        settings: Length, rate and size are the video's.
        remake: What is kept, and how the result is shown.
        working: How the model works on it.
        sound: Take it along.
        on_note: Gets a sentence for each decision.
        on_frames: Told how many frames are read.

    Raises:
        MediaError: The video is missing, unreadable or damaged.
        UsageError: It is too long.
    """
    remake, working = remake or Remake(), working or Working()
    footage = Footage.of(video, sound=sound)
    on_note(str(footage))
    region = whole_region(footage.size, remake.size or footage.size, working.side_px(engine))
    shown_fps = remake.fps or footage.fps
    fps = min(working.rate(engine, shown_fps), footage.fps)
    count = None if remake.num_frames is None else ceil(remake.num_frames * fps / shown_fps)
    frame_size = engine.system.card.preparation.frame_size(region.size)
    seen = []
    for frame in within_limit(islice(resampled(footage.frames(), fps, name=str(video)), count)):
        seen.append(region.seen(frame.pixels[None], frame_size)[0])
        on_frames(len(seen))
    settings = worked(settings, num_frames=len(seen), fps=fps, region=region)
    on_note(described(region, settings))
    return Stylizing(
        engine=engine,
        footage=footage,
        remake=remake,
        region=region,
        settings=settings,
        seen=np.stack(seen),
    )
