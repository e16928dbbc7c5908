"""Results as Markdown and SVG, from values by hand, and the script that writes them."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from vcomp.errors import UsageError
from vcomp.evaluation.statistics import Estimate, mean, unknown
from vcomp.evaluation.tables.catalogue import STUDIES
from vcomp.evaluation.tables.kept import KeptValues
from vcomp.evaluation.tables.page import Results
from vcomp.evaluation.tables.remarks import Remarks, read_remarks
from vcomp.evaluation.tables.runner import Runner
from vcomp.evaluation.tables.study import Arm, Row, Study, Table, work_of
from vcomp.evaluation.targets import TARGETS

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "tables.py"
TEXT, MOTION = Arm(way="text"), Arm(way="text + motion")
ABLATED = Arm(way="text + motion", model="no-stc-temporal")
STUDY = Study(
    title="Motion",
    says="How it moves.",
    tables=(
        Table(
            name="motion",
            title="Objects",
            metric="motion_epe",
            rows=(
                Row(label="text", arm=TEXT, paper="4.03"),
                Row(label="frame by frame", arm=ABLATED, against=TEXT, paper="2.67"),
                Row(label="motion", arm=MOTION, against=TEXT),
            ),
        ),
        Table(
            name="curve",
            title="Scales",
            metric="sketch_f1",
            rows=(Row(label="1", arm=TEXT, at=1.0), Row(label="4", arm=MOTION, at=4.0)),
            along="guidance scale",
        ),
    ),
    most=3,
)
SAMPLES = {
    (TEXT, "motion_epe"): [4.0, math.nan, 6.0, 100.0],
    (MOTION, "motion_epe"): [1.0, math.nan, 2.0, 100.0],
    (TEXT, "sketch_f1"): [0.25, 0.75],
    (MOTION, "sketch_f1"): [0.5, 1.0],
}


def results(numbers: dict[str, Estimate] | None = None, remarks: Remarks | None = None) -> Results:
    return Results(
        studies=[STUDY],
        samples=SAMPLES,
        setting={"model": "tiny (abc)"},
        numbers=numbers,
        remarks=remarks or Remarks(),
    )


def cells(page: str, label: str) -> list[str]:
    [line] = [line for line in page.splitlines() if line.startswith(f"| {label} |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_each_number_has_its_interval_and_count() -> None:
    page = results().markdown("plots")
    assert cells(page, "text") == ["text", "5.0000", "4.0000 to 6.0000", "2", "–", "4.03"]
    assert cells(page, "motion") == [
        "motion",
        "1.5000",
        "1.0000 to 2.0000",
        "2",
        "-3.5000 (-4.0000 to -3.0000)",
        "–",
    ]
    assert cells(page, "4") == ["4", "0.7500", "0.5000 to 1.0000", "2"]
    assert "pixels per frame, lower is better ↓" in page
    assert cells(page, "model") == ["model", "tiny (abc)"]
    assert "Targets" not in page


def test_what_is_not_trained_is_said_with_the_command() -> None:
    page = results().markdown("plots")
    assert cells(page, "frame by frame")[1:] == ["not trained yet", "–", "–", "–", "2.67"]
    assert "`no-stc-temporal` is not trained yet: `make ablations` trains it." in page


def test_every_link_is_a_plot() -> None:
    plots = dict(results().plots())
    assert re.findall(r"\(plots/(.*?)\)", results().markdown("plots")) == list(plots)
    for content in plots.values():
        assert ElementTree.fromstring(content).get("viewBox")
    assert "not trained yet" in plots["motion.svg"]
    assert "guidance scale" in plots["curve.svg"]


def test_numbers_stand_beside_their_targets() -> None:
    numbers = {
        "sketch_f1": mean([0.9, 0.9]),
        "composition_loss": Estimate(value=0.2, n=50, low=0.1, high=0.3, facts={"worst": "depth with image"}),
        "help_s": Estimate(value=0.19, n=5, low=0.16, high=0.25),
        "style_right": unknown("there is no style"),
    }
    page = results(numbers).markdown("plots")
    assert cells(page, "`sketch_f1`")[1:] == ["≥ 0.85", "0.9000", "0.9000 to 0.9000", "2", "reached"]
    assert cells(page, "`composition_loss`")[-1] == "**missed** (depth with image)"
    assert cells(page, "`help_s`")[1:] == ["–", "0.1900", "0.1600 to 0.2500", "5", ""]
    assert cells(page, "`style_right`")[-1] == "not measured: there is no style"
    assert cells(page, "`depth_order`")[2:] == ["–", "–", "0", "not measured: not among the numbers given"]
    assert f"Targets reached: 1 of {len(TARGETS)}." in page


def test_remarks_follow_their_figures() -> None:
    remarks = Remarks(studies={"Motion": "It moves\n\nas told.\n"}, numbers={"text_kind": "More\nsteps."})
    page = results({"text_kind": mean([0.5])}, remarks).markdown("plots")
    assert page.index("curve.svg)") < page.index("### What the figures say\n\nIt moves\n\nas told.\n\n## Num")
    assert page.endswith("### What was tried\n\n- `text_kind`: More steps.\n")
    assert "###" not in results({}).markdown("plots")


def test_the_remarks_of_this_repository_are_of_what_there_is() -> None:
    remarks = read_remarks(SCRIPT.parent / "remarks.toml", [study.title for study in STUDIES])
    assert remarks.studies


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[studies]\nMotoin = 'x'", r"no study 'Motoin'\. Did you mean .?Motion"),
        ("[numbers]\nhelp_s = 'x'", "no number with a target 'help_s'"),
        ("[numbers]\ntext_kind = 0.9", "holds no remarks"),
        ("[number]\ntext_kind = 'x'", "holds no remarks"),
        ("text_kind", "holds no remarks"),
    ],
)
def test_remarks_of_what_there_is_not(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "remarks.toml"
    path.write_text(content)
    with pytest.raises(UsageError, match=message):
        read_remarks(path, ["Motion"])


@pytest.fixture
def kept(model_folder: Path, tmp_path: Path) -> Path:
    """Values of all that the script would measure."""
    path = tmp_path / "kept.jsonl"
    runner = Runner(models={"full": model_folder}, kept=path, num_samples=2, num_steps=2, level="plain")
    values = KeptValues(path)
    for arm, work in work_of(STUDIES, runner.models, runner.num_samples).items():
        values.add(runner.depends_on(arm), range(work.count), {name: [0.25, 0.75] for name in work.metrics})
    return path


def test_the_script_writes_what_is_known(model_folder: Path, kept: Path, tmp_path: Path) -> None:
    page, numbers = tmp_path / "docs" / "results.md", tmp_path / "numbers.jsonl"
    numbers.write_text(mean([0.8, 0.9]).to_json("text_kind") + "\n")
    options = ("--samples", "2", "--steps", "2", "--level", "plain", "--processes", "1")
    files = ("--model", model_folder, "--kept", kept, "--out", page, "--numbers", numbers)
    files += ("--ablations", tmp_path / "none")
    done = subprocess.run(
        [sys.executable, SCRIPT, *options, *files], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(page)
    assert not done.stderr
    written = page.read_text()
    assert "| alone | 0.5000 | 0.2500 to 0.7500 | 2 |" in written
    assert cells(written, "`text_kind`")[-1] == "reached"
    links = re.findall(r"\((results/.*?\.svg)\)", written)
    assert len(links) == sum(len(study.tables) for study in STUDIES)
    assert all((page.parent / link).is_file() for link in links)


def test_the_script_tells_a_mistake_in_a_sentence(tmp_path: Path) -> None:
    arguments = [sys.executable, SCRIPT, "--model", tmp_path / "none", "--kept", tmp_path / "kept.jsonl"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr.startswith("Error: There is no model")
