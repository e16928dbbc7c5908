"""Frames, and below them the edges that a published PiDiNet finds in them: docs/pidinet_edges.png."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer

from vcomp.data.drawn import DrawnDataset
from vcomp.extractors.edge_networks import published_pidinet
from vcomp.extractors.sketch import extract_sketch
from vcomp.media.clip import Frames
from vcomp.media.read import read_clip
from vcomp.media.resize import fit
from vcomp.media.write import write_picture

SIDE_PX = 256


def main(
    weights: Annotated[Path, typer.Argument(help="table5_pidinet.pth, or another of that family.")],
    video: Annotated[Path | None, typer.Option(help="Frames of it; drawn ones if none is given.")] = None,
    out: Annotated[Path, typer.Option(help="The picture.")] = Path("docs/pidinet_edges.png"),
    columns: Annotated[int, typer.Option(help="How many frames.", min=1)] = 4,
) -> None:
    """Show what a published PiDiNet sees."""
    frames = _drawn(columns) if video is None else _sampled(video, columns)
    # As the published pipeline: edges of frames of 384 pixels a side.
    edges = extract_sketch(
        fit(frames, (384, 384)), model=published_pidinet(weights), device=torch.device("cpu")
    )
    grey = (edges[0].numpy()[..., None].repeat(3, axis=-1) * 255).round().astype(np.uint8)
    rows = [np.concatenate(list(fit(row, (SIDE_PX, SIDE_PX))), axis=1) for row in (frames, grey)]
    write_picture(np.concatenate(rows), out)


def _drawn(count: int) -> Frames:
    """Frames of several drawn scenes of level `rich`."""
    dataset = DrawnDataset(level="rich", num_frames=1, size_px=384)
    return np.concatenate([np.ascontiguousarray(dataset[index].frames) for index in range(count)])


def _sampled(video: Path, count: int) -> Frames:
    frames = read_clip(video).frames
    return fit(frames[np.linspace(0, len(frames) - 1, count).round().astype(int)], (384, 384))


if __name__ == "__main__":
    typer.run(main)
