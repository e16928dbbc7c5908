"""`vcomp report`: a folder of results as one page, and what it says of mistakes."""

from __future__ import annotations

import html
from pathlib import Path

import numpy as np
import pytest
from command import Run

from vcomp.media.clip import Clip
from vcomp.media.write import write_clip


@pytest.fixture
def results(film: Path, tmp_path: Path) -> Path:
    """A folder with one film that vcomp made nothing of."""
    folder = tmp_path / "results"
    folder.mkdir()
    film.rename(folder / "film.mp4")
    return folder


def test_results_with_their_recipes_conditions_and_figures(
    generate: Run, vcomp: Run, drawing: Path, results: Path
) -> None:
    made = results / "star.mp4"
    assert generate("--text", "a star", "--sketch", drawing, "--camera", "pan right 2", "-o", made).code == 0
    outcome = vcomp("report", "results", "--metric", "frame-consistency,text-alignment,sketch-f1")
    assert (outcome.code, outcome.out) == (0, "results/report.html\n"), outcome.err
    page = (results / "report.html").read_text()
    command = vcomp("show", "results/star.mp4").out.strip()
    # A page may be read anywhere.
    in_full = command.replace("--sketch drawing.png", f"--sketch {results.parent / 'drawing.png'}")
    assert in_full in html.unescape(page)
    assert "pan right 2" in page
    assert "<b>sketch</b> drawing.png" in page
    assert page.count("It carries no recipe.") == 1  # the film's
    assert all(f"<dt>{name}</dt>" in page for name in ("frame-consistency", "text-alignment", "sketch-f1"))
    assert [path.name for path in results.iterdir() if path.name.startswith(".")] == []


def test_damaged_ones_are_named_and_the_rest_is_shown(vcomp: Run, results: Path) -> None:
    (results / "bad.mp4").write_bytes(b"no film")
    still = np.zeros((1, 16, 16, 3), np.uint8)
    write_clip(Clip(still, 8.0), f"{results / 'still'}/")
    outcome = vcomp("report", results, "-o", "page.html", "--quiet")
    assert (outcome.code, outcome.out) == (0, "page.html\n")
    assert f"Left out: {results / 'bad.mp4'} is no video or picture" in outcome.err
    page = Path("page.html").read_text()
    assert "is no video or picture, or is damaged." in page
    assert "It could not be measured. It has one frame" in page
    assert "<h2>film.mp4</h2>" in page


def test_without_figures_to_standard_output(vcomp: Run, results: Path) -> None:
    outcome = vcomp("report", results, "--no-metrics", "-o", "-")
    assert outcome.code == 0
    assert outcome.out.startswith("<!doctype html>")
    assert outcome.out.rstrip().endswith("</html>")
    assert "<table>" not in outcome.out
    assert "<svg" not in outcome.out
    assert [path.name for path in results.iterdir()] == ["film.mp4"]


def test_a_metric_nothing_has_what_it_needs_for_is_told(vcomp: Run, results: Path) -> None:
    outcome = vcomp("report", results, "--metric", "text-alignment")
    assert outcome.code == 0
    assert "text-alignment is left out: no result carries what it needs." in outcome.err
    assert "text-alignment" not in (results / "report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("nowhere",), 3, "There is no file or folder nowhere."),
        (("empty",), 3, "The folder empty holds no videos."),
        (("broken",), 3, "None of the 2 videos in broken can be read"),
        (("results", "--metric", "psnr"), 2, "vcomp eval --metric psnr --reference"),
        (("results", "--metric", "frame"), 2, "frame"),
        (("results", "-o", "results/film.mp4"), 7, "End the name in .html."),
        (("results", "-o", "none/page.html"), 7, "does not exist"),
        (("-",), 2, "not of a pipe"),
    ],
)
def test_mistakes(
    vcomp: Run, results: Path, tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / "broken" / name).write_bytes(b"no film")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}
    outcome = vcomp("report", *arguments)
    assert (outcome.code, outcome.out) == (code, "")
    assert message in outcome.err
    assert "Traceback" not in outcome.err
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")} == before
