"""`vcomp extract` from media to a bundle, and `vcomp generate --from` back."""

from __future__ import annotations

import errno
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from command import VCOMP, Run
from safetensors.torch import load_file

from oddities import BROKEN
from vcomp.conditions.manifest import Manifest
from vcomp.conditions.stored import load_bundle
from vcomp.media.clip import Clip
from vcomp.media.read import read_clip, read_picture
from vcomp.media.write import write_clip, write_picture

SHARED_VIDEOS = Path(__file__).parents[3] / "shared" / "videos"
PAN = (3, -2)


@pytest.fixture
def extract(vcomp: Run, model_folder: Path) -> Run:
    """Run `vcomp extract` with the small system's extractors."""
    return lambda *arguments: vcomp("extract", "--model", model_folder, *arguments)


@pytest.fixture
def pan(tmp_path: Path) -> Path:
    """Twenty frames of texture that moves by (3, -2)."""
    texture = np.random.default_rng(2).integers(0, 255, (20, 24, 3), np.uint8)
    texture = cv2.resize(texture, (240, 200), interpolation=cv2.INTER_CUBIC)
    frames = [texture[60 + 2 * i : 156 + 2 * i, 80 - 3 * i : 208 - 3 * i] for i in range(20)]
    write_clip(Clip(np.stack(frames), 8.0), tmp_path / "pan.mp4")
    return tmp_path / "pan.mp4"


def manifest_of(folder: Path) -> Manifest:
    return Manifest.model_validate_json((folder / "manifest.json").read_text())


def test_a_bundle_has_everything(extract: Run, film: Path, tmp_path: Path) -> None:
    outcome = extract(film, "-o", "kept/")
    assert (outcome.code, outcome.out) == (0, "kept/\n"), outcome.err
    assert "flow: DIS optical flow" in outcome.err
    assert "Look at them: kept/index.html" in outcome.err
    names = {path.name for path in (tmp_path / "kept").iterdir()}
    assert names == {
        "conditions.safetensors", "manifest.json", "index.html", "source.mp4", "style.png", "image.png",
        "sketch.png", "sketch.mp4", "depth.png", "depth.mp4", "flow.png", "flow.mp4", "flow_arrows.mp4",
        "motion.png", "motion.mp4",
    }  # fmt: skip
    tensors = load_file(tmp_path / "kept" / "conditions.safetensors")
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    assert shapes == {
        "sketch": (1, 6, 72, 96),
        "depth": (1, 6, 72, 96),
        "motion": (2, 6, 72, 96),
        "flow": (2, 6, 72, 96),
        "image": (3, 1, 72, 96),
        "style": (72, 96, 3),
    }
    manifest = manifest_of(tmp_path / "kept")
    assert manifest.times_s == tuple(k / 8 for k in range(6))
    assert manifest.source is not None
    assert (manifest.source.path, manifest.source.size, manifest.fps) == (str(film), (96, 72), 8)
    assert manifest.conditions["sketch"].extractor == "the PiDiNet of small"
    assert len(manifest.conditions["depth"].weights_sha256 or "") == 64
    assert manifest.conditions["flow"].most == tensors["flow"].max().item()
    assert {"torch", "av"} <= manifest.versions.keys()
    assert read_clip(tmp_path / "kept" / "flow_arrows.mp4").frames.shape == (6, 72, 96, 3)


def test_both_kinds_of_motion_have_one_sign_and_one_unit(extract: Run, pan: Path, tmp_path: Path) -> None:
    extract(pan, "--only", "motion,flow", "--no-pictures", "-o", "kept")
    tensors = load_file(tmp_path / "kept" / "conditions.safetensors")
    for name in ("motion", "flow"):
        assert tensors[name].shape == (2, 20, 96, 128)
        assert tensors[name][:, 0].eq(0).all()
        for frame in tensors[name][:, 1:].unbind(1):  # across the borders of chunks too
            assert frame[0].median().item() == pytest.approx(PAN[0], abs=0.25)
            assert frame[1].median().item() == pytest.approx(PAN[1], abs=0.25)


def test_motion_is_in_pixels_of_the_sampled_frame_at_the_output_size(
    extract: Run, pan: Path, tmp_path: Path
) -> None:
    extract(pan, "--only", "motion,flow", "--fps", "4", "--size", "64x48", "--no-pictures", "-o", "kept")
    tensors = load_file(tmp_path / "kept" / "conditions.safetensors")
    for name in ("motion", "flow"):  # half the rate, half the size
        assert tensors[name][0, 1:].median().item() == pytest.approx(3, abs=0.3)
        assert tensors[name][1, 1:].median().item() == pytest.approx(-2, abs=0.3)


