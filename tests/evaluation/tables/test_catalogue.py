"""The studies: that each compares what it says, and the work they take."""

from __future__ import annotations

from itertools import combinations

from vcomp.conditions.spec import CONDITIONS
from vcomp.evaluation.own_metrics import OWN_METRICS, SPECS
from vcomp.evaluation.tables.catalogue import SCALES, STUDIES
from vcomp.evaluation.tables.study import ABLATED, Arm, Row, Study, Table, work_of
from vcomp.training.ablations import ABLATIONS

MOTION, CONSISTENCY, STAGES, COMPOSITION, GUIDANCE = STUDIES


def given(arm: Arm) -> frozenset[str]:
    return frozenset(arm.way.split(" + "))


def test_models_are_the_ablations_that_can_be_trained() -> None:
    arms = [row.arm for study in STUDIES for table in study.tables for row in table.rows]
    assert {arm.model for arm in arms} - {"full"} == {"nano", *ABLATIONS} == {*ABLATED}
    assert all(given(arm) <= CONDITIONS.keys() for arm in arms)


def test_every_plot_has_a_file_of_its_own() -> None:
    names = [table.name for study in STUDIES for table in study.tables]
    assert len(set(names)) == len(names)
    assert all(table.metric in SPECS for study in STUDIES for table in study.tables)


def test_the_papers_numbers_stand_beside_what_it_measured() -> None:
    [motion], [consistency] = MOTION.tables, CONSISTENCY.tables
    assert [(row.arm.way, row.arm.model, row.paper) for row in motion.rows] == [
        ("text", "nano", "4.03"),
        ("text + motion", "no-stc-temporal", "2.67"),
        ("text + motion", "nano", "2.18"),
    ]
    without, with_it = consistency.rows[::2], consistency.rows[1::2]
    assert [row.paper for row in without] == ["0.910", "0.922", "0.915"]
    assert [row.paper for row in with_it] == ["0.923", "0.928", "0.927"]
    for pair in zip(without, with_it, strict=True):
        assert [row.arm.model for row in pair] == ["no-stc-temporal", "nano"]
        assert pair[1].against == pair[0].arm


def test_stages_are_compared_from_the_same_conditions() -> None:
    assert [table.metric for table in STAGES.tables] == ["text_alignment", "frame_consistency"]
    for table in STAGES.tables:
        for single, two in zip(table.rows[::2], table.rows[1::2], strict=True):
            assert (single.arm.model, two.arm.model) == ("single-stage", "nano")
            assert single.arm.way == two.arm.way


def test_every_condition_is_composed_with_every_other() -> None:
    tables = {table.metric: table for table in COMPOSITION.tables}
    assert tables.keys() == set(OWN_METRICS.values())
    pairs = {frozenset({*pair, "text"}) for pair in combinations(CONDITIONS, 2)}
    arms = {row.arm for table in tables.values() for row in table.rows}
    assert {given(arm) for arm in arms} == pairs | {frozenset({"text"})}
    for name, metric in OWN_METRICS.items():
        alone, *together = tables[metric].rows
        assert given(alone.arm) == {"text", name}
        assert {given(row.arm) - given(alone.arm) for row in together} == {
            frozenset({other}) for other in CONDITIONS if other not in (name, "text")
        }
        assert all(row.against == alone.arm for row in together)


def test_guidance_strengthens_one_condition_of_those_given() -> None:
    for (name, metric), table in zip(OWN_METRICS.items(), GUIDANCE.tables, strict=True):
        assert table.metric == metric
        assert [row.at for row in table.rows] == list(SCALES)
        for row in table.rows:
            assert given(row.arm) == {"text", name}
            [guide] = row.arm.guides or ()
            assert (guide.names, guide.scale) == ((name,), row.at)


def test_frames_are_made_once_for_all_that_is_asked_of_them() -> None:
    text, motion = Arm(way="text"), Arm(way="text + motion")
    ablated = Arm(way="text + motion", model="no-stc-temporal")
    rows = (Row(label="a", arm=motion, against=text), Row(label="b", arm=ablated))
    many = Study(title="", says="", tables=(Table(name="x", title="", metric="motion_epe", rows=rows),))
    few = Study(
        title="",
        says="",
        tables=(Table(name="y", title="", metric="sketch_f1", rows=(Row(label="c", arm=text),)),),
        most=3,
    )
    work = work_of([few, many], ["full"], 10)
    assert list(work) == [text, motion]
    assert (work[text].metrics, work[text].count) == ({"motion_epe", "sketch_f1"}, 10)
    assert (work[motion].metrics, work[motion].count) == ({"motion_epe"}, 10)
    assert work_of([few], ["full"], 10)[text].count == 3
    assert work_of([few], ["full"], 2)[text].count == 2
    assert ablated in work_of([many], ["full", "no-stc-temporal"], 10)
