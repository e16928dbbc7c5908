"""`vcomp generate` from its arguments to the files it leaves."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from command import VCOMP, Run

from vcomp.media.read import media_kind, read_clip, read_picture


def test_the_path_is_all_there_is_on_stdout(generate: Run, tmp_path: Path) -> None:
    outcome = generate("--text", "a yellow star", "-o", "out.mp4")
    assert outcome.code == 0
    assert outcome.out == "out.mp4\n"
    clip = read_clip(tmp_path / "out.mp4")
    assert (clip.num_frames, clip.size, clip.fps) == (4, (64, 64), 8)
    assert "denoising: step 2 of 2" in outcome.err
    assert "out.mp4: 4 frames of 64x64 at 8 fps in" in outcome.err


def test_json_is_one_object(generate: Run, drawing: Path) -> None:
    outcome = generate(
        "--text", "a star", "--sketch", drawing, "--seed", "7", "--json", "-q", "-o", "out.mp4"
    )
    report = json.loads(outcome.out)
    assert report.keys() == {"path", "seed", "model", "dtype", "arithmetic", "conditions", "timings"}
    assert (report["path"], report["seed"], report["model"]) == ("out.mp4", 7, "small")
    assert report["conditions"] == ["text", "single_sketch"]
    assert report["timings"].keys() == {"load", "encode", "denoise", "decode", "total"}
    assert outcome.err == ""


def test_a_seed_is_drawn_and_told(generate: Run) -> None:
    seeds = {json.loads(generate("--text", "a", "--json", "-o", "out.mp4").out)["seed"] for _ in range(3)}
    assert len(seeds) == 3


def test_same_seed_same_bits(generate: Run, tmp_path: Path) -> None:
    for name, seed in (("a/", 3), ("b/", 3), ("c/", 4)):
        generate("--text", "a star", "--seed", str(seed), "-o", name)
    a, b, c = (read_clip(tmp_path / name).frames for name in "abc")
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


@pytest.mark.parametrize("out", ["out.gif", "out.webp", "frames", "frames/"])
def test_other_outputs(generate: Run, tmp_path: Path, out: str) -> None:
    outcome = generate("--text", "a star", "-o", out)
    assert outcome.out == f"{out}\n"
    assert media_kind(tmp_path / out) == "video"
    assert read_clip(tmp_path / out).num_frames == 4


def test_all_kinds_of_sources(generate: Run, film: Path, drawing: Path, tmp_path: Path) -> None:
    outcome = generate(
        *("--text", "a star", "--image", film, "--style", drawing, "--sketch", film, "--depth", film),
        *(
            "--motion",
            film,
            "--video",
            film,
            "--mask",
            drawing,
            "--guide",
            "text,style:2",
            "--guide",
            "motion:3",
        ),
        *(
            "--strength",
            "depth=0.6@0:0.5",
            "--sampler",
            "unipc",
            "--frames",
            "3",
            "--fps",
            "4",
            "--size",
            "96x64",
        ),
        *("--strip", "--save-conditions", "kept", "-o", "out.mp4"),
    )
    assert outcome.code == 0, outcome.err
    assert "film.mp4: edges by the PiDiNet of small" in outcome.err
    assert "film.mp4: motion by DIS optical flow" in outcome.err
    clip = read_clip(tmp_path / "out.mp4")
    assert (clip.num_frames, clip.size, clip.fps) == (3, (96, 64), 4)
    assert read_picture(tmp_path / "out_strip.png").shape[0] > 7 * 128
    kept = {path.name for path in (tmp_path / "kept").iterdir()}
    assert {"conditions.safetensors", "sketch.png", "motion.png", "mask.png", "style.png"} <= kept


def test_a_drawing_is_recognised_and_that_is_told(generate: Run, drawing: Path) -> None:
    outcome = generate("--sketch", drawing, "-o", "out.mp4")
    assert f"{drawing}: drawing, dark on light, used as it is" in outcome.err


def test_an_earlier_folder_of_frames_is_only_replaced_on_request(generate: Run, tmp_path: Path) -> None:
    generate("--text", "a star", "--seed", "1", "-o", "frames")
    before = (tmp_path / "frames" / "0000.png").read_bytes()
    refused = generate("--text", "a star", "--seed", "2", "-o", "frames")
    assert refused.code == 7
    assert (tmp_path / "frames" / "0000.png").read_bytes() == before
    assert generate("--text", "a star", "--seed", "2", "--overwrite", "-o", "frames").code == 0
    assert (tmp_path / "frames" / "0000.png").read_bytes() != before


def test_mp4_goes_into_a_pipe(model_folder: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    command = [VCOMP, "generate", "--text", "a star", "--model", model_folder, "--steps", "2", "-o", "-"]
    done = subprocess.run(command, capture_output=True, env=environment, check=True, cwd=tmp_path)
    (tmp_path / "piped.mp4").write_bytes(done.stdout)
    assert read_clip(tmp_path / "piped.mp4").num_frames == 4
    assert b"4 frames of 64x64" in done.stderr


def test_a_film_comes_through_a_pipe(
    model_folder: Path, tmp_path: Path, film: Path, environment: dict[str, str]
) -> None:
    command = [VCOMP, "generate", "--motion", "-", "--model", model_folder, "--steps", "1", "-o", "out.mp4"]
    with film.open("rb") as stream:
        subprocess.run(command, stdin=stream, capture_output=True, env=environment, check=True, cwd=tmp_path)
    assert read_clip(tmp_path / "out.mp4").num_frames == 4


def test_a_dry_run_tells_and_does_nothing(generate: Run, tmp_path: Path) -> None:
    text = generate("--text", "a star", "-o", "out.mp4", "--dry-run").out
    assert "small on cpu: 4 frames of 64x64" in text
    assert "2 condition sets one after another" in text
    outcome = generate("--text", "a", "--camera", "pan right 1", "--json", "-o", "out.mp4", "--dry-run")
    plan = json.loads(outcome.out)
    assert [network["name"] for network in plan["networks"]] == ["towers", "unet", "autoencoder"]
    assert plan["peak_bytes"] == max(plan["stages"].values()) > 0
    assert plan["fits"]
    assert plan["networks_are"] == "kept"
    assert not (tmp_path / "out.mp4").exists()


def test_a_dry_run_of_what_does_not_fit_says_so(generate: Run) -> None:
    outcome = generate(
        *("--text", "a", "--frames", "10000", "--size", "2048x2048", "-o", "out.mp4", "--dry-run", "--json")
    )
    assert outcome.code == 6
    assert not json.loads(outcome.out)["fits"]
    assert "need about" in outcome.err


def test_a_dry_run_needs_no_weights(vcomp: Run) -> None:
    outcome = vcomp(
        *("generate", "--model", "videocomposer", "--text", "a boat", "-o", "out.mp4", "--dry-run", "--json")
    )
    plan = json.loads(outcome.out)
    unet = next(network for network in plan["networks"] if network["name"] == "unet")
    assert unet["weights_bytes"] in (4 * 1_413_435_636, 2 * 1_413_435_636)


def test_a_long_video_is_made_in_windows_and_that_is_told(generate: Run, vcomp: Run, tmp_path: Path) -> None:
    outcome = generate("--text", "a star", "--frames", "40", "--seed", "1", "-o", "long.mp4")
    assert outcome.code == 0, outcome.err
    assert read_clip(tmp_path / "long.mp4").num_frames == 40
    assert "40 frames in 19 windows of 4, neighbours share 2" in outcome.err
    assert "denoising: step 2 of 2" in outcome.err
    assert "--frames 40 --window 4 --overlap 2" in vcomp("show", "long.mp4").out


def test_windows_are_a_choice(generate: Run) -> None:
    plan = generate("--text", "a", "--frames", "40", "--window", "8", "-o", "out.mp4", "--dry-run").out
    assert "in 9 windows of 8, neighbours share 4" in plan
    assert "windows" not in generate("--text", "a", "--frames", "4", "-o", "out.mp4", "--dry-run").out
    outcome = generate("--text", "a", "--frames", "40", "--overlap", "4", "-o", "out.mp4")
    assert outcome.code == 2
    assert "The overlap of windows is 4" in outcome.err


def test_offloading_gives_the_same_bits(generate: Run, tmp_path: Path) -> None:
    generate("--text", "a star", "--seed", "3", "-o", "a/")
    generate("--text", "a star", "--seed", "3", "--offload", "-o", "b/")
    assert np.array_equal(read_clip(tmp_path / "a").frames, read_clip(tmp_path / "b").frames)


def test_strips_of_folders_with_a_point_in_their_name(generate: Run, tmp_path: Path) -> None:
    for scale in ("7.0", "7.5"):
        asked = ("--text", "a star", "--guidance-scale", scale, "--strip", "-o", f"take_{scale}/")
        assert generate(*asked).code == 0
    assert (tmp_path / "take_7.0_strip.png").is_file()
    assert (tmp_path / "take_7.5_strip.png").is_file()