def test_generating_from_a_bundle_is_generating_from_what_is_in_it(
    extract: Run, generate: Run, film: Path, tmp_path: Path
) -> None:
    extract(film, "-o", "kept")
    written = load_file(tmp_path / "kept" / "conditions.safetensors")
    outcome = generate("--from", "kept", "--seed", "1", "--save-conditions", "again", "-o", "a/")
    assert outcome.code == 0, outcome.err
    assert "kept: style, image, sketch, depth, motion, as stored" in outcome.err
    again = load_file(tmp_path / "again" / "conditions.safetensors")
    for name in ("sketch", "depth"):
        assert torch.equal(again[name], written[name][:, :4])  # the video has four frames
    assert torch.equal(again["motion"], written["flow"][:, :4])
    assert torch.equal(again["style"], written["style"])
    generate("--from", "again", "--seed", "1", "-o", "b/")
    generate("--from", "again", "--use", "depth", "--seed", "1", "-o", "c/")
    a, b, c = (read_clip(tmp_path / name).frames for name in "abc")
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_a_choice_of_a_bundle_and_what_replaces_it(
    vcomp: Run, generate: Run, extract: Run, film: Path, drawing: Path, tmp_path: Path
) -> None:
    extract(film, "-o", "kept", "--no-pictures")
    chosen = ("--from", "kept", "--use", "sketch,motion", "--sketch", drawing, "--camera", "pan right 2")
    outcome = generate(*chosen, "--save-conditions", "again", "-o", "out.mp4")
    assert outcome.code == 0, outcome.err
    conditions = load_bundle(tmp_path / "again").conditions
    assert conditions.names == {"single_sketch", "motion"}
    alone = load_bundle(tmp_path / "kept", use=("motion",), num_frames=4).conditions.motion
    assert conditions.motion is not None
    assert alone is not None
    assert conditions.motion.shape == (2, 4, 64, 64)
    # 96x72 is cropped to 72x72 and shrunk to 64x64.
    difference = conditions.motion[0, 1:].mean() - alone[0, 1:, :, 12:84].mean() * 64 / 72
    assert difference.item() == pytest.approx(-2, abs=0.05)
    shown = vcomp("show", "out.mp4").out
    assert "--from kept --use sketch,motion" in shown


