"""The studies: what the paper's tables compare, and what its pictures show (arXiv 2306.02018, section 4)."""

from __future__ import annotations

from vcomp.conditions.spec import CONDITIONS
from vcomp.engine.settings import Guide
from vcomp.evaluation.held_out import Way
from vcomp.evaluation.own_metrics import OWN_METRICS
from vcomp.evaluation.scenes import Scenes
from vcomp.evaluation.tables.study import Arm, Row, Study, Table

SCALES = (0.0, 1.0, 2.0, 4.0, 8.0)
"""Of guidance: the condition left out, as it is given, and strengthened."""

MOST_OF_MANY = 12
"""Samples of studies with dozens of arms, at most: a scene costs each of them a video."""

_TEMPORAL = ("sketch", "depth", "motion")
_CONSISTENCY = {"sketch": ("0.910", "0.923"), "depth": ("0.922", "0.928"), "motion": ("0.915", "0.927")}


def _motion_control() -> Study:
    text, whole = Arm(way="text", model="nano"), Arm(way="text + motion", model="nano")
    frame_by_frame = Arm(way="text + motion", model="no-stc-temporal")
    rows = (
        Row(label="text", arm=text, paper="4.03"),
        Row(label="motion, frame by frame", arm=frame_by_frame, against=text, paper="2.67"),
        Row(label="motion, STC-encoder", arm=whole, against=text, paper="2.18"),
    )
    return Study(
        title="Motion control",
        says="End-point error of the frames' optical flow (OpenCV's DIS) against the exact flow, inside the"
        ' objects that move; the change is against the text alone. All rows are of the size `nano`. "Frame by'
        ' frame" is the ablation `no-stc-temporal`: the same model and training, but for the temporal layers'
        " of the condition encoders. Text is given in every row. The paper's errors are of real video, of"
        " another size and by a model of 1.4 billion parameters: only their order and ratios can be compared"
        " with these.",
        tables=(Table(name="motion_control", title="Motion of the objects", metric="motion_epe", rows=rows),),
    )


def _frame_consistency() -> Study:
    rows = []
    for name in _TEMPORAL:
        frame_by_frame = Arm(way=f"text + {name}", model="no-stc-temporal")
        without, with_it = _CONSISTENCY[name]
        rows += [
            Row(label=f"{name}, frame by frame", arm=frame_by_frame, paper=without),
            Row(
                label=f"{name}, STC-encoder",
                arm=Arm(way=f"text + {name}", model="nano"),
                against=frame_by_frame,
                paper=with_it,
            ),
        ]
    table = Table(
        name="frame_consistency",
        title="Adjacent frames",
        metric="frame_consistency",
        rows=tuple(rows),
    )
    return Study(
        title="Frame consistency with and without STC-encoder",
        says="Mean CLIP similarity of adjacent frames, of text and one condition, by models of the size"
        " `nano`; the change is that which the temporal layers of the condition encoders make. The paper's"
        " similarities are of real video and by another tower: each tower has a scale of its own, so that"
        " only the signs of the changes can be compared.",
        tables=(table,),
    )


def _stages() -> Study:
    ways = ("text", *(f"text + {name}" for name in _TEMPORAL))
    tables = [
        Table(name=f"stages_{metric}", title=title, metric=metric, rows=_stage_rows(ways))
        for metric, title in (("text_alignment", "Frames and text"), ("frame_consistency", "Adjacent frames"))
    ]
    return Study(
        title="Two stages of training against one",
        says="By models of the size `nano`. The ablation `single-stage` begins with the compositional stage"
        " and has as many steps as the two stages together; the change is that which the text-to-video stage"
        " makes.",
        tables=tuple(tables),
    )


def _stage_rows(ways: tuple[Way, ...]) -> tuple[Row, ...]:
    rows = []
    for way in ways:
        label, single = way.removeprefix("text + "), Arm(way=way, model="single-stage")
        rows += [
            Row(label=f"{label}, single stage", arm=single),
            Row(label=f"{label}, two stages", arm=Arm(way=way, model="nano"), against=single),
        ]
    return tuple(rows)


def _composition() -> Study:
    return Study(
        title="Composition",
        says="How well each condition is obeyed, by its own metric, alone and together with each other one."
        ' Text is always given: "alone" is with the text, and together with the text is alone. The change is'
        " against alone, on the same samples. Captions do not tell the style. The paper shows compositions in"
        " pictures and gives no numbers.",
        tables=tuple(_composition_table(name) for name in CONDITIONS),
        most=MOST_OF_MANY,
    )


def _composition_table(name: str) -> Table:
    alone = _given(name)
    beside = [other for other in CONDITIONS if other not in (name, "text")]
    rows = [Row(label=f"with {_spaced(other)}", arm=_given(name, other), against=alone) for other in beside]
    return Table(
        name=f"composition_{name}",
        title=_spaced(name).capitalize(),
        metric=OWN_METRICS[name],
        rows=(Row(label="alone", arm=alone), *rows),
    )


def _given(*names: str) -> Arm:
    """Text and these conditions, of scenes whose style nothing but a condition tells."""
    return Arm(way=_way(*names), scenes="style unsaid")


def _guidance() -> Study:
    return Study(
        title="Guidance",
        says="The metric of each condition against the scale by which guidance strengthens it: between two"
        " condition sets, of which one has it and the other has not (section 3.3 of the paper). Text is given"
        " in both, and nothing else is strengthened. At scale 0 the condition is left out, at scale 1 it is"
        " given and not strengthened; the change is against scale 1. The paper gives no numbers.",
        tables=tuple(_guidance_table(name) for name in CONDITIONS),
        most=MOST_OF_MANY,
    )


def _guidance_table(name: str) -> Table:
    arms = {scale: _guided(name, scale) for scale in SCALES}
    rows = [
        Row(label=f"{scale:g}", arm=arm, against=None if scale == 1 else arms[1.0], at=scale)
        for scale, arm in arms.items()
    ]
    return Table(
        name=f"guidance_{name}",
        title=_spaced(name).capitalize(),
        metric=OWN_METRICS[name],
        rows=tuple(rows),
        along="guidance scale",
    )


def _guided(name: str, scale: float) -> Arm:
    scenes: Scenes = "style unsaid" if name == "style" else "held out"
    return Arm(way=_way(name), scenes=scenes, guides=(Guide(names=(name,), scale=scale),))


def _way(*names: str) -> Way:
    return " + ".join(name for name in CONDITIONS if name in ("text", *names))


def _spaced(name: str) -> str:
    return name.replace("_", " ")


STUDIES = (_motion_control(), _frame_consistency(), _stages(), _composition(), _guidance())
"""All of them, in the order of the page."""
