"""Print which words of a caption a model hears, one JSON object a line: what a wrong one costs its UNet."""

from __future__ import annotations

from typing import Annotated

import typer
from command import ModelName, run

from vcomp.evaluation.hearing import WRONG, Hearing


def main(
    samples: Annotated[int, typer.Option(help="Held-out drawn videos a word.", min=1)] = 32,
    only: Annotated[str, typer.Option(metavar="WORD,…", help=f"Of {', '.join(WRONG)}.")] = ",".join(WRONG),
    timesteps: Annotated[
        tuple[int, int], typer.Option(help="Two, 0 is clean and 999 noise.", min=0, max=999)
    ] = (950, 850),
    model: ModelName = "tiny",
) -> None:
    """The error of clean latents with a wrong word in the caption, by that with the right one."""
    hearing = Hearing(model=model, num_samples=samples)
    for word in only.split(","):
        for timestep in timesteps:
            print(hearing.cost(word, timestep=timestep).to_json(f"{word}@{timestep}"), flush=True)


if __name__ == "__main__":
    run(main)
