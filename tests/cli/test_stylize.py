"""`vcomp stylize` from its arguments to the files it leaves."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from command import Run

from sounding import CLICK_S, click_s, write_sounding_video
from vcomp.media.read import read_clip, read_picture


@pytest.fixture
def stylize(vcomp: Run, model_folder: Path, drawing: Path) -> Run:
    """Run `vcomp stylize` on the small system, in two steps, in the look of a drawing."""
    fixed = ("--model", model_folder, "--steps", "2", "--style", drawing)
    return lambda *arguments: vcomp("stylize", *arguments, *fixed)


@pytest.mark.parametrize("out", ["out.mp4", "out.gif", "out.webp", "out"])
def test_the_result_is_as_long_and_large_as_the_source(
    stylize: Run, film: Path, tmp_path: Path, out: str
) -> None:
    outcome = stylize("film.mp4", "--text", "a star", "-o", out)
    assert (outcome.code, outcome.out) == (0, f"{out}\n"), outcome.err
    made, source = read_clip(tmp_path / out), read_clip(film)
    assert (made.num_frames, made.size) == (source.num_frames, source.size)
    assert made.fps == pytest.approx(source.fps, rel=0.02)  # a GIF counts in hundredths of a second
    assert np.abs(made.frames.astype(int) - source.frames).mean() > 10
    assert f"{out}: 6 frames of 96x72 at 8 fps in" in outcome.err
    for said in ("film.mp4: edges by", "film.mp4: depth by", "film.mp4: motion by DIS optical flow"):
        assert said in outcome.err


def test_other_rates_sizes_and_lengths(stylize: Run, film: Path, tmp_path: Path) -> None:
    outcome = stylize(
        film, "--fps", "12", "--frames", "5", "--size", "50x60", "--keep", "sketch", "-o", "out/"
    )
    assert outcome.code == 0, outcome.err
    assert "depth by" not in outcome.err
    made = read_clip(tmp_path / "out")
    assert (made.num_frames, made.size, made.fps) == (5, (50, 60), 12)


def test_sound_goes_along(stylize: Run, tmp_path: Path) -> None:
    write_sounding_video(tmp_path / "a.mp4")
    assert stylize("a.mp4", "-o", "b.mp4").code == 0
    assert click_s(tmp_path / "b.mp4") == pytest.approx(CLICK_S, abs=0.03)


def test_the_command_makes_the_same_video_again(
    stylize: Run, vcomp: Run, film: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    stylize("film.mp4", "--keep", "sketch,motion", "--fps", "4", "--size", "64x64", "-o", "out.webp")
    before = read_clip(tmp_path / "out.webp").frames
    shown = vcomp("show", "out.webp", "-o", "again.webp").out
    assert " stylize film.mp4 " in shown
    assert "--keep sketch,motion" in shown
    assert json.loads(vcomp("show", "out.webp", "--json").out)["command"] == "stylize"
    subprocess.run(shown, shell=True, env=environment, cwd=tmp_path, check=True, capture_output=True)
    assert np.array_equal(read_clip(tmp_path / "again.webp").frames, before)


def test_the_strip_shows_what_was_kept(stylize: Run, film: Path, tmp_path: Path) -> None:
    stylize(film, "--text", "a star", "--strip", "-o", "out.mp4")
    assert read_picture(tmp_path / "out_strip.png").shape[0] > 6 * 128  # source, four conditions, result


def test_a_dry_run_counts_the_extractors(stylize: Run, film: Path) -> None:
    plan = json.loads(stylize(film, "--dry-run", "--json", "-o", "out.mp4").out)
    assert {network["name"] for network in plan["networks"]} >= {"pidinet", "depth", "unet"}
    assert plan["frames"] == 6


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("film.mp4", "--keep", "colour", "-o", "o.mp4"), 2, "There is no condition to keep 'colour'."),
        (("film.mp4", "--keep", "", "-o", "o.mp4"), 2, "Nothing of the video is kept."),
        (("film.mp4", "--size", "big", "-o", "o.mp4"), 2, "--size big is not understood."),
        (("film.mp4", "--size", "4x4", "-o", "o.mp4"), 2, "The side of the result is 4."),
        (("film.mp4", "--fps", "0", "-o", "o.mp4"), 2, "The frame rate is 0."),
        (("film.mp4", "--frames", "0", "-o", "o.mp4"), 2, "The number of frames is 0."),
        (("film.mp4", "--style", "nowhere.png", "-o", "o.mp4"), 3, "There is no file or folder nowhere.png."),
        (("nowhere.mp4", "-o", "o.mp4"), 3, "There is no file or folder nowhere.mp4."),
        (("film.mp4", "-o", "film.mp4"), 7, "film.mp4 is one of the inputs."),
        (("film.mp4",), 2, "Missing option '--out' / '-o'."),
    ],
)
def test_bad_input(
    vcomp: Run,
    model_folder: Path,
    film: Path,
    drawing: Path,
    tmp_path: Path,
    arguments: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    style = () if "--style" in arguments else ("--style", str(drawing))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    outcome = vcomp("stylize", *arguments, *style, "--model", model_folder)
    assert (outcome.code, outcome.out) == (code, "")
    assert message in outcome.err
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_look_is_needed(vcomp: Run, film: Path) -> None:
    outcome = vcomp("stylize", film, "-o", "o.mp4")
    assert outcome.code == 2
    assert "Missing option '--style'." in outcome.err
