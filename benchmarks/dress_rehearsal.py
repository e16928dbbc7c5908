"""The published model's whole way on random weights: files as published, import, conversion, a video.

Nothing but the weights' values differs from a user's first run. The results go to standard output as JSON
lines: seconds and peak memory of each step; what the commands say goes to standard error.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from published_formats import FULL_KEYS, SMALL_KEYS, published_files

from vcomp.data.drawn import DrawnDataset
from vcomp.media.clip import Clip
from vcomp.media.write import write_clip, write_picture
from vcomp.models.clip import TextConfig, TowersConfig, VisionConfig
from vcomp.models.config import Preparation, UNetConfig
from vcomp.models.dpt import DPTConfig
from vcomp.models.kl_autoencoder import KLAutoencoderConfig
from vcomp.models.pidinet import PiDiNetConfig
from vcomp.models.published import PUBLISHED_CARD_NAME, VIDEOCOMPOSER, PublishedCard, published_card_json
from vcomp.models.simplification import SimplificationConfig
from vcomp.weights.registry import REGISTRY_NAME, WeightFile, read_registry, shipped_registry

SMALL = PublishedCard(
    unet=UNetConfig(
        dim=32,
        multipliers=(1, 2),
        num_res_blocks=1,
        head_dim=8,
        num_heads=2,
        attention_scales=(1.0, 0.5),
        context_dim=16,
        norm_groups=8,
    ),
    autoencoder=KLAutoencoderConfig(channels=(8, 8, 16, 16), norm_groups=4),
    towers=TowersConfig(
        embed_dim=16,
        vision=VisionConfig(image_size=32, patch_size=16, width=16, layers=1, head_width=8),
        text=TextConfig(width=16, heads=2, layers=2),
    ),
    pidinet=PiDiNetConfig(channels=4, dil=4, sa=True),
    simplification=SimplificationConfig(divisor=24),
    depth=DPTConfig(
        image_size=64, width=32, num_layers=4, num_heads=2, neck=(8, 8, 16, 16), fusion=8, head=4
    ),
    preparation=Preparation(frame_size_px=96, motion="published", style_token="when given"),
    size_px=64,
    num_frames=4,
)


def report(**values: object) -> None:
    """One JSON line."""
    print(json.dumps(values), flush=True)


def write_files(folder: Path, card: PublishedCard, keys: str) -> None:
    """Every published file that is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, write in published_files(card, keys):
        start = time.perf_counter()
        if not (folder / name).exists():
            partial = folder / f"{name}.partial"
            write(partial)
            partial.replace(folder / name)
        size_gb = (folder / name).stat().st_size / 1e9
        report(wrote=name, gb=round(size_gb, 3), seconds=round(time.perf_counter() - start, 1))


def prepare_home(home: Path, files: Path, card: PublishedCard) -> None:
    """A home whose registry expects these files: random weights have hashes of their own, found on import."""
    tables = []
    for file in read_registry(shipped_registry()):
        if (files / file.filename).exists():
            own = file.model_copy(
                update={"bytes": (files / file.filename).stat().st_size, "bytes_exact": True, "sha256": None}
            )
            tables.append(_toml(own))
    (home / "weights").mkdir(parents=True, exist_ok=True)
    (home / REGISTRY_NAME).write_text("\n".join(tables))
    if card != VIDEOCOMPOSER:
        (home / "weights" / PUBLISHED_CARD_NAME).write_text(published_card_json(card))


def _toml(file: WeightFile) -> str:
    """An entry of the registry. TOML writes strings, lists and numbers as JSON does."""
    values = file.model_dump(mode="json", exclude_none=True)
    return "[[file]]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())


def draw_inputs(folder: Path, card: PublishedCard) -> list[str]:
    """Drawn pictures and video for every condition, and the options that name them."""
    video = DrawnDataset(num_frames=card.num_frames, size_px=card.size_px)[0]
    clip, still = folder / "drawn.mp4", folder / "drawn.png"
    write_clip(Clip(np.ascontiguousarray(video.frames), card.fps), clip)
    write_picture(np.ascontiguousarray(video.frames[0]), still)
    named = {"image": still, "style": still, "sketch": clip, "depth": clip, "motion": clip}
    return [part for name, path in named.items() for part in (f"--{name}", str(path))]


def run(arguments: list[str], home: Path) -> None:
    """One command of vcomp: what it prints as JSON, its seconds and its peak memory."""
    words = ["vcomp", *arguments]
    print(f"$ {shlex.join(words)}", file=sys.stderr, flush=True)
    start = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, "-c", "from vcomp.cli import main; main()", *arguments, "--json"],
            env={**os.environ, "VCOMP_HOME": str(home)},
            stdout=output,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(process.returncode)
        output.seek(0)
        said = json.loads(output.read())
    report(
        step=" ".join(words[:3]),
        seconds=round(time.perf_counter() - start, 1),
        peak_gb=round(usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9, 2),
        said=said,
    )


def main(
    folder: Annotated[
        Path, typer.Argument(help="Gets the files: 11.5 GB, and 8 GB more for what is made of them.")
    ],
    small: Annotated[
        bool, typer.Option(help="Every network a thousand times smaller: seconds, no proof of size.")
    ] = False,
    steps: Annotated[int, typer.Option(help="Of the sampler.", min=1)] = 20,
    dtype: Annotated[
        list[str] | None, typer.Option(help="Precision of the UNet; one video each. Default: auto, twice.")
    ] = None,
) -> None:
    """Rehearse `vcomp weights import` and `vcomp generate --model videocomposer`."""
    card, keys = (SMALL, SMALL_KEYS) if small else (VIDEOCOMPOSER, FULL_KEYS)
    files, home = folder / "files", folder / "home"
    write_files(files, card, keys)
    prepare_home(home, files, card)
    conditions = draw_inputs(folder, card)
    run(["weights", "import", str(files)], home)
    generate = ["generate", "--model", "videocomposer", "--text", "a yellow star", "--seed", "1", *conditions]
    for number, name in enumerate(dtype or ("auto", "auto"), start=1):
        video = folder / f"rehearsal-{number}.mp4"
        run([*generate, "--steps", str(steps), "--dtype", name, "--strip", "-o", str(video)], home)
        report(video=str(video), bytes=video.stat().st_size)


if __name__ == "__main__":
    typer.run(main)
