"""Values to pages: Markdown, and an SVG plot for each table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from vcomp.evaluation.own_metrics import SPECS
from vcomp.evaluation.plots import dependence_plot, interval_plot, standalone
from vcomp.evaluation.results import interval_text, number
from vcomp.evaluation.specs import ARROWS
from vcomp.evaluation.statistics import Estimate, mean, unknown
from vcomp.evaluation.tables.remarks import Remarks
from vcomp.evaluation.tables.runner import Samples
from vcomp.evaluation.tables.study import ABLATED, Row, Study, Table
from vcomp.evaluation.targets import TARGETS

Numbers = Mapping[str, Estimate]


@dataclass(frozen=True, kw_only=True)
class Results:
    """What there is to tell.

    Args:
        studies: What was asked.
        samples: What was measured.
        setting: How, by what it is of: the model, the tower and so on.
        numbers: Of `make numbers`; None leaves their section out.
        remarks: To stand beside the figures.
    """

    studies: Sequence[Study]
    samples: Samples
    setting: Mapping[str, str]
    numbers: Numbers | None = None
    remarks: Remarks = field(default_factory=Remarks)

    def markdown(self, plots: str) -> str:
        """The whole page.

        Args:
            plots: The folder of the plots, as the page links to it.
        """
        parts = [*self._introduction()]
        for study in self.studies:
            parts += [f"## {study.title}", study.says, *self._missing(study)]
            for table in study.tables:
                spec = SPECS[table.metric]
                head = f"**{table.title}**: `{table.metric}`, {spec.unit}, {spec.better} is better"
                picture = f"![{study.title}: {table.title}]({plots}/{table.name}.svg)"
                parts += [f"{head} {ARROWS[spec.better]}", self._table(study, table), picture]
            if remark := self.remarks.studies.get(study.title):
                parts += ["### What the figures say", remark.strip()]
        if self.numbers is not None:
            parts += _numbers_section(self.numbers, self.remarks.numbers)
        return "\n\n".join(parts) + "\n"

    def plots(self) -> Iterator[tuple[str, str]]:
        """The names of the plots' files, and their content."""
        for study in self.studies:
            for table in study.tables:
                estimates = {row: self._estimate(study, table, row) for row in table.rows}
                title = f"{study.title}: {table.title}, {table.metric}"
                if table.along:
                    plot = dependence_plot(title, table.along, {row.at: e for row, e in estimates.items()})
                else:
                    plot = interval_plot(title, {row.label: e for row, e in estimates.items()})
                yield f"{table.name}.svg", standalone(plot)

    def _introduction(self) -> Iterator[str]:
        yield "# Results"
        yield (
            "`make tables` writes this page and its plots; what each table is, and how long they take, is in"
            " [metrics.md](metrics.md#the-tables-of-make-tables). Every sample is a drawn scene that training"
            " never saw, and all rows of a table are of the same scenes and the same noise. Intervals are of"
            " 95 % (percentile bootstrap over samples); those of changes are of each sample's own change."
        )
        yield _markdown_table(("", ""), self.setting.items())

    def _missing(self, study: Study) -> Iterator[str]:
        """How to make the models whose rows are empty."""
        for model in dict.fromkeys(row.arm.model for table in study.tables for row in table.rows):
            if model in ABLATED and not any(arm.model == model for arm, _ in self.samples):
                yield f"`{model}` is not trained yet: `make ablations` trains it."

    def _table(self, study: Study, table: Table) -> str:
        has_change = any(row.against is not None for row in table.rows)
        has_paper = any(row.paper for row in table.rows)
        head = [table.along or "given", "value", "95 % interval", "samples"]
        head += ["change"] * has_change + ["paper"] * has_paper
        rows = []
        for row in table.rows:
            cells = [row.label, *self._value_cells(study, table, row)]
            cells += [_change_text(self._change(study, table, row))] * has_change
            cells += [row.paper or "–"] * has_paper
            rows.append(cells)
        return _markdown_table(head, rows)

    def _value_cells(self, study: Study, table: Table, row: Row) -> tuple[str, str, str]:
        if (row.arm, table.metric) not in self.samples:
            return "not trained yet", "–", "–"
        return _estimate_cells(self._estimate(study, table, row))

    def _estimate(self, study: Study, table: Table, row: Row) -> Estimate:
        values = self.samples.get((row.arm, table.metric))
        return unknown("not trained yet") if values is None else mean(values[: study.most])

    def _change(self, study: Study, table: Table, row: Row) -> Estimate:
        """The mean over samples of what another arm makes of each of them."""
        if row.against is None:
            return unknown("nothing to compare it with")
        values, others = (self.samples.get((arm, table.metric)) for arm in (row.arm, row.against))
        if values is None or others is None:
            return unknown("not trained yet")
        pairs = zip(values[: study.most], others[: study.most], strict=True)
        return mean([value - other for value, other in pairs])


def _numbers_section(numbers: Numbers, remarks: Mapping[str, str]) -> Iterator[str]:
    """Every number there is with its target, the targets of which there is no number, and the remarks."""
    reached = [name for name in TARGETS if name in numbers and TARGETS[name].is_reached(numbers[name].value)]
    yield "## Numbers and targets"
    yield (
        f"Targets reached: {len(reached)} of {len(TARGETS)}. The numbers are those of `make numbers`, in its"
        " own steps, and [metrics.md](metrics.md#the-numbers-of-make-numbers) says what they are; the value"
        " decides, not the interval."
    )
    missing = {name: unknown("not among the numbers given") for name in TARGETS if name not in numbers}
    rows = [
        (f"`{name}`", str(TARGETS.get(name, "–")), *_estimate_cells(estimate), _verdict(name, estimate))
        for name, estimate in {**numbers, **missing}.items()
    ]
    yield _markdown_table(("number", "target", "value", "95 % interval", "samples", ""), rows)
    if remarks:
        yield "### What was tried"
        yield "\n".join(f"- `{name}`: {' '.join(remark.split())}" for name, remark in remarks.items())


def _verdict(name: str, estimate: Estimate) -> str:
    facts = ", ".join(estimate.facts.values())
    if math.isnan(estimate.value):
        return f"not measured: {facts}" if facts else "not measured"
    if name not in TARGETS:
        return facts
    verdict = "reached" if TARGETS[name].is_reached(estimate.value) else "**missed**"
    return f"{verdict} ({facts})" if facts else verdict


def _estimate_cells(estimate: Estimate) -> tuple[str, str, str]:
    return number(estimate.value), interval_text(estimate), str(estimate.n)


def _change_text(change: Estimate) -> str:
    if math.isnan(change.value):
        return "–"
    sign = "+" if change.value >= 0 else ""
    return f"{sign}{number(change.value)} ({interval_text(change)})"


def _markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
