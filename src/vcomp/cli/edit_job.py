"""One edit from the command line: check everything, read, generate, write, tell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import typer

from vcomp.cli.dry_run import names_in, print_plan
from vcomp.cli.edit_recipe import InpaintRecipe, StylizeRecipe
from vcomp.cli.job import Output, check_named, finished
from vcomp.cli.report import Report
from vcomp.conditions.spec import CONDITIONS
from vcomp.engine.settings import Settings
from vcomp.errors import OutputError, UsageError
from vcomp.media.inputs import STDIN, locate
from vcomp.media.outputs import OutputKind, check_apart, check_output, check_parent, output_kind

if TYPE_CHECKING:
    from vcomp.engine.editing.editing import Edited, Editing
    from vcomp.engine.editing.inpainting import Inpainting
    from vcomp.engine.engine import Engine
    from vcomp.media.clip import Frames
    from vcomp.media.film import Film
    from vcomp.media.sources import TimedFrame

_STRIP_COLUMNS = 8
_WITH_SOUND = (OutputKind.MP4, OutputKind.PIPE)


def inpaint_job(
    recipe: InpaintRecipe, output: Output | None, *, preview: str | None, quiet: bool, offload: bool = False
) -> None:
    """Make a video anew in an area; the path or the JSON goes to stdout, all talk to stderr.

    Args:
        recipe: What the video is.
        output: Where it goes. None stops after the preview.
        preview: Where a drawing of the area goes.
        quiet: Say nothing.
        offload: Have each network on the device only while it works.

    Raises:
        VcompError: Of the kind that says what is wrong, and nothing is left half-written.
    """
    start = perf_counter()
    _check_early(recipe, output)
    _ = recipe.area, recipe.working  # what they find wrong is told now
    if preview is not None:
        _check_preview(preview, recipe, output)
    with Report(quiet=quiet) as report:
        from vcomp.engine.editing.inpainting import prepare_inpainting

        engine = _engine(recipe, output, offload=offload)
        editing = prepare_inpainting(
            engine,
            recipe.video,
            recipe.area,
            recipe.settings(engine.default_settings),
            working=recipe.working,
            sound=recipe.audio,
            on_note=report.note,
            on_frames=partial(report.count, "reading"),
        )
        if preview is not None:
            _write_preview(preview, editing, report)
    if output is None:
        typer.echo(preview)
        return
    resolved = recipe.model_copy(update={"feather": editing.feather_px})
    _finish(resolved, output, editing, start=start)


def stylize_job(recipe: StylizeRecipe, output: Output, *, offload: bool = False) -> None:
    """Make a video again in another look; the path or the JSON goes to stdout, all talk to stderr.

    Args:
        recipe: What the video is.
        output: Where it goes.
        offload: Have each network on the device only while it works.

    Raises:
        VcompError: Of the kind that says what is wrong, and nothing is left half-written.
    """
    start = perf_counter()
    _check_early(recipe, output)
    _ = recipe.remake, recipe.working
    with Report(quiet=output.quiet) as report:
        from vcomp.engine.editing.stylizing import prepare_stylizing

        engine = _engine(recipe, output, offload=offload)
        editing = prepare_stylizing(
            engine,
            recipe.video,
            recipe.settings(engine.default_settings),
            remake=recipe.remake,
            working=recipe.working,
            sound=recipe.audio,
            on_note=report.note,
            on_frames=partial(report.count, "reading"),
        )
    _finish(recipe, output, editing, start=start)


def _check_early(recipe: InpaintRecipe | StylizeRecipe, output: Output | None) -> None:
    """All that can be told without torch, whose import takes longer than a user with a typo should wait."""
    recipe.settings(Settings())
    files = list(recipe.files)
    if files.count(STDIN) > 1:
        raise UsageError("Only one input can come through the pipe.", hint="Name the others as files.")
    if output is not None:
        output.check(files)
    for path in files:
        locate(path)


def _check_preview(preview: str, recipe: InpaintRecipe, output: Output | None) -> None:
    """Make sure that the drawing of the area can be written."""
    if Path(preview).suffix.lower() == ".png":
        check_parent(preview)
    elif check_output(preview) in (OutputKind.FOLDER, OutputKind.PIPE):
        raise OutputError(
            f"The area cannot be drawn to {preview}.", hint="Name a file: .mp4, .gif, .webp or .png."
        )
    check_apart([preview, *([] if output is None else output.places)], recipe.files)


def _engine(recipe: InpaintRecipe | StylizeRecipe, output: Output | None, *, offload: bool) -> Engine:
    """The engine; where nothing is generated, the model need not be complete."""
    from vcomp.engine.engine import Engine
    from vcomp.models.system import load_system

    system = load_system(recipe.model, complete=output is not None and not output.dry_run)
    return Engine(system, device=recipe.device, dtype=recipe.dtype, offload=offload)


def _finish(recipe: InpaintRecipe | StylizeRecipe, output: Output, editing: Editing, *, start: float) -> None:
    """Generate and write what is prepared, or only say what that needs."""
    if output.dry_run:
        names = names_in(recipe) | editing.names
        users = {"pidinet": {"sketch", "single_sketch"}, "depth": {"depth"}}
        extracting = [part for part, conditions in users.items() if names & conditions]
        print_plan(
            editing.engine.plan(editing.settings, names, extracting=extracting), as_json=output.as_json
        )
        return
    seconds = {"read": perf_counter() - start}
    with Report(quiet=output.quiet) as report:
        from vcomp.engine.devices import widening_note
        from vcomp.engine.editing.editing import make

        if note := widening_note(editing.engine.dtype, editing.engine.arithmetic):
            report.note(note)
        editing.engine.check(editing.settings)
        conditions = editing.conditions(recipe.sources, report.note)
        check_named(recipe, editing.settings, conditions.names)
        edited = make(editing, conditions, on_progress=report.progress, on_note=report.note)
        begun = perf_counter()
        written = _write(recipe, output, editing, edited, report)
        seconds |= {**edited.seconds, "write": perf_counter() - begun, "total": perf_counter() - start}
        film = edited.film
        report.note(
            finished(
                output.path,
                frames=written,
                size=film.size,
                fps=film.fps,
                seconds=seconds["total"],
                seed=recipe.seed,
            )
        )
    if output.as_json:
        typer.echo(json.dumps(_told(recipe, output, editing, edited, seconds)))
    elif output.path != OutputKind.PIPE.value:
        typer.echo(output.path)


def _write(
    recipe: InpaintRecipe | StylizeRecipe, output: Output, editing: Editing, edited: Edited, report: Report
) -> int:
    """The result with its recipe, and the strip; how many frames the result has."""
    from vcomp.conditions.preview import preview_rows
    from vcomp.engine.devices import dtype_name
    from vcomp.media.preview import strip
    from vcomp.media.write import write_film, write_picture

    engine, settings = editing.engine, editing.settings
    resolved = recipe.resolved(
        engine.resolved(settings),
        given=edited.conditions.names,
        dtype=dtype_name(engine.dtype),
    ).model_copy(update={"model_size": recipe.working.side_px(engine), "model_fps": settings.fps})
    comment = resolved.model_dump_json(exclude_none=True)
    if edited.film.sound is not None and output_kind(output.path) not in _WITH_SOUND:
        report.note(f"{output.path}: without the sound, which only MP4 has")
    tally = _Tally(report)
    write_film(tally.watch(edited.film), output.path, comment=comment, overwrite=output.overwrite)
    if output.strip:
        given = preview_rows(edited.conditions, num_frames=settings.num_frames, size=settings.size)
        source = _columns(editing.footage.frames(), settings)
        rows = {"source": source, **given, "result": _columns(edited.film.frames(), settings)}
        write_picture(strip(rows, caption=recipe.text), output.strip_path, comment=comment)
    return tally.written


def _write_preview(preview: str, editing: Inpainting, report: Report) -> None:
    """The area, over the video or over some of its frames."""
    from vcomp.media.preview import strip
    from vcomp.media.write import write_film, write_picture

    film = editing.preview()
    if Path(preview).suffix.lower() == ".png":
        write_picture(strip({"area": _columns(film.frames(), editing.settings)}), preview)
    else:
        write_film(_Tally(report).watch(film), preview)
    report.note(f"{preview}: the area in colour, in the outline of what the model sees")


@dataclass
class _Tally:
    """Counts and reports frames as they are written."""

    report: Report
    written: int = 0

    def watch(self, film: Film) -> Film:
        """The same film, counted as it is read."""

        def frames() -> Iterator[TimedFrame]:
            for frame in film.frames():
                yield frame
                self.written += 1
                self.report.count("writing", self.written)

        return replace(film, frames=frames)


def _columns(frames: Iterator[TimedFrame], settings: Settings) -> Frames:
    """Some frames, evenly spaced over the time that was generated."""
    import numpy as np

    from vcomp.media.clip import evenly_spaced
    from vcomp.media.read import resampled

    count = settings.num_frames
    wanted = evenly_spaced(count, _STRIP_COLUMNS)
    even = islice(resampled(frames, settings.fps, name="The video"), count)
    return np.stack([frame.pixels for index, frame in enumerate(even) if index in wanted])


def _told(
    recipe: InpaintRecipe | StylizeRecipe,
    output: Output,
    editing: Editing,
    edited: Edited,
    seconds: dict[str, float],
) -> dict[str, object]:
    """For programs; sizes are in pixels."""
    from vcomp.engine.devices import dtype_name

    box, settings, engine = editing.region.box, editing.settings, editing.engine
    return {
        "path": output.path,
        "seed": recipe.seed,
        "model": engine.system.card.name,
        "dtype": dtype_name(engine.dtype),
        "arithmetic": dtype_name(engine.arithmetic),
        "conditions": [name for name in CONDITIONS if name in edited.conditions.names],
        "size": list(edited.film.size),
        "fps": edited.film.fps,
        "region": [box.left, box.top, box.width, box.height],
        "generated": {"frames": settings.num_frames, "size": list(settings.size), "fps": settings.fps},
        "timings": {stage: round(value, 3) for stage, value in seconds.items()},
    }
