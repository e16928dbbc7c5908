"""One report from the command line: check everything, look, measure, write the page."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import typer

from vcomp.cli.edit_recipe import InpaintRecipe
from vcomp.cli.measuring import failure_text
from vcomp.cli.own_conditions import own_recipe, own_subject
from vcomp.cli.parsing import parse_extractor
from vcomp.cli.recipe import AnyRecipe
from vcomp.cli.recipe_base import option_name
from vcomp.cli.report import Report
from vcomp.cli.show import command_of
from vcomp.errors import MediaError, OutputError, UsageError
from vcomp.evaluation.report.entries import Entry
from vcomp.evaluation.specs import METRICS, check_metrics
from vcomp.evaluation.subjects import SubjectSet, videos_in
from vcomp.media.inputs import STDIN
from vcomp.media.outputs import STDOUT, atomically, check_parent

if TYPE_CHECKING:
    from vcomp.evaluation.measuring import SetResult
    from vcomp.evaluation.report.looks import Look
    from vcomp.evaluation.report.page import ReportPage

PAGE_NAME = "report.html"
_WORDS = ("text", "camera", "mask", "outpaint", "keep")
_FROM_RECIPES = ("motion-error", "sketch-f1", "depth-error")
"""The metrics that compare with something a recipe can name."""


@dataclass(frozen=True, kw_only=True)
class ReportJob:
    """The options of `vcomp report`; no metrics are none."""

    folder: str
    out: str | None
    metrics: tuple[str, ...]
    clip: str
    flow_by: str
    depth_by: str
    quiet: bool
    device: str

    @property
    def target(self) -> str:
        """Where the page goes: beside the results, if nothing else is said."""
        if self.out is not None:
            return self.out
        folder = Path(self.folder)
        return str((folder if folder.is_dir() else folder.parent) / PAGE_NAME)

    def check(self) -> None:
        """All that can be told without torch.

        Raises:
            UsageError: A metric is unknown, or compares with what no recipe names.
            MediaError: There are no videos.
            OutputError: The page cannot be written there.
        """
        if self.metrics:
            check_metrics(self.metrics)
        for name in self.metrics:
            if METRICS[name].needs in ("reference", "set") and name not in _FROM_RECIPES:
                raise UsageError(
                    f"The metric {name} compares with something that no recipe names.",
                    hint=f"Measure it with vcomp eval --metric {name} --reference.",
                )
        _ = self.paths
        if self.target == STDOUT:
            return
        if Path(self.target).suffix.lower() not in (".html", ".htm"):
            raise OutputError(f"A report is a page, not {self.target}.", hint="End the name in .html.")
        check_parent(self.target)

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The results."""
        if self.folder == STDIN:
            raise UsageError("A report is of a folder, not of a pipe.", hint="Name the folder.")
        inside = videos_in(self.folder)
        return (self.folder,) if inside is None else inside


def run_report(job: ReportJob) -> None:
    """Write the page; its path goes to stdout, or the page itself, all talk to stderr.

    Raises:
        VcompError: Of the kind that says what is wrong; a MediaError if no result can be read. Single ones
            that cannot be read are named on the page and on stderr.
    """
    job.check()
    with Report(quiet=job.quiet) as report, TemporaryDirectory(prefix="vcomp-report-") as copies:
        report.count("looking", 0)
        from vcomp.evaluation.report.page import ReportPage

        looks = _looks(job, Path(copies), report)
        readable = [path for path, look in looks.items() if not isinstance(look, MediaError)]
        page = ReportPage(
            title=Path(job.folder).absolute().name,
            entries=[_entry(path) for path in job.paths],
            looks=looks,
            measured=_measured(job, readable, report) if job.metrics else None,
        )
        _write(page, job.target)
    if job.target != STDOUT:
        typer.echo(job.target)


def _looks(job: ReportJob, copies: Path, report: Report) -> dict[str, Look | MediaError]:
    from vcomp.evaluation.report.looks import look_at

    looks: dict[str, Look | MediaError] = {}
    failures: list[MediaError] = []
    for path in job.paths:
        try:
            looks[path] = look_at(path, copies)
        except MediaError as error:
            looks[path] = error
            failures.append(error)
        report.count("looking", len(looks))
    if len(failures) == len(looks):
        if len(failures) == 1:
            raise failures[0]
        raise MediaError(
            f"None of the {len(failures)} videos in {job.folder} can be read: {failures[0].message}",
            hint=failures[0].hint,
        )
    for path, look in looks.items():
        if isinstance(look, MediaError):
            typer.echo(f"Left out: {failure_text(path, look)}", err=True)
    return looks


def _measured(job: ReportJob, paths: Sequence[str], report: Report) -> SetResult:
    from vcomp.evaluation.measuring import Measurer
    from vcomp.evaluation.toolbox import Toolbox

    done: list[str] = []

    def count(path: str) -> None:
        done.append(path)
        report.count("measuring", len(done))

    subjects = SubjectSet(name=job.folder, subjects=tuple(own_subject(path, job.metrics) for path in paths))
    flow_by = parse_extractor(job.flow_by)
    tools = Toolbox(clip=job.clip, depth_by=job.depth_by, flow_by=flow_by, device=job.device)
    [result] = Measurer(metrics=job.metrics, tools=tools, on_video=count).measure([subjects])
    for name in job.metrics:
        if not any(subject.has(name) for subject in subjects.subjects):
            report.note(f"{name} is left out: no result carries what it needs.")
    for path, error in result.failures.items():
        report.note(f"Not measured: {failure_text(path, error)}")
    return result


def _entry(path: str) -> Entry:
    """A result with what its recipe says, if it carries one."""
    recipe = own_recipe(path)
    if recipe is None:
        return Entry(path=path)
    files = _files(recipe)
    named = {name for name, _ in files}
    words = {name: value for name in _WORDS if name not in named and (value := getattr(recipe, name, None))}
    return Entry(path=path, command=command_of(recipe, path), words=words, files=files)


def _files(recipe: AnyRecipe) -> tuple[tuple[str, str], ...]:
    """What was given as files, by the names of the options."""
    single = [
        (option_name(name), path)
        for name in recipe.single_files
        if (path := getattr(recipe, name)) is not None
    ]
    motion = [("motion", path) for path in getattr(recipe, "motion", ())]
    mask = recipe.area.mask_file if isinstance(recipe, InpaintRecipe) else None
    return (*single, *motion, *([("mask", mask)] if mask else []))


def _write(page: ReportPage, target: str) -> None:
    if target != STDOUT:
        with atomically(target) as temporary, temporary.open("w", encoding="utf-8") as file:
            file.writelines(page.parts())
        return
    try:
        sys.stdout.buffer.writelines(part.encode() for part in page.parts())
        sys.stdout.flush()
    except OSError as error:
        raise OutputError(
            f"The page could not be written to standard output: {error.strerror}.",
            hint="The command that reads it ended too soon.",
        ) from error
