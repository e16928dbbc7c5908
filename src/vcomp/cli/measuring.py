"""One measurement from the command line: check everything, measure, tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import typer

from vcomp.cli.own_conditions import own_subject
from vcomp.cli.parsing import parse_extractor
from vcomp.cli.report import Report
from vcomp.errors import MediaError, UsageError
from vcomp.evaluation.specs import METRICS, check_metrics
from vcomp.evaluation.subjects import Subject, SubjectSet, counterpart, videos_in
from vcomp.media.inputs import STDIN

if TYPE_CHECKING:
    from vcomp.evaluation.measuring import SetResult

_LOOSE = "all"  # videos named one by one


@dataclass(frozen=True, kw_only=True)
class EvalJob:
    """The options of `vcomp eval`."""

    videos: tuple[str, ...]
    metrics: tuple[str, ...]
    reference: str | None
    text: str | None
    style: str | None
    clip: str
    flow_by: str
    depth_by: str
    as_json: bool
    as_csv: bool
    quiet: bool
    device: str

    def check(self) -> None:
        """All that can be told without torch.

        Raises:
            UsageError: A metric is unknown or lacks what it needs, or options contradict each other.
            MediaError: A file is missing.
        """
        check_metrics(self.metrics)
        if self.as_json and self.as_csv:
            raise UsageError("--json and --csv contradict each other.", hint="Leave one out.")
        if [*self.videos, self.reference, self.style].count(STDIN) > 1:
            raise UsageError("One pipe cannot be read as two things.", hint="Name one of them as a file.")
        for subject_set in self.sets:
            for subject in subject_set.subjects:
                subject.check(self.metrics)
        if any(METRICS[name].needs == "set" for name in self.metrics):
            _ = self.reference_set

    @cached_property
    def sets(self) -> tuple[SubjectSet, ...]:
        """The videos: those of each folder together, and those named one by one."""
        folders = {path: videos_in(path) for path in self.videos}
        loose = tuple(path for path, inside in folders.items() if inside is None)
        sets = [self._set(path, inside) for path, inside in folders.items() if inside is not None]
        if loose:
            sets.append(self._set(loose[0] if len(loose) == 1 else _LOOSE, loose))
        return tuple(sets)

    @cached_property
    def reference_set(self) -> tuple[str, ...]:
        """The videos that whole sets are compared with.

        Raises:
            UsageError: They are not named as a folder of videos.
        """
        needing = [name for name in self.metrics if METRICS[name].needs == "set"]
        if not needing:
            return ()
        inside = None if self.reference is None else videos_in(self.reference)
        if inside is None:
            raise UsageError(
                f"The metric {needing[0]} compares two folders of videos.",
                hint=f"Name the second one with --reference: {METRICS[needing[0]].takes}.",
            )
        return inside

    def _set(self, name: str, paths: Sequence[str]) -> SubjectSet:
        return SubjectSet(name=name, subjects=tuple(self._subject(path) for path in paths))

    def _subject(self, path: str) -> Subject:
        """A video with what is named for it, else with what its own recipe names."""
        own = own_subject(path, self.metrics)
        references = dict(own.references)
        comparing = [name for name in self.metrics if METRICS[name].needs == "reference"]
        if self.reference is not None and comparing:
            references = dict.fromkeys(comparing, counterpart(path, self.reference))
        return Subject(
            path=path,
            text=own.text if self.text is None else self.text,
            style=own.style if self.style is None else counterpart(path, self.style),
            references=references,
        )


def run_eval(job: EvalJob) -> None:
    """Measure; the figures go to stdout, all talk to stderr.

    Raises:
        VcompError: Of the kind that says what is wrong. Where some of several videos cannot be read, the
            others are measured and printed first.
    """
    job.check()
    with Report(quiet=job.quiet) as report:
        report.count("starting", 0)
        from vcomp.evaluation.measuring import Measurer
        from vcomp.evaluation.toolbox import Toolbox

        done: list[str] = []

        def count(path: str) -> None:
            done.append(path)
            report.count("measuring", len(done))

        tools = Toolbox(
            clip=job.clip,
            depth_by=job.depth_by,
            flow_by=parse_extractor(job.flow_by),
            device=job.device,
        )
        measurer = Measurer(metrics=job.metrics, tools=tools, reference_set=job.reference_set, on_video=count)
        results = list(measurer.measure(job.sets))
    failures = {path: error for result in results for path, error in result.failures.items()}
    if any(result.videos for result in results):
        _print(job, results)
    _raise_failures(failures, total=sum(len(one.subjects) for one in job.sets))


def _print(job: EvalJob, results: Sequence[SetResult]) -> None:
    if job.as_json or job.as_csv:
        from vcomp.evaluation.results import to_csv, to_json

        typer.echo(to_json(results) if job.as_json else to_csv(results), nl=job.as_json)
    else:
        from vcomp.cli.figures_table import print_figures

        print_figures(results)


def _raise_failures(failures: dict[str, MediaError], *, total: int) -> None:
    if not failures:
        return
    (path, first), *others = failures.items()
    message = failure_text(path, first)
    if total == 1:
        raise MediaError(message, hint=first.hint)
    left = f"; nor could {', '.join(path for path, _ in others)}" if others else ""
    raise MediaError(
        f"{len(failures)} of {total} videos could not be measured: {message.rstrip('.')}{left}.",
        hint=first.hint,
    )


def failure_text(path: str, error: MediaError) -> str:
    """What is wrong, with the name of the video, which not all messages have."""
    return error.message if path in error.message else f"{path}: {error.message}"
