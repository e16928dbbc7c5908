"""`vcomp inpaint` from its arguments to the files it leaves."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from command import VCOMP, Run

from oddities import end_missing
from sounding import CLICK_S, click_s, sound_codec, write_sounding_video
from vcomp.media.read import iter_frames, read_clip, read_picture
from vcomp.media.write import write_picture

BOX = ("--mask", "30,20,40,40")


@pytest.fixture
def inpaint(vcomp: Run, model_folder: Path) -> Run:
    """Run `vcomp inpaint` on the small system, in two steps."""
    return lambda *arguments: vcomp("inpaint", "--model", model_folder, "--steps", "2", *arguments)


def test_outside_the_mask_it_is_the_source(inpaint: Run, film: Path, tmp_path: Path) -> None:
    outcome = inpaint(film, *BOX, "--text", "a yellow star", "-o", "out/")
    assert (outcome.code, outcome.out) == (0, "out/\n"), outcome.err
    assert "film.mp4: 96x72 at 8 fps" in outcome.err
    assert "the model sees 80x72 at 10,0, scaled to 72x64, at 8 fps (6 frames)" in outcome.err
    assert "out/: 6 frames of 96x72 at 8 fps in" in outcome.err
    made, source = read_clip(tmp_path / "out"), read_clip(film)
    changed = (made.frames != source.frames).any(axis=-1)
    assert (made.fps, made.size) == (source.fps, source.size)
    assert changed[:, 20:60, 30:70].mean() > 0.9
    changed[:, 20:60, 30:70] = False
    assert not changed.any()


@pytest.mark.parametrize("out", ["out.mp4", "out.gif", "out.webp"])
def test_every_output_is_like_the_source(inpaint: Run, film: Path, tmp_path: Path, out: str) -> None:
    assert inpaint(film, *BOX, "--text", "a star", "-o", out).code == 0
    made, source = read_clip(tmp_path / out), read_clip(film)
    assert (made.num_frames, made.size) == (source.num_frames, source.size)
    assert made.fps == pytest.approx(source.fps, rel=0.02)  # a GIF counts in hundredths of a second
    outside = np.abs(made.frames[:, :, :20].astype(int) - source.frames[:, :, :20]).mean()
    assert outside < 12  # a GIF has few colours for such texture


def test_sound_goes_along_into_an_mp4(inpaint: Run, tmp_path: Path) -> None:
    write_sounding_video(tmp_path / "a.mkv", codec="pcm_s16le")
    outcome = inpaint("a.mkv", "--mask", "left 30%", "--text", "a star", "-o", "b.mp4")
    assert outcome.code == 0, outcome.err
    assert "a.mkv: 64x48 at 10 fps, with sound" in outcome.err
    assert click_s(tmp_path / "b.mp4") == pytest.approx(CLICK_S, abs=0.01)
    inpaint("a.mkv", "--mask", "left 30%", "--no-audio", "-o", "c.mp4")
    assert sound_codec(tmp_path / "c.mp4") is None
    outcome = inpaint("a.mkv", "--mask", "left 30%", "-o", "d.gif")
    assert outcome.code == 0
    assert "d.gif: without the sound, which only MP4 has" in outcome.err


def test_through_pipes(model_folder: Path, film: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    command = [VCOMP, "inpaint", "-", *BOX, "--model", model_folder, "--steps", "2", "-q", "-o", "-"]
    done = subprocess.run(
        command, input=film.read_bytes(), capture_output=True, env=environment, cwd=tmp_path, check=True
    )
    assert done.stderr == b""
    (tmp_path / "piped.mp4").write_bytes(done.stdout)
    times = [frame.time_s for frame in iter_frames(tmp_path / "piped.mp4")]
    assert times == pytest.approx([index / 8 for index in range(6)])


def test_the_command_makes_the_same_video_again(
    inpaint: Run, vcomp: Run, film: Path, drawing: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    options = ("--track", "--dilate", "2", "--style", "drawing.png", "--no-audio", "--motion", "film.mp4")
    inpaint("film.mp4", "--mask", "drawing.png", "--text", "it's", *options, "-o", "out.mp4")
    before = read_clip(tmp_path / "out.mp4").frames
    shown = vcomp("show", "out.mp4").out
    for words in (
        "--track",
        "--dilate 2",
        "--feather 2",
        "--no-audio",
        "--mask drawing.png",
        "--model-size 64",
    ):
        assert words in shown
    command = shown.replace("-o out.mp4", "-o again.mp4")
    subprocess.run(command, shell=True, env=environment, cwd=tmp_path, check=True, capture_output=True)
    assert np.array_equal(read_clip(tmp_path / "again.mp4").frames, before)


def test_json_is_one_object(inpaint: Run, film: Path) -> None:
    outcome = inpaint(film, *BOX, "--text", "a star", "--seed", "7", "--json", "-q", "-o", "out.mp4")
    report = json.loads(outcome.out)
    assert (report["path"], report["seed"], report["conditions"]) == ("out.mp4", 7, ["text", "mask"])
    assert (report["size"], report["fps"], report["region"]) == ([96, 72], 8, [10, 0, 80, 72])
    assert report["generated"] == {"frames": 6, "size": [72, 64], "fps": 8.0}
    assert report["timings"].keys() == {"read", "load", "encode", "denoise", "decode", "write", "total"}
    assert outcome.err == ""


def test_a_dry_run_tells_what_the_region_needs(inpaint: Run, film: Path, tmp_path: Path) -> None:
    outcome = inpaint(film, *BOX, "--text", "a star", "--dry-run", "--json", "-o", "out.mp4")
    plan = json.loads(outcome.out)
    assert (plan["frames"], plan["size"], plan["condition_sets"]) == (6, [72, 64], 2)
    assert not (tmp_path / "out.mp4").exists()


def test_outpainting(inpaint: Run, film: Path, tmp_path: Path) -> None:
    assert inpaint(film, "--outpaint", "16:9", "-o", "wide/").code == 0
    made, source = read_clip(tmp_path / "wide"), read_clip(film)
    assert made.size == (128, 72)
    assert np.array_equal(made.frames[:, :, 16:112], source.frames)


def test_a_box_that_reaches_outside_is_used_in_part(inpaint: Run, film: Path) -> None:
    outcome = inpaint(film, "--mask", "80,60,40,40", "--preview-mask", "area.png")
    assert outcome.code == 0
    assert "the box 80,60,40,40 reaches outside 96x72: 80,60,16,12 is used" in outcome.err
    assert "reaches outside" not in inpaint(film, "--mask", "left 20%", "--preview-mask", "area.png").err


@pytest.mark.parametrize("preview", ["area.png", "area.mp4"])
def test_the_area_alone(inpaint: Run, film: Path, tmp_path: Path, preview: str) -> None:
    outcome = inpaint(film, *BOX, "--track", "--preview-mask", preview)
    assert (outcome.code, outcome.out) == (0, f"{preview}\n"), outcome.err
    drawn = read_picture(tmp_path / preview).astype(int)
    assert ((drawn[..., 0] - drawn[..., 1] > 60) & (drawn[..., 2] - drawn[..., 1] > 20)).sum() > 800
    assert {path.name for path in tmp_path.iterdir()} >= {preview, "film.mp4"}
    assert not list(tmp_path.glob("out*"))


def test_the_strip_shows_source_mask_and_result(inpaint: Run, film: Path, tmp_path: Path) -> None:
    outcome = inpaint(film, *BOX, "--text", "a star", "--strip", "--preview-mask", "a.png", "-o", "out.mp4")
    assert outcome.out == "out.mp4\n"
    assert (tmp_path / "a.png").exists()
    height, width, _ = read_picture(tmp_path / "out_strip.png").shape
    assert height > 3 * 128
    assert width > 6 * 128


MASKED = ("--text", "a", "--mask")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("film.mp4", "-o", "out.mp4"), 2, "There is nothing to make anew. Give --mask, --outpaint or both."),
        (("film.mp4", *BOX), 2, "There is nowhere to write to. Give --out, or --preview-mask alone."),
        (("film.mp4", *MASKED, "10,10,0,5", "-o", "o.mp4"), 2, "The mask 10,10,0,5 is empty."),
        (("film.mp4", *MASKED, "100,10,9,9", "-o", "o.mp4"), 4, "lies outside the video, which has 96x72"),
        (("film.mp4", *MASKED, "10,10,9", "-o", "o.mp4"), 2, "--mask 10,10,9 is not understood."),
        (("film.mp4", *MASKED, "left 130%", "-o", "o.mp4"), 2, "The mask left 130% is out of range."),
        (("film.mp4", *MASKED, "left", "-o", "o.mp4"), 2, "--mask left is not understood."),
        (
            ("film.mp4", *MASKED, "leftt 30%", "-o", "o.mp4"),
            2,
            "--mask leftt 30% is not understood. Did you mean left? Name a picture or a video that is there",
        ),
        (("film.mp4", *MASKED, "x10,y10,w9,h9", "-o", "o.mp4"), 2, "is not understood. Name a picture"),
        (("film.mp4", *MASKED, "black.png", "-o", "o.mp4"), 4, "The mask black.png has no white in it"),
        (("film.mp4", *MASKED, "nowhere.png", "-o", "o.mp4"), 3, "There is no file or folder nowhere.png."),
        (("film.mp4", *MASKED, "words.txt", "-o", "o.mp4"), 3, "words.txt is no video or picture"),
        (("film.mp4", *MASKED, "film.mp4", "--track", "-o", "o.mp4"), 2, "--track carries one mask along"),
        (("film.mp4", *MASKED, "left 5%", "--dilate", "-3", "-o", "o.mp4"), 2, "The dilation is -3."),
        (("film.mp4", *MASKED, "left 5%", "--feather", "-3", "-o", "o.mp4"), 2, "The feather is -3."),
        (("film.mp4", "--outpaint", "wide", "-o", "o.mp4"), 2, "--outpaint wide is not understood."),
        (("film.mp4", "--outpaint", "4:3", "-o", "o.mp4"), 4, "The video is 4:3 already: 96x72 pixels."),
        (("film.mp4", "--outpaint", "16:9", "--track", "-o", "o.mp4"), 2, "--track is for a mask"),
        (("nowhere.mp4", *BOX, "-o", "o.mp4"), 3, "There is no file or folder nowhere.mp4."),
        (("words.txt", *BOX, "-o", "o.mp4"), 3, "words.txt is no video or picture, or is damaged."),
        (("deaf.mkv", *BOX, "-o", "o.mp4"), 3, "The sound of deaf.mkv cannot be read"),
        (("-", *MASKED, "-", "-o", "o.mp4"), 2, "Only one input can come through the pipe."),
        (("film.mp4", *BOX, "-o", "film.mp4"), 7, "film.mp4 is one of the inputs."),
        (("film.mp4", *BOX, "-o", "o.avi"), 7, "The ending .avi of o.avi is not one that can be written."),
        (("film.mp4", *BOX, "--preview-mask", "p.avi"), 7, "The ending .avi of p.avi"),
        (("film.mp4", *BOX, "--preview-mask", "no/p.png"), 7, "does not exist"),
        (("film.mp4", *BOX, "--preview-mask", "film.mp4"), 7, "film.mp4 is one of the inputs."),
        (("film.mp4", *BOX, "--preview-mask", "-"), 7, "The area cannot be drawn to -."),
        (("film.mp4", *BOX, "--preview-mask", "o.mp4", "-o", "o.mp4"), 7, "o.mp4 would be written twice."),
        (("film.mp4", *BOX, "--preview-mask", "p.png", "--json"), 2, "--json tells of a result"),
        (
            ("film.mp4", *BOX, "--preview-mask", "p.png", "--dry-run", "-o", "o.mp4"),
            2,
            "--dry-run writes nothing.",
        ),
        (
            ("film.mp4", *BOX, "--model-size", "9", "-o", "o.mp4"),
            2,
            "size at which the model works is 9.",
        ),
        (("film.mp4", *BOX, "--model-fps", "0", "-o", "o.mp4"), 2, "rate at which the model works is 0."),
        (("film.mp4", *BOX, "--guide", "motion:4", "-o", "o.mp4"), 2, "names nothing that is given."),
        (("film.mp4", *BOX, "--strip", "-o", "-"), 2, "--strip does not go with -o -."),
    ],
)
def test_bad_input(
    inpaint: Run, film: Path, tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    write_picture(np.zeros((9, 9, 3), np.uint8), tmp_path / "black.png")
    (tmp_path / "words.txt").write_text("no picture")
    sounding = write_sounding_video(tmp_path / "deaf.mkv").read_bytes()
    (tmp_path / "deaf.mkv").write_bytes(sounding.replace(b"A_AAC", b"A_XYZ"))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    outcome = inpaint(*arguments)
    assert outcome.code == code
    assert message in outcome.err
    assert outcome.out == ""
    assert "Traceback" not in outcome.err
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_source_that_breaks_off_leaves_nothing(inpaint: Run, tmp_path: Path) -> None:
    end_missing(tmp_path / "cut.mp4")
    outcome = inpaint("cut.mp4", "--mask", "left 30%", "-o", "out.mp4")
    assert outcome.code == 3
    assert "cut.mp4 is damaged" in outcome.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut.mp4"]
