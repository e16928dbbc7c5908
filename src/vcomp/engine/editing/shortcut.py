"""Edits in one call: a video in, a film out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vcomp.engine.editing.area import Area
from vcomp.engine.editing.editing import Edited, make
from vcomp.engine.editing.inpainting import prepare_inpainting
from vcomp.engine.editing.options import Remake, Working
from vcomp.engine.editing.stylizing import prepare_stylizing
from vcomp.engine.engine import Engine
from vcomp.engine.progress import OnProgress, no_note
from vcomp.engine.settings import Settings
from vcomp.engine.sources import Sources
from vcomp.models.system import load_system


def inpaint(
    video: str | Path,
    area: Area,
    sources: Sources | None = None,
    settings: Settings | None = None,
    *,
    working: Working | None = None,
    sound: bool = True,
    model: str | Path = "tiny",
    device: str = "auto",
    dtype: str = "auto",
    offload: bool = False,
    on_note: Callable[[str], None] = no_note,
    on_progress: OnProgress | None = None,
) -> Edited:
    """Make a video anew in an area. Outside it every pixel of the film is the source's.

    Write the film with `write_film`; until then nothing of it is in memory but what was generated.

    Args:
        video: What is changed: a video, an animation, a folder of pictures, `-`.
        area: Where.
        sources: What is to be there: text, style, image, sketch, depth, motion; but for the style, pictures
            are of the whole frame. None fills the area with whatever goes with the rest.
        settings: Steps, sampler, seed, guidance, strengths. Length, rate and size are the video's.
        working: The rate and the size at which the model works.
        sound: Take the video's along.
        model: A model's name or folder.
        device: A device's name, or `auto`.
        dtype: Precision of the UNet, or `auto`.
        offload: Have each network on the device only while it works.
        on_note: Gets a sentence for each decision that is made.
        on_progress: Gets the progress.

    Raises:
        VcompError: Of the kind that says what is wrong.
    """
    engine = Engine(load_system(model), device=device, dtype=dtype, offload=offload)
    editing = prepare_inpainting(
        engine,
        video,
        area,
        settings or engine.default_settings,
        working=working,
        sound=sound,
        on_note=on_note,
    )
    conditions = editing.conditions(sources or Sources(), on_note)
    return make(editing, conditions, on_progress=on_progress, on_note=on_note)


def stylize(
    video: str | Path,
    sources: Sources,
    settings: Settings | None = None,
    *,
    remake: Remake | None = None,
    working: Working | None = None,
    sound: bool = True,
    model: str | Path = "tiny",
    device: str = "auto",
    dtype: str = "auto",
    offload: bool = False,
    on_note: Callable[[str], None] = no_note,
    on_progress: OnProgress | None = None,
) -> Edited:
    """Make a video again in the look of a picture.

    Args:
        video: Whose structure and motion to keep.
        sources: The style, and perhaps a text.
        settings: Steps, sampler, seed, guidance, strengths. Length, rate and size are the video's.
        remake: What is kept, and how the result is shown.
        working: The rate and the size at which the model works.
        sound: Take the video's along.
        model: A model's name or folder.
        device: A device's name, or `auto`.
        dtype: Precision of the UNet, or `auto`.
        offload: Have each network on the device only while it works.
        on_note: Gets a sentence for each decision that is made.
        on_progress: Gets the progress.

    Raises:
        VcompError: Of the kind that says what is wrong.
    """
    engine = Engine(load_system(model), device=device, dtype=dtype, offload=offload)
    editing = prepare_stylizing(
        engine,
        video,
        settings or engine.default_settings,
        remake=remake,
        working=working,
        sound=sound,
        on_note=on_note,
    )
    return make(editing, editing.conditions(sources, on_note), on_progress=on_progress, on_note=on_note)
