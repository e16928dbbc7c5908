"""Text-driven inpainting and outpainting of real videos (arXiv 2306.02018, section 4.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Bool

from vcomp.conditions.container import Conditions
from vcomp.engine.editing.area import Area, margins_of
from vcomp.engine.editing.between import Between
from vcomp.engine.editing.blending import Blend, tinted
from vcomp.engine.editing.canvas import Canvas, White
from vcomp.engine.editing.editing import OnNote, described, within_limit, worked
from vcomp.engine.editing.footage import Footage
from vcomp.engine.editing.masks import Masks, bounds_of, clipped, read_masks
from vcomp.engine.editing.options import Working, check_only
from vcomp.engine.editing.region import Region, region_around
from vcomp.engine.engine import Engine
from vcomp.engine.progress import no_note
from vcomp.engine.reading import Reader
from vcomp.engine.settings import Guide, Settings
from vcomp.engine.sources import Sources
from vcomp.extractors.masking import mask_condition
from vcomp.media.clip import Clip, Frame, Frames
from vcomp.media.film import Film
from vcomp.media.read import resampled
from vcomp.media.resize import fit
from vcomp.media.sources import TimedFrame

BESIDE_THE_MASK = ("text", "style", "image", "sketch", "depth", "motion")
"""The conditions that may be given with it; their pictures are of the whole frame, as the mask is."""

_FEATHER_MODEL_PX = 2


class MaskedFrame(NamedTuple):
    """A frame of a video, and where it is made anew."""

    time_s: float
    duration_s: float
    pixels: Frame
    white: White


@dataclass(frozen=True, eq=False, kw_only=True)
class Inpainting:
    """A video that is made anew in an area, prepared; outside the area it is the source, to the last bit.

    Args:
        engine: Whose model works.
        footage: The source.
        canvas: In which it lies.
        masks: The area, frame by frame.
        region: What the model sees.
        settings: Of the generation.
        feather_px: Over which the generated fades in, inside the area.
        seen: The region at the model's rate, of the size of its conditions.
        white: Where `seen` is made anew.
    """

    engine: Engine
    footage: Footage
    canvas: Canvas
    masks: Masks
    region: Region
    settings: Settings
    feather_px: int
    seen: Frames
    white: Bool[np.ndarray, "f h w"]

    @property
    def names(self) -> frozenset[str]:
        """Of what the video itself gives."""
        return frozenset({"mask"})

    def conditions(self, sources: Sources, on_note: OnNote = no_note) -> Conditions:
        """The masked video, and what else is named.

        Raises:
            UsageError: A source cannot go with a mask.
            MediaError: A file is missing or unreadable.
            ConditionError: A file cannot serve as the condition it was named for.
        """
        check_only(sources, BESIDE_THE_MASK, doing="Inpainting")
        given = Reader(self.engine, self.settings, on_note, self.region).read(sources)
        return replace(given, mask=mask_condition(self.seen, self.white))

    def film(self, generated: Clip) -> Film:
        """The source with what was generated in its area; the source's times and sound."""
        return self._film(partial(self._blended, generated))

    def preview(self) -> Film:
        """The source with its area in colour and the outline of what the model sees."""
        return self._film(self._tinted)

    def masked_frames(self) -> Iterator[MaskedFrame]:
        """All frames of the source in the canvas, with their masks."""
        return _masked_frames(self.footage, self.canvas, self.masks)

    def _film(self, frames: Callable[[], Iterator[TimedFrame]]) -> Film:
        footage = self.footage
        return Film(frames=frames, size=self.canvas.size, fps=footage.fps, sound=footage.sound)

    def _blended(self, generated: Clip) -> Iterator[TimedFrame]:
        between, box = Between(generated), self.region.box
        blend = Blend(box, self.feather_px)
        for time_s, duration_s, pixels, white in self.masked_frames():
            made = fit(between.at(time_s)[None], (box.width, box.height), "stretch")[0]
            yield TimedFrame(time_s, duration_s, blend.lay(made, pixels, white))

    def _tinted(self) -> Iterator[TimedFrame]:
        for time_s, duration_s, pixels, white in self.masked_frames():
            yield TimedFrame(time_s, duration_s, tinted(pixels, white, self.region.box))


def prepare_inpainting(
    engine: Engine,
    video: str | Path,
    area: Area,
    settings: Settings,
    *,
    working: Working | None = None,
    sound: bool = True,
    on_note: OnNote = no_note,
    on_frames: Callable[[int], None] = lambda done: None,
) -> Inpainting:
    """Read a video as the model will see it; memory holds that, and of the source a frame at a time.

    Args:
        engine: Only its model's card is used.
        video: What is changed.
        area: Where.
        settings: Length, rate and size are the video's. Without guides, what is given beside the mask is
            strengthened: guidance from the masked video to caption + masked video (section 3.3).
        working: How the model works on it.
        sound: Take it along.
        on_note: Gets a sentence for each decision.
        on_frames: Told how many frames are read.

    Raises:
        MediaError: The video or the mask is missing, unreadable or damaged.
        ConditionError: Nothing would be made anew, or the mask lies outside the video.
        UsageError: The video is too long.
    """
    working = working or Working()
    footage = Footage.of(video, sound=sound)
    on_note(str(footage))
    if note := clipped(area, footage.size):
        on_note(note)
    canvas = Canvas(footage.size, margins_of(area, footage.size))
    masks = read_masks(area, footage, canvas, on_frames=on_frames)
    region = region_around(bounds_of(masks.anywhere), canvas.size, working.side_px(engine))
    fps = working.rate(engine, footage.fps)
    frame_size = engine.system.card.preparation.frame_size(region.size)
    seen, white = [], []
    for frame in within_limit(resampled(_masked_frames(footage, canvas, masks), fps, name=str(video))):
        seen.append(region.seen(frame.pixels[None], frame_size)[0])
        white.append(_seen_white(region, frame.white, frame_size))
        on_frames(len(seen))
    settings = worked(_guided(settings, engine), num_frames=len(seen), fps=fps, region=region)
    on_note(described(region, settings))
    return Inpainting(
        engine=engine,
        footage=footage,
        canvas=canvas,
        masks=masks,
        region=region,
        settings=settings,
        feather_px=_feather_px(area, region),
        seen=np.stack(seen),
        white=np.stack(white),
    )


def _masked_frames(footage: Footage, canvas: Canvas, masks: Masks) -> Iterator[MaskedFrame]:
    for frame, white in zip(footage.frames(), masks.frames(), strict=False):
        yield MaskedFrame(frame.time_s, frame.duration_s, canvas.place(frame.pixels), white)


def _seen_white(region: Region, white: White, size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    """Every pixel of the model in which anything is made anew: it is not to keep half of what goes."""
    part = white[region.box.rows, region.box.columns].astype(np.float32)
    width, height = size
    shrinks = width * height < part.size
    return np.asarray(
        cv2.resize(part, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR) > 0
    )


def _guided(settings: Settings, engine: Engine) -> Settings:
    if settings.guides is not None:
        return settings
    names = tuple(name for name in engine.system.card.guided if name != "mask")
    return replace(settings, guides=(Guide(names=names),) if names else ())


def _feather_px(area: Area, region: Region) -> int:
    if area.feather_px is not None:
        return area.feather_px
    return round(_FEATHER_MODEL_PX * max(1.0, region.box.width / region.size[0]))
