"""Draw docs/opening.webp, the README's first picture: what the commands printed under it make, side by side.

The commands are read from the README, so that what is shown is what is printed.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from gallery import ROOT, folder_with_examples, run

from vcomp.media import Clip, Frames, contact_sheet, fit, read_clip, write_clip
from vcomp.media.clip import evenly_spaced

README, OUT = ROOT / "README.md", ROOT / "docs" / "opening.webp"
NUM_FRAMES, FPS = 16, 8.0
COLUMNS, TILE_PX = 4, 176


def commands() -> list[str]:
    """Those under the picture."""
    _, below = README.read_text().split(f"]({OUT.relative_to(ROOT)})", maxsplit=1)
    block = re.search(r"```sh\n(.*?)```", below, re.DOTALL)
    if block is None:
        raise SystemExit(f"There are no commands below the picture {OUT.name} in {README.name}.")
    lines = block.group(1).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("vcomp ")]


def option(command: str, name: str) -> str:
    """What is given to an option of a command."""
    words = shlex.split(command)
    return words[words.index(name) + 1]


def tile(path: Path) -> Frames:
    """A video as the sheet shows it."""
    frames = read_clip(path).frames
    return fit(frames[evenly_spaced(len(frames), NUM_FRAMES)], (TILE_PX, TILE_PX), "pad")


def main(model: Annotated[str, typer.Option(help="tiny or a model's folder.")] = "tiny") -> None:
    """Run the commands, and draw."""
    tiles, labels = [], []
    with folder_with_examples() as folder:
        for number, command in enumerate(commands(), start=1):
            run(command, folder, steps=20, model=model)
            tiles.append(tile(folder / option(command, "-o")))
            labels.append(f"{number}  {option(command, '--text')}")
    moments = zip(*tiles, strict=True)
    sheets = [contact_sheet(list(shown), columns=COLUMNS, labels=labels) for shown in moments]
    write_clip(Clip(np.stack(sheets), FPS), OUT)
    print(OUT)


if __name__ == "__main__":
    typer.run(main)