def test_tensors_go_through_a_pipe(
    model_folder: Path, film: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    first = f"{VCOMP} extract - --only depth,flow --model {model_folder} -o -"
    second = f"{VCOMP} generate --from - --model {model_folder} --steps 1 --save-conditions kept -o out.mp4"
    command = f"{first} < {film} | {second}"
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, env=environment, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "out.mp4\n"
    assert load_bundle(tmp_path / "kept").conditions.names == {"depth", "motion"}


def test_pictures_have_no_motion(extract: Run, drawing: Path, film: Path, tmp_path: Path) -> None:
    photo = read_picture(film)
    write_picture(photo, tmp_path / "photo.png")
    assert extract("photo.png", "-o", "a").code == 0
    names = load_bundle(tmp_path / "a").conditions.names
    assert names == {"single_sketch", "depth", "style", "image"}
    assert (tmp_path / "a" / "source.png").exists()
    assert not list((tmp_path / "a").glob("*.mp4"))
    refused = extract("photo.png", "--only", "flow", "-o", "b")
    assert (refused.code, "A picture has no flow" in refused.err) == (4, True)
    extract(drawing, "--only", "sketch", "-o", "c")
    assert manifest_of(tmp_path / "c").conditions["single_sketch"].extractor == "the drawing itself"


def test_folders_parts_and_names(extract: Run, film: Path, tmp_path: Path) -> None:
    write_clip(read_clip(film), tmp_path / "frames")
    where = ("--start", "0.25", "--frames", "3", "--fps", "stored", "--size", "48", "--half")
    outcome = extract("frames", *where, "--only", "single_sketch,depth", "--sketch-by", "canny", "-o", "a")
    assert outcome.code == 0, outcome.err
    manifest = manifest_of(tmp_path / "a")
    assert manifest.times_s == (0.25, 0.375, 0.5)
    assert manifest.conditions["single_sketch"].extractor == "Canny"
    assert manifest.conditions["depth"].shape == (1, 3, 48, 64)
    assert manifest.conditions["depth"].dtype == "float16"
    assert load_bundle(tmp_path / "a").conditions.names == {"single_sketch", "depth"}


def test_a_mask_is_stretched_and_held(extract: Run, film: Path, tmp_path: Path) -> None:
    mask = np.zeros((10, 20, 3), np.uint8)
    mask[:, 10:] = 255
    write_picture(mask, tmp_path / "mask.png")
    extract(film, "--only", "mask", "--mask", "mask.png", "-o", "a")
    condition = load_bundle(tmp_path / "a").conditions.mask
    assert condition is not None
    assert condition.shape == (4, 6, 72, 96)
    assert condition[:, :, :, 49:].eq(0).all()
    assert condition[3, :, :, :47].eq(1).all()
    write_picture(np.zeros_like(mask), tmp_path / "mask.png")
    refused = extract(film, "--mask", "mask.png", "-o", "b")
    assert (refused.code, "no white in it" in refused.err) == (4, True)
    assert not (tmp_path / "b").exists()


def test_json_is_the_manifest(extract: Run, film: Path) -> None:
    outcome = extract(film, "--only", "depth", "--json", "-q", "--no-pictures", "-o", "a")
    assert json.loads(outcome.out)["conditions"].keys() == {"depth"}
    assert outcome.err == ""


def test_the_bundled_depth_estimator_says_what_it_knows(vcomp: Run, film: Path, tmp_path: Path) -> None:
    outcome = vcomp("extract", film, "--only", "depth", "--frames", "2", "-o", "a")
    assert outcome.code == 0, outcome.err
    caveat = "which knows drawn scenes only (for photographs: vcomp weights pull extractors"
    assert f"depth: the bundled depth estimator, {caveat}" in outcome.err
    assert caveat in (tmp_path / "a" / "index.html").read_text()
    assert re.search(r"a: 2 frames of 96x72 in [\d.]+ s, [\d.]+ kB\n", outcome.err)
    assert "--half" not in outcome.err


def test_a_large_bundle_may_be_halved(extract: Run, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vcomp.cli.extraction._LARGE_BYTES", 1000)
    large = ("--only", "image", "--no-pictures", "-o")
    assert "half the disk with --half" in extract(film, *large, "a").err
    assert "half the disk" not in extract(film, *large, "b", "--half").err


def test_an_earlier_bundle_is_only_replaced_on_request(extract: Run, film: Path, tmp_path: Path) -> None:
    extract(film, "--only", "flow", "-o", "a")
    assert extract(film, "--only", "depth", "-o", "a").code == 7
    assert extract(film, "--only", "depth", "--overwrite", "-o", "a").code == 0
    assert not (tmp_path / "a" / "flow.png").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--only", "dept"), 2, "There is no condition 'dept' to extract. Did you mean depth? Choose"),
        (("--only", "mask"), 2, "A mask condition is made from a mask."),
        (("--fps", "fast"), 2, "--fps fast is not understood."),
        (("--size", "9"), 2, "A side of 9 pixels cannot be extracted."),
        (("--size", "big"), 2, "--size big is not understood."),
        (("--frames", "0"), 2, "The number of frames is 0."),
        (("--start", "99"), 3, "ends before 99 s"),
        (("--fit", "squeeze"), 2, "'squeeze' is not one of"),
        (("--sketch-by", "magic"), 2, "There is no sketch extractor 'magic'."),
        (
            ("--flow-by", "raftt"),
            2,
            "There is no flow extractor 'raftt'. Did you mean raft? Choose",
        ),
        (("--flow-by", "raft"), 2, "needs its weight file"),
        (("--flow-by", "raft:nowhere.pth"), 5, "nowhere.pth is missing"),
        (("--mask", "nowhere.png"), 3, "There is no file or folder nowhere.png."),
    ],
)
def test_bad_options(
    extract: Run, film: Path, tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    outcome = extract(film, *arguments, "-o", "out")
    assert (outcome.code, outcome.out) == (code, ""), outcome.err
    assert message in outcome.err
    assert [path.name for path in tmp_path.iterdir()] == [film.name]


def test_the_working_folder_is_not_replaced(
    vcomp: Run, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    outcome = vcomp("extract", film.absolute(), "-o", ".")
    assert (outcome.code, outcome.out) == (7, "")
    assert ". is the working folder. Name a new folder in it." in outcome.err
    assert not list((tmp_path / "empty").iterdir())


def test_broken_media_leave_nothing(extract: Run, tmp_path: Path) -> None:
    assert len(BROKEN) >= 20
    for broken in BROKEN:
        path = tmp_path / f"{broken.__name__}.mp4"
        broken(path)
        before = sorted(tmp_path.iterdir())
        outcome = extract(path, "-o", "out")
        assert outcome.code == 3, broken.__name__
        assert outcome.err.startswith("Error: "), broken.__name__
        assert "Traceback" not in outcome.err
        assert sorted(tmp_path.iterdir()) == before, broken.__name__


@pytest.mark.parametrize("name", ["motion_transfer.mp4", "video_5360763.mp4"])
def test_real_clips(extract: Run, tmp_path: Path, name: str) -> None:
    if not (SHARED_VIDEOS / name).exists():
        pytest.skip(f"{name} is not part of the repository")
    outcome = extract(SHARED_VIDEOS / name, "--frames", "10", "--size", "96", "-o", "kept")
    assert outcome.code == 0, outcome.err
    bundle = load_bundle(tmp_path / "kept")
    assert bundle.conditions.names == {"style", "image", "sketch", "depth", "motion"}
    assert bundle.conditions.depth is not None
    assert bundle.conditions.depth.shape == (1, 10, 96, 168)


_PEAK = """
import resource, sys
from vcomp.cli import main
sys.argv[1:] = sys.argv[2:]
try: main()
except SystemExit as end: assert not end.code, end.code
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_length(
    model_folder: Path, tmp_path: Path, environment: dict[str, str], write_long: Callable[[Path, int], None]
) -> None:
    peaks_kb = []
    for count in (24, 240):
        write_long(tmp_path / f"{count}.mp4", count)
        arguments = ["extract", f"{count}.mp4", "--model", model_folder, "-q", "-o", f"out{count}"]
        done = subprocess.run(
            [sys.executable, "-c", _PEAK, VCOMP, *arguments],
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
            env=environment,
        )
        peaks_kb.append(int(done.stdout.split()[-1]))
    # The tensors of the longer one are 90 MB more.
    assert (tmp_path / "out240" / "conditions.safetensors").stat().st_size > 95_000_000
    assert peaks_kb[1] - peaks_kb[0] < 40_000


@pytest.fixture
def write_long() -> Callable[[Path, int], None]:
    """Write frames of 160x112 one at a time."""
    from vcomp.media.encode import mp4_stream

    def write(path: Path, count: int) -> None:
        texture = np.random.default_rng(3).integers(0, 255, (14, 20, 3), np.uint8)
        picture = cv2.resize(texture, (160, 112))
        with mp4_stream(path, fps=8, size=(160, 112)) as add:
            for index in range(count):
                add(np.roll(picture, index, axis=1))

    return write


def test_a_depth_map_is_used_as_it_is_whatever_finds_the_edges(extract: Run, tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0, 255, 96).astype(np.uint8), (64, 1))
    write_picture(np.repeat(ramp[..., None], 3, axis=2), tmp_path / "depth.png")
    outcome = extract("depth.png", "--only", "depth,single_sketch", "--sketch-by", "canny", "-o", "a")
    assert "depth: the grey depth map itself" in outcome.err
    assert "single_sketch: Canny" in outcome.err


def test_only_the_extractors_asked_for_need_their_weights(
    vcomp: Run, published_folder: Path, film: Path, tmp_path: Path
) -> None:
    (published_folder / "dpt_large-midas-2f21e586.pt").unlink()
    asked = ("extract", "--model", published_folder, film, "--no-pictures")
    assert vcomp(*asked, "--only", "sketch", "-o", "a").code == 0
    missing = vcomp(*asked, "--only", "depth", "-o", "b")
    assert (missing.code, "dpt_large" in missing.err) == (5, True)


@pytest.mark.parametrize("out", ["a.safetensors", "-"])
def test_a_full_disk_is_told(
    extract: Run, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("vcomp.conditions.bundle.BundleWriter.append", full)
    outcome = extract(film, "--only", "flow", "-o", out)
    assert (outcome.code, outcome.out) == (6, "")
    assert "does not fit on the disk" in outcome.err
    assert [path.name for path in tmp_path.iterdir()] == [film.name]
