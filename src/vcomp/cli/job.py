"""One generation from the command line: check everything, generate, write, tell."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import typer

from vcomp.cli.parsing import parse_guide
from vcomp.cli.recipe import Recipe
from vcomp.cli.recipe_base import BaseRecipe
from vcomp.cli.report import Report
from vcomp.conditions.spec import CONDITIONS
from vcomp.engine.settings import Settings
from vcomp.errors import UsageError
from vcomp.media.inputs import locate
from vcomp.media.outputs import OutputKind, check_apart, check_output, title_of
from vcomp.wording import counted

if TYPE_CHECKING:
    from vcomp.conditions.container import Conditions
    from vcomp.engine.engine import Engine, Result


@dataclass(frozen=True)
class Output:
    """Where results go, and what is said."""

    path: str
    strip: bool
    save_conditions: str | None
    overwrite: bool
    as_json: bool
    quiet: bool
    dry_run: bool = False

    @property
    def strip_path(self) -> Path:
        """Beside the result."""
        return Path(self.path).with_name(f"{title_of(self.path)}_strip.png")

    @property
    def places(self) -> list[str | Path]:
        """All that is written."""
        strip = [self.strip_path] if self.strip else []
        return [self.path, *strip, *([] if self.save_conditions is None else [self.save_conditions])]

    def check(self, inputs: list[str]) -> None:
        """Make sure, before long work, that everything can be written.

        Raises:
            OutputError: Something cannot.
            UsageError: Options contradict each other.
        """
        is_pipe = check_output(self.path, overwrite=self.overwrite) is OutputKind.PIPE
        if is_pipe and (self.strip or self.as_json):
            option = "--strip" if self.strip else "--json"
            raise UsageError(f"{option} does not go with -o -.", hint="Write to a file instead of the pipe.")
        check_apart(self.places, inputs)
        if self.save_conditions is not None:
            from vcomp.conditions.folder import check_bundle_folder

            check_bundle_folder(Path(self.save_conditions))


def run(recipe: Recipe, output: Output, *, offload: bool = False) -> None:
    """Generate what the recipe says; the path or the JSON goes to stdout, all talk to stderr.

    Args:
        recipe: What the video is.
        output: Where it goes; a dry run only says what it would need.
        offload: Have each network on the device only while it works.

    Raises:
        VcompError: Of the kind that says what is wrong, and nothing is left half-written.
    """
    start = perf_counter()
    _check_early(recipe, output)
    if output.dry_run:
        from vcomp.cli.dry_run import dry_run

        dry_run(recipe, offload=offload, as_json=output.as_json)
        return
    with Report(quiet=output.quiet) as report:
        from vcomp.engine.devices import dtype_name, widening_note
        from vcomp.engine.engine import Engine
        from vcomp.engine.reading import Reader
        from vcomp.models.system import load_system

        engine = Engine(load_system(recipe.model), device=recipe.device, dtype=recipe.dtype, offload=offload)
        settings = recipe.settings(engine.default_settings)
        if note := widening_note(engine.dtype, engine.arithmetic):
            report.note(note)
        engine.check(settings)
        conditions = Reader(engine, settings, report.note).read(recipe.sources)
        check_named(recipe, settings, conditions.names)
        result = engine.generate(conditions, settings, on_progress=report.progress, on_note=report.note)
        _write(recipe, output, engine=engine, conditions=conditions, settings=settings, result=result)
        seconds = {**result.seconds, "total": perf_counter() - start}
        report.note(
            finished(
                output.path,
                frames=settings.num_frames,
                size=settings.size,
                fps=settings.fps,
                seconds=seconds["total"],
                seed=recipe.seed,
            )
        )
    if output.as_json:
        typer.echo(
            json.dumps(
                {
                    "path": output.path,
                    "seed": recipe.seed,
                    "model": engine.system.card.name,
                    "dtype": dtype_name(engine.dtype),
                    "arithmetic": dtype_name(engine.arithmetic),
                    "conditions": [name for name in CONDITIONS if name in conditions.names],
                    "timings": {stage: round(value, 3) for stage, value in seconds.items()},
                }
            )
        )
    elif output.path != OutputKind.PIPE.value:
        typer.echo(output.path)


def _check_early(recipe: Recipe, output: Output) -> None:
    """All that can be told without torch, whose import takes longer than a user with a typo should wait."""
    recipe.settings(Settings())
    sources = recipe.sources
    if not sources.text and not recipe.files and not sources.camera:
        raise UsageError("There is nothing to generate from.", hint="Give at least --text.")
    output.check(list(recipe.files))
    for path in recipe.files:
        locate(path)


def check_named(recipe: BaseRecipe, settings: Settings, given: frozenset[str]) -> None:
    """An option for a condition that is not there is a mistake, not something to pass over.

    Raises:
        UsageError: There is one.
    """
    hint = f"Given are {', '.join(name for name in CONDITIONS if name in given)}."
    for option in recipe.guide:
        if not given.intersection(parse_guide(option).names):
            raise UsageError(f"--guide {option} names nothing that is given.", hint=hint)
    for strength in settings.strengths:
        if strength.name not in given:
            raise UsageError(f"--strength {strength.name} is for a condition that is not given.", hint=hint)


def _write(
    recipe: Recipe,
    output: Output,
    *,
    engine: Engine,
    conditions: Conditions,
    settings: Settings,
    result: Result,
) -> None:
    from vcomp.conditions.bundle import save_bundle
    from vcomp.conditions.preview import preview_rows
    from vcomp.engine.devices import dtype_name
    from vcomp.media.preview import strip
    from vcomp.media.write import write_clip, write_picture

    resolved = recipe.resolved(
        engine.resolved(settings), given=conditions.names, dtype=dtype_name(engine.dtype)
    )
    comment = resolved.model_dump_json(exclude_none=True)
    write_clip(result.clip, output.path, comment=comment, overwrite=output.overwrite)
    if output.strip:
        rows = preview_rows(conditions, num_frames=settings.num_frames, size=settings.size)
        picture = strip({**rows, "result": result.clip.frames}, caption=recipe.text)
        write_picture(picture, output.strip_path, comment=comment)
    if output.save_conditions is not None:
        save_bundle(conditions, Path(output.save_conditions), fps=settings.fps)


def finished(path: str, *, frames: int, size: tuple[int, int], fps: float, seconds: float, seed: int) -> str:
    """The last line of every command that makes a video."""
    said = f"{counted(frames, 'frame')} of {size[0]}x{size[1]}"
    return f"{path}: {said} at {fps:.3g} fps in {seconds:.1f} s, seed {seed}"
