"""What goes wrong ends in one sentence with a remedy, an exit code by kind, and no file."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from command import VCOMP, Run

from vcomp.media.write import write_picture

OUT = ("-o", "out.mp4")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--image", "nowhere.png", *OUT), 3, "There is no file or folder nowhere.png. Check the path."),
        (("--sketch", "words.txt", *OUT), 3, "words.txt is no video or picture, or is damaged."),
        (("--sketch", "cut.png", *OUT), 3, "cut.png cannot be read as a picture."),
        (("--motion", "empty.mp4", *OUT), 3, "empty.mp4 is empty."),
        (("--motion", "drawing.png", *OUT), 4, "drawing.png is a picture, and a picture does not move."),
        (("--video", "film.mp4", "--mask", "black.png", *OUT), 4, "The mask black.png has no white in it"),
        (("--video", "film.mp4", *OUT), 2, "There is a video and no mask. Give both"),
        ((*OUT,), 2, "There is nothing to generate from. Give at least --text."),
        (("--text", "a", "--sampler", "dmp++", *OUT), 2, "There is no sampler 'dmp++'. Did you mean dpm++?"),
        (("--text", "a", "--guide", "txt", *OUT), 2, "There is no condition 'txt'. Did you mean text?"),
        (("--text", "a", "--guide", "text:strong", *OUT), 2, "--guide text:strong is not understood."),
        (("--text", "a", "--guide", "motion:4", *OUT), 2, "--guide motion:4 names nothing that is given."),
        (("--text", "a", "--strength", "depth", *OUT), 2, "--strength depth is not understood."),
        (("--text", "a", "--strength", "depth=1@0.5:0.2", *OUT), 2, "limited to 0.5:0.2 of the steps"),
        (("--text", "a", "--strength", "depth=1", *OUT), 2, "is for a condition that is not given"),
        (("--text", "a", "--size", "100x64", *OUT), 2, "Frames of 100x64 cannot be generated. Each side is"),
        (("--text", "a", "--size", "big", *OUT), 2, "--size big is not understood."),
        (("--text", "a", "--frames", "0", *OUT), 2, "The number of frames is 0. It is from 1 to"),
        (("--text", "a", "--steps", "1000", *OUT), 2, "The number of steps is 1000."),
        (("--text", "a", "--fps", "0", *OUT), 2, "The frame rate is 0."),
        (("--text", "a", "--seed", "-1", *OUT), 2, "The seed is -1."),
        (("--text", "a", "--device", "cuda:63", *OUT), 6, "This machine has no device cuda:63."),
        (("--text", "a", "--dtype", "fp32", *OUT), 2, "There is no dtype 'fp32'."),
        (("--text", "a", "--frames", "10000", "--size", "2048x2048", *OUT), 6, "GB are free. Ask for fewer"),
        (("--text", "a", "--model", "huge", *OUT), 2, "There is no model 'huge'. Choose tiny"),
        (("--text", "a", "--model", "videocomposr", *OUT), 2, "Did you mean videocomposer? Choose tiny"),
        (("--text", "a", "--model", "runs/huge", *OUT), 5, "There is no model 'runs/huge'. Choose tiny"),
        (("--text", "a", "--camera", "pan rigth 3", *OUT), 2, "is not understood. Did you mean right? Write"),
        (("--text", "a", "--camera", "pam left 3", *OUT), 2, "is not understood. Did you mean pan? Write"),
        (
            ("--from", "hollow/", *OUT),
            3,
            "hollow/ holds no conditions. A bundle has a conditions.safetensors",
        ),
        (
            ("--text", "a", "--model", "videocomposer", *OUT),
            5,
            "The weights of videocomposer are not complete in",
        ),
        (("--text", "a", "--model", "hollow", *OUT), 5, "There is no model in hollow."),
        (("--text", "a", "-o", "nowhere/out.mp4"), 7, "nowhere does not exist. Create it: mkdir -p"),
        (("--text", "a", "-o", "out.avi"), 7, "The ending .avi of out.avi is not one that can be written."),
        (("--image", "drawing.png", "-o", "drawing.png"), 7, "The ending .png"),
        (("--motion", "film.mp4", "-o", "film.mp4"), 7, "film.mp4 is one of the inputs."),
        (("--motion", "film.mp4", "-o", "full/../film.mp4"), 7, "film.mp4 is one of the inputs."),
        (("--text", "a", "--save-conditions", "run", "-o", "run/"), 7, "run would be written twice."),
        (("--text", "a", "-o", "."), 7, ". is the working folder. Name a new folder in it."),
        (
            ("--sketch", "drawing.png", "--guide", "sketch:3", "--dry-run", *OUT),
            2,
            "names nothing that is given",
        ),
        (("--text", "a", "--seed", "9223372036854775808", *OUT), 2, "The seed is 9223372036854775808."),
        (("--text", "a", "--save-conditions", "full", *OUT), 7, "The folder full is not empty."),
        (("--text", "a", "--strip", "-o", "-"), 2, "--strip does not go with -o -."),
    ],
)
def test_bad_input(
    vcomp: Run,
    model_folder: Path,
    tmp_path: Path,
    drawing: Path,
    film: Path,
    arguments: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    (tmp_path / "words.txt").write_text("no picture")
    (tmp_path / "cut.png").write_bytes(drawing.read_bytes()[:120])
    (tmp_path / "empty.mp4").touch()
    write_picture(np.zeros((9, 9, 3), np.uint8), tmp_path / "black.png")
    (tmp_path / "hollow").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").touch()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    model = () if "--model" in arguments else ("--model", str(model_folder))
    outcome = vcomp("generate", *arguments, *model)
    assert outcome.code == code
    assert message in outcome.err
    assert outcome.out == ""
    assert "Traceback" not in outcome.err
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("generate", "--text", "a"),
            "Missing option '--out' / '-o'. --out takes: .mp4, .gif, .webp, a folder",
        ),
        (("stylize", "a.mp4", *OUT), "Missing option '--style'. --style takes: A picture whose look"),
        (("inpaint",), "Missing argument 'VIDEO'. It is: A video, an animation"),
        (("generate", "--text"), "Option '--text' requires an argument. See vcomp generate --help."),
        (("generate", "--prompt", "a"), "No such option: --prompt. Did you mean --text? See vcomp generate"),
        (
            ("extract", "--prompt", "a"),
            "No such option: --prompt (Possible options: --out). See vcomp extract",
        ),
        (("generate", "-x"), "No such option: -x. See vcomp generate --help."),
        (("--verbose",), "No such option: --verbose (Possible options: --version). See vcomp --help."),
        (("generate", "a boat", *OUT), "Got unexpected extra argument(s) (a boat). See vcomp generate"),
        (("generate", "--frames", "many", *OUT), "Invalid value for '--frames': "),
        (("genrate",), "No such command 'genrate'. Did you mean 'generate'? See vcomp --help."),
        (("weights", "pul"), "No such command 'pul'. Did you mean 'pull'? See vcomp weights --help."),
        (("motion", "preview", "--camera", "x"), "Missing option '--out' / '-o'. --out takes: .mp4"),
    ],
)
def test_bad_usage(vcomp: Run, arguments: tuple[str, ...], message: str) -> None:
    outcome = vcomp(*arguments)
    assert outcome.code == 2
    assert outcome.err.startswith(f"Error: {message}")
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [(), ("motion",), ("weights",)])
def test_a_group_alone_shows_its_help(vcomp: Run, arguments: tuple[str, ...]) -> None:
    outcome = vcomp(*arguments)
    assert "Commands" in outcome.out
    assert "Error" not in outcome.err


def test_a_damaged_model(vcomp: Run, model_folder: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for path in model_folder.iterdir():
        (damaged / path.name).write_bytes(path.read_bytes())
    (damaged / "unet.safetensors").write_bytes(b"not a tensor in sight")
    outcome = vcomp("generate", "--text", "a", "--model", damaged, *OUT)
    assert outcome.code == 5
    assert "unet.safetensors is damaged" in outcome.err


@pytest.mark.parametrize("moment", [b"torch.", b"denoising"])
def test_ctrl_c_leaves_nothing(
    model_folder: Path, tmp_path: Path, environment: dict[str, str], moment: bytes
) -> None:
    """While modules are still imported, of which Python tells, and in the middle of the work."""
    steps = ["--steps", "60", "--frames", "16", "--strip", "--save-conditions", "kept"]
    command = [VCOMP, "generate", "--text", "a", "--model", model_folder, *steps, "-o", "out.mp4"]
    told = {**environment, "PYTHONPROFILEIMPORTTIME": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=told, cwd=tmp_path) as process:
        assert process.stderr is not None
        assert any(moment in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        talk = process.stderr.read()
        assert process.wait(timeout=30) == 130
    assert b"Traceback" not in talk
    assert list(tmp_path.iterdir()) == []
