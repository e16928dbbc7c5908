"""`vcomp eval`: files, folders and pipes; a table, JSON and CSV; and what it says of mistakes."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path

import pytest
from command import VCOMP, Run

STEADY = ("--metric", "frame-consistency")


def test_a_file_gives_a_number_and_its_tower(vcomp: Run, film: Path) -> None:
    outcome = vcomp("eval", film, *STEADY, "--json")
    assert outcome.code == 0
    content = json.loads(outcome.out)
    [figure] = content["figures"]
    assert 0 < figure["value"] <= 1
    assert figure["tower"].startswith("CLIP tiny (")
    assert (figure["n"], figure["std"], figure["interval"]) == (1, None, None)
    assert content["videos"][0]["frames"] == 6


def test_several_metrics_as_a_table_for_people(vcomp: Run, film: Path) -> None:
    outcome = vcomp("eval", film, "--metric", "psnr,ssim", *STEADY, "--reference", film)
    assert outcome.code == 0
    assert "psnr ↑" in outcome.out
    assert "inf" in outcome.out
    assert "1.0000" in outcome.out
    assert "frame-consistency: cosine similarity, by CLIP tiny (" in outcome.out


def test_a_folder_has_mean_spread_and_interval(vcomp: Run, film: Path, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    for name in ("a.mp4", "b.mp4"):
        (folder / name).write_bytes(film.read_bytes())
    outcome = vcomp("eval", folder, *STEADY, "--json")
    content = json.loads(outcome.out)
    [figure] = content["figures"]
    each = [video["figures"]["frame-consistency"] for video in content["videos"]]
    assert each[0] == each[1] == figure["value"]
    assert (figure["n"], figure["std"], figure["set"]) == (2, 0, str(folder))
    assert figure["interval"] == [figure["value"]] * 2
    table = vcomp("eval", folder, *STEADY).out
    assert all(word in table for word in ("mean of 2", "std", "95 % interval"))


def test_rows_for_spreadsheets(vcomp: Run, film: Path) -> None:
    outcome = vcomp("eval", film, "--metric", "motion-error", "--reference", film, "--csv")
    rows = list(csv.DictReader(outcome.out.splitlines()))
    assert [row["figure"] for row in rows] == ["motion-error", "motion-error-moving"]
    assert {row["unit"] for row in rows} == {"pixels per frame"}
    assert {row["tower"] for row in rows} == {"DIS optical flow"}
    assert float(rows[0]["value"]) == 0


def test_through_a_pipe(film: Path, environment: dict[str, str]) -> None:
    arguments = [VCOMP, "eval", "-", *STEADY, "--json", "--quiet"]
    done = subprocess.run(
        arguments, input=film.read_bytes(), capture_output=True, check=True, env=environment
    )
    assert json.loads(done.stdout)["videos"][0]["frames"] == 6
    assert done.stderr == b""


def test_what_a_video_was_made_from_is_its_reference(generate: Run, vcomp: Run, drawing: Path) -> None:
    assert generate("--text", "a yellow star", "--sketch", drawing, "-o", "out.mp4").code == 0
    outcome = vcomp("eval", "out.mp4", "--metric", "text-alignment,sketch-f1", "--json")
    assert outcome.code == 0
    figures = {figure["name"]: figure["value"] for figure in json.loads(outcome.out)["figures"]}
    assert figures.keys() == {"text-alignment", "sketch-f1"}
    other = vcomp("eval", "out.mp4", "--metric", "text-alignment", "--text", "a red moon", "--json")
    assert json.loads(other.out)["figures"][0]["value"] != figures["text-alignment"]


def test_the_good_ones_are_printed_where_some_are_damaged(vcomp: Run, film: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"no film")
    outcome = vcomp("eval", film, "bad.mp4", *STEADY, "--json")
    assert outcome.code == 3
    assert [Path(video["path"]).name for video in json.loads(outcome.out)["videos"]] == ["film.mp4"]
    assert "1 of 2 videos could not be measured: bad.mp4 is no video or picture" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--metric", "frame-consistancy"), 2, "Did you mean frame-consistency?"),
        (("--metric", "psnr"), 2, "needs a reference, and film.mp4 carries none. Name it with --reference"),
        (("--metric", "text-alignment"), 2, "Name it with --text"),
        (("--metric", "style-similarity"), 2, "Name it with --style"),
        (("--metric", "fvd"), 2, "compares two folders of videos"),
        (("--metric", "psnr,psnr"), 2, "named twice"),
        (("--metric", ","), 2, "There is no metric to measure"),
        ((*STEADY, "--json", "--csv"), 2, "--json and --csv contradict each other"),
        ((*STEADY, "--clip", "ViT-B-23"), 2, "Did you mean ViT-B-32?"),
        (("--metric", "psnr", "--reference", "none.mp4"), 3, "There is no file or folder none.mp4"),
        (("--metric", "lpips", "--reference", "film.mp4"), 5, "vcomp weights pull lpips-alexnet"),
    ],
)
def test_mistakes(vcomp: Run, film: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    outcome = vcomp("eval", "film.mp4", *arguments)
    assert (outcome.code, outcome.out) == (code, "")
    assert message in outcome.err
    assert "Traceback" not in outcome.err


def test_an_empty_folder(vcomp: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    outcome = vcomp("eval", "empty", *STEADY)
    assert (outcome.code, outcome.out) == (3, "")
    assert "The folder empty holds no videos" in outcome.err
