"""The report itself: one HTML page that needs no other file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from vcomp.errors import MediaError
from vcomp.evaluation.measuring import Measured, SetFigure, SetResult
from vcomp.evaluation.plots import STYLE, Scale, curve_plot, dot_plot
from vcomp.evaluation.report.entries import Entry, saved_bundles
from vcomp.evaluation.report.looks import Look
from vcomp.evaluation.report.steering import Shown, steering
from vcomp.evaluation.results import interval_text, number
from vcomp.evaluation.specs import ARROWS, FIGURES
from vcomp.media.inline import file_uri, picture_uri
from vcomp.wording import counted

_TEMPLATE = "page.html"


@dataclass(frozen=True, kw_only=True)
class ReportPage:
    """What a report shows.

    Args:
        title: Of the page.
        entries: The results, in order.
        looks: What is seen of each by its path; of one that cannot be read, why.
        measured: Their figures; None where none were asked for.
    """

    title: str
    entries: Sequence[Entry]
    looks: Mapping[str, Look | MediaError]
    measured: SetResult | None

    def parts(self) -> Iterator[str]:
        """The page in pieces, one result after another: not all videos are in memory at once."""
        environment = Environment(
            loader=FileSystemLoader(Path(__file__).parent),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        yield from environment.get_template(_TEMPLATE).generate(
            title=self.title,
            version=version("vcomp"),
            rows=self.rows,
            damaged=len(self.entries) - len(self.rows),
            figures=self.figures,
            results=self._results(),
            specs=FIGURES,
            arrows=ARROWS,
            number=number,
            interval=interval_text,
            dot_plot=self._dot_plot,
            plot_style=STYLE,
        )

    @property
    def figures(self) -> Sequence[SetFigure]:
        """Over all results."""
        return self.measured.figures if self.measured else ()

    @cached_property
    def rows(self) -> Sequence[tuple[Entry, Mapping[str, float]]]:
        """Each result that can be read, and its figures."""
        return [
            (entry, self._videos[entry.path].figures if entry.path in self._videos else {})
            for entry in self.entries
            if isinstance(self.looks[entry.path], Look)
        ]

    @cached_property
    def _videos(self) -> Mapping[str, Measured]:
        return {video.path: video for video in self.measured.videos} if self.measured else {}

    @cached_property
    def _bounds(self) -> Mapping[str, Scale]:
        """Of each figure that has curves, the least and the most of any result."""
        curves = [video.curves for video in self._videos.values()]
        return {
            name: Scale([value for one in curves for value in one.get(name, ())], start=0, end=1)
            for name in {name for one in curves for name in one}
        }

    def _dot_plot(self, figure: SetFigure) -> Markup:
        return dot_plot(figure, {entry.name: row.get(figure.name, math.nan) for entry, row in self.rows})

    def _results(self) -> Iterator[ShownResult]:
        bundles = saved_bundles(entry.path for entry in self.entries)
        for entry in self.entries:
            look = self.looks[entry.path]
            if isinstance(look, MediaError):
                yield ShownResult(entry=entry, problem=str(look))
            else:
                yield self._shown(entry, look, bundles.get(entry.path))

    def _shown(self, entry: Entry, look: Look, bundle: Path | None) -> ShownResult:
        video, saved = self._videos.get(entry.path), entry.saved_strip
        failure = self.measured.failures.get(entry.path) if self.measured else None
        return ShownResult(
            entry=entry,
            look=look,
            problem="" if failure is None else f"It could not be measured. {failure}",
            strip="".join(file_uri(saved)) if saved else picture_uri(look.strip, "webp"),
            conditions=() if saved else steering(entry, look, bundle),
            figures=video.figures if video else {},
            curves={name: curve_plot(name, curve, self._bounds[name]) for name, curve in video.curves.items()}
            if video
            else {},
        )


@dataclass(frozen=True, kw_only=True)
class ShownResult:
    """One result as the page shows it.

    Args:
        entry: The result.
        look: What is seen of it; None where it cannot be read.
        problem: What went wrong with it, if anything did.
        strip: For paper; with the conditions where that was saved beside it.
        conditions: What steered it, where no strip was saved.
        figures: By name.
        curves: By the name of the figure, a plot of it from frame to frame.
    """

    entry: Entry
    look: Look | None = None
    problem: str = ""
    strip: str = ""
    conditions: Sequence[Shown] = ()
    figures: Mapping[str, float] = field(default_factory=dict)
    curves: Mapping[str, Markup] = field(default_factory=dict)

    @property
    def video(self) -> Markup:
        """The file as a data URI."""
        return Markup("".join(file_uri(self.look.file))) if self.look else Markup()

    @property
    def facts(self) -> str:
        """Length and size."""
        if self.look is None:
            return ""
        width, height = self.look.size
        frames = f"{counted(self.look.num_frames, 'frame')} of {width}×{height}"
        seconds = self.look.num_frames / self.look.fps
        return f"{frames} · {self.look.fps:.4g} per second · {seconds:.3g} s"
