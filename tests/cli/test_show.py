"""`vcomp show`: the recipe in a file, and the way back through a shell."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest
from command import Run

from vcomp.cli.recipe import Recipe, read_recipe
from vcomp.engine import Settings
from vcomp.errors import MediaError
from vcomp.media.read import read_clip

TEXT = """it's "quoted", $HOME `ls` \\ 100 % – ü"""


@pytest.mark.parametrize("out", ["out.mp4", "out.gif", "out.webp", "frames"])
def test_the_command_makes_the_same_video_again(
    generate: Run, vcomp: Run, drawing: Path, tmp_path: Path, environment: dict[str, str], out: str
) -> None:
    generate("--text", TEXT, "--sketch", "drawing.png", "--strength", "single_sketch=0.5", "-o", out)
    before = read_clip(tmp_path / out).frames
    shown = vcomp("show", out)
    assert shown.out.count("\n") == 1
    assert shlex.split(shown.out)[1:4] == ["generate", "--text", TEXT]
    assert "--sketch drawing.png" in shown.out
    subprocess.run(shown.out, shell=True, env=environment, cwd=tmp_path, check=True, capture_output=True)
    assert np.array_equal(read_clip(tmp_path / out).frames, before)


def test_shown_from_elsewhere_the_command_names_files_in_full(
    generate: Run, drawing: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    generate("--text", "a star", "--sketch", "drawing.png", "-o", "out.mp4")
    before = read_clip(tmp_path / "out.mp4").frames
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    again = f"vcomp show {shlex.quote(str(tmp_path / 'out.mp4'))} -o again.mp4 | tee command | sh"
    subprocess.run(again, shell=True, env=environment, cwd=elsewhere, check=True, capture_output=True)
    assert str(drawing.absolute()) in (elsewhere / "command").read_text()
    assert np.array_equal(read_clip(elsewhere / "again.mp4").frames, before)


def test_through_a_real_pipe(generate: Run, tmp_path: Path, environment: dict[str, str]) -> None:
    generate("--text", "a star", "-o", "out.mp4")
    before = read_clip(tmp_path / "out.mp4").frames
    (tmp_path / "kept.mp4").write_bytes((tmp_path / "out.mp4").read_bytes())
    subprocess.run(
        "vcomp show out.mp4 -o again.mp4 | sh", shell=True, env=environment, cwd=tmp_path, check=True
    )
    assert np.array_equal(read_clip(tmp_path / "again.mp4").frames, before)


def test_json_is_the_whole_recipe(generate: Run, vcomp: Run) -> None:
    generate("--text", "a star", "--guide", "text:3", "--seed", "11", "-o", "out.mp4")
    recipe = json.loads(vcomp("show", "out.mp4", "--json").out)
    assert recipe["text"] == "a star"
    assert recipe["seed"] == 11
    assert recipe["guide"] == ["text:3"]
    assert (recipe["frames"], recipe["fps"], recipe["size"]) == (4, 8.0, "64x64")
    assert Path(recipe["model"]).is_absolute()
    assert recipe["dtype"] in ("float32", "bfloat16", "float16")


def test_the_guidance_of_the_model_is_spelled_out(generate: Run, vcomp: Run, drawing: Path) -> None:
    generate("--text", "a star", "--sketch", drawing, "-o", "out.mp4")
    recipe = json.loads(vcomp("show", "out.mp4", "--json").out)
    assert recipe["guide"] == ["text"]  # of text and style, which strengthens this model


def test_guides_are_kept_as_they_were_given(generate: Run, vcomp: Run) -> None:
    guides = ("text,style:2.3456789", "text:3")
    generate("--text", "a star", *(word for guide in guides for word in ("--guide", guide)), "-o", "out.mp4")
    assert tuple(json.loads(vcomp("show", "out.mp4", "--json").out)["guide"]) == guides


def test_a_video_without_a_recipe(vcomp: Run, film: Path) -> None:
    outcome = vcomp("show", film)
    assert outcome.code == 3
    assert f"{film} carries no recipe. Only files that vcomp generate, inpaint" in outcome.err


def test_a_comment_that_is_no_recipe() -> None:
    with pytest.raises(MediaError, match="not a recipe"):
        read_recipe('{"seed": 1, "version": "0", "surprise": true}', path="x.mp4")


def test_values_that_look_like_options_survive() -> None:
    recipe = Recipe(version="0", seed=1, text="--strip", fps=29.97, guide=("text:2", "motion:4"))
    words = shlex.split(recipe.as_command("-odd.mp4"))
    assert "--text=--strip" in words
    assert words[words.index("--fps") + 1] == "29.97"
    assert [words[i + 1] for i, word in enumerate(words) if word == "--guide"] == ["text:2", "motion:4"]
    assert recipe.settings(Settings()).fps == 29.97


def test_a_folder_called_like_a_model_is_not_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    recipe = Recipe(command="generate", version="0", text="a star", seed=1)
    assert recipe.with_paths(str.upper).model == "tiny"
    assert recipe.model_copy(update={"model": "mine"}).with_paths(str.upper).model == "MINE"
