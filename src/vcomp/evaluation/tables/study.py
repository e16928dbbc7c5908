"""What a study consists of, and the work that it takes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from vcomp.engine.settings import Guide
from vcomp.evaluation.held_out import Way
from vcomp.evaluation.scenes import Scenes

Model = Literal["full", "nano", "no-stc-temporal", "single-stage"]
"""The model in question, and those of `ABLATED`."""
ABLATED: tuple[Model, ...] = ("nano", "no-stc-temporal", "single-stage")
"""One small enough to be trained several times, and that without a part of the method, by the names of
`vcomp train --ablation`."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """How some frames are made: what is compared with other arms on the same samples.

    Args:
        way: From what.
        model: By which model.
        scenes: Of which samples.
        guides: What guidance strengthens; None takes the model's.
    """

    way: Way
    model: Model = "full"
    scenes: Scenes = "held out"
    guides: tuple[Guide, ...] | None = None

    def __str__(self) -> str:
        """For people who wait."""
        model = "" if self.model == "full" else self.model
        scenes = "" if self.scenes == "held out" else self.scenes
        guides = "guided " + " ".join(map(str, self.guides)) if self.guides else ""
        return ", ".join(part for part in (self.way, scenes, guides, model) if part)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One number of a table.

    Args:
        label: What it is of.
        arm: The frames it is measured on.
        against: Those of which it is the change; None for none.
        paper: The paper's value, as it is printed; empty where it has none.
        at: Where it is on a curve.
    """

    label: str
    arm: Arm
    against: Arm | None = None
    paper: str = ""
    at: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Table:
    """Numbers that one metric gives, and their plot.

    Args:
        name: Of the plot's file.
        title: What is compared.
        metric: A name in `vcomp.evaluation.own_metrics.SPECS`.
        rows: In order.
        along: What `Row.at` is; empty where the plot is no curve.
    """

    name: str
    title: str
    metric: str
    rows: tuple[Row, ...]
    along: str = ""


@dataclass(frozen=True, kw_only=True)
class Study:
    """A question, and the tables that answer it.

    Args:
        title: A heading.
        says: What is measured and how to read it.
        tables: The answers.
        most: Samples of each arm, at most; None takes all.
    """

    title: str
    says: str
    tables: tuple[Table, ...]
    most: int | None = None


@dataclass(frozen=True, kw_only=True)
class Work:
    """What is to be measured of the frames of an arm.

    Args:
        metrics: By name.
        count: How many samples.
    """

    metrics: frozenset[str]
    count: int


def work_of(studies: Iterable[Study], models: Collection[Model], num_samples: int) -> Mapping[Arm, Work]:
    """Each arm once, whatever rows it is in, with all that they ask of it; those of other models left out."""
    work: dict[Arm, Work] = {}
    for study in studies:
        count = num_samples if study.most is None else min(num_samples, study.most)
        for arm, metric in _asked(study):
            if arm.model in models:
                before = work.get(arm, Work(metrics=frozenset(), count=0))
                work[arm] = Work(metrics=before.metrics | {metric}, count=max(before.count, count))
    return work


def _asked(study: Study) -> Iterator[tuple[Arm, str]]:
    for table in study.tables:
        for row in table.rows:
            yield row.arm, table.metric
            if row.against is not None:
                yield row.against, table.metric
