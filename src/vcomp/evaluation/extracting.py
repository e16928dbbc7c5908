"""What `vcomp extract` costs: the whole command, from the shell to its end, on a drawn 720p clip."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vcomp.conditions.folder import MANIFEST_NAME
from vcomp.conditions.manifest import parse_manifest
from vcomp.data.drawn import DrawnDataset, DrawnVideo
from vcomp.evaluation.held_out import HELD_OUT_SEED
from vcomp.evaluation.statistics import Estimate, median_of_runs
from vcomp.evaluation.timing import installed_command
from vcomp.media.clip import Frames
from vcomp.media.encode import PREVIEW_OPTIONS, mp4_stream
from vcomp.media.read import iter_frames

EXTRACTING = ("extract_fps", "extract_peak_gb", "extract_peak_gb_60s")
"""Frames extracted from a 10 s clip per second, start of the command included; the most memory that takes, in
1e9 bytes; the same of a clip of 60 s."""

SIZE, FPS, DURATION_S, REPEATS = (1280, 720), 24, 10, 6
_NAMES = "sketch,depth,flow,motion"
_CHUNK = 8  # frames drawn at once

# A process inherits the peak of the one that starts it, so a small one stands between.
_MEASURED = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps({"seconds": seconds, "peak_bytes": peak * (1 if sys.platform == "darwin" else 1024)}))
"""


@dataclass(frozen=True)
class Cost:
    """Of one run of the command.

    Args:
        num_frames: Extracted.
        seconds: From the shell to its end.
        peak_gb: The most memory it held.
    """

    num_frames: int
    seconds: float
    peak_gb: float


def extract_figures(
    model: str | Path, names: Collection[str], *, duration_s: int = DURATION_S, repeats: int = REPEATS
) -> Iterator[tuple[str, Estimate]]:
    """Those of `EXTRACTING` that are in `names`, each of one run.

    Args:
        model: Whose edge detector and depth estimator extract.
        names: Any.
        duration_s: Of the clip.
        repeats: How often the long clip shows it.

    Raises:
        subprocess.CalledProcessError: The command failed, and said why on stderr.
    """
    short_name, peak_name, long_name = EXTRACTING
    if not {*EXTRACTING} & {*names}:
        return
    with tempfile.TemporaryDirectory() as folder:
        clip, long = Path(folder) / "clip.mp4", Path(folder) / "long.mp4"
        write_drawn(clip, duration_s=duration_s)
        if {short_name, peak_name} & {*names}:
            cost = extraction_cost(clip, model)
            figures = {short_name: cost.num_frames / cost.seconds, peak_name: cost.peak_gb}
            yield from ((name, median_of_runs([figures[name]])) for name in figures if name in names)
        if long_name in names:
            write_repeated(clip, long, repeats=repeats)
            yield long_name, median_of_runs([extraction_cost(long, model).peak_gb])


def extraction_cost(clip: Path, model: str | Path) -> Cost:
    """Run `vcomp extract` on a clip, with videos, strips and page as a user gets them.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "bundle"
        arguments = ("extract", str(clip), "--only", _NAMES, "--model", str(model), "--quiet", "-o", str(out))
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED, installed_command(), *arguments],
            check=True,
            stdout=subprocess.PIPE,
        )
        measured = json.loads(done.stdout)
        manifest = parse_manifest((out / MANIFEST_NAME).read_text(encoding="utf-8"), path=str(out))
        return Cost(len(manifest.times_s), measured["seconds"], measured["peak_bytes"] / 1e9)


def write_drawn(path: Path, *, duration_s: int) -> None:
    """A clip of a textured drawn scene, which moves all the time."""
    with mp4_stream(path, fps=FPS, size=SIZE, options=PREVIEW_OPTIONS) as add:
        for frames in _drawn(duration_s * FPS):
            for frame in frames:
                add(frame)


def write_repeated(clip: Path, path: Path, *, repeats: int) -> None:
    """A clip several times over."""
    with mp4_stream(path, fps=FPS, size=SIZE, options=PREVIEW_OPTIONS) as add:
        for _ in range(repeats):
            for timed in iter_frames(clip):
                add(timed.pixels)


def _drawn(num_frames: int) -> Iterator[Frames]:
    """The middle of a square scene, a few frames at a time."""
    width, height = SIZE
    scenes = (video.scene for video in DrawnDataset(level="rich", seed=HELD_OUT_SEED).clips(0, 1000))
    scene = next(s for s in scenes if s.background.kind == "textured" and s.camera.move.startswith("pans"))
    for start in range(0, num_frames, _CHUNK):
        count, top = min(_CHUNK, num_frames - start), (width - height) // 2
        video = DrawnVideo(scene, "", count, width, start, num_frames)
        yield np.ascontiguousarray(video.frames[:, top : top + height])
