"""How near the bundled edge detector comes to a published one on a real clip, and how near Canny does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vcomp.engine.engine import Engine
from vcomp.evaluation.metrics import Edges, edge_f1
from vcomp.evaluation.statistics import Estimate, mean, unknown
from vcomp.extractors.edge_networks import published_pidinet
from vcomp.extractors.sketch import extract_sketch
from vcomp.media.clip import Frames, evenly_spaced
from vcomp.media.read import read_clip
from vcomp.media.resize import fit
from vcomp.models.system import load_system

DETECTING = ("pidinet_f1", "canny_f1")
"""F1 at 2 pixels of the bundled PiDiNet's edges, and of Canny's, against the published PiDiNet's."""

NUM_FRAMES, SIDE_PX = 8, 384
"""Evenly spaced frames of the clip, at the size the published pipeline finds edges at."""

EDGE = 0.5
"""The probability from which on the published network's answer is an edge: it alone is not chosen, as against
edges everywhere everything would agree."""

_THRESHOLDS = np.linspace(0.05, 0.95, 19)
_GRADIENTS = np.linspace(20, 400, 20)  # in levels of the 3x3 Sobel gradient
_WEAK = 0.5  # of the gradient an edge begins with: where it may go on
_SMOOTHING_PX = 1.0


def edge_figures(
    model: str | Path, names: Collection[str], *, published: Path | None, clip: Path | None
) -> Iterator[tuple[str, Estimate]]:
    """Those of `DETECTING` that are in `names`, at the best threshold of each; unknown without the files.

    Args:
        model: Whose PiDiNet it is.
        names: Any.
        published: The published network's weight file.
        clip: A real video.

    Raises:
        WeightsError: The weights or the model are damaged.
        MediaError: The clip cannot be read.
    """
    wanted = [name for name in DETECTING if name in names]
    if published is None or clip is None:
        yield from ((name, unknown("no published PiDiNet and clip to compare with")) for name in wanted)
        return
    if not wanted:
        return
    engine = Engine(load_system(model))
    frames = _sampled(clip)
    network = published_pidinet(published).to(engine.device)
    reference = extract_sketch(frames, model=network, device=engine.device)[0].numpy() > EDGE
    for name in wanted:
        yield (
            name,
            (pidinet_f1(engine, frames, reference) if name == "pidinet_f1" else canny_f1(frames, reference)),
        )


def pidinet_f1(engine: Engine, frames: Frames, reference: Edges) -> Estimate:
    """Of a model's PiDiNet, by the probability at which edges begin."""
    probability = engine.sketch(frames)[0].numpy()
    return _best(lambda threshold: probability > threshold, _THRESHOLDS, reference)


def canny_f1(frames: Frames, reference: Edges) -> Estimate:
    """Of Canny's edges of the grey frames, by the gradient at which they begin."""
    grey = [cv2.GaussianBlur(cv2.cvtColor(f, cv2.COLOR_RGB2GRAY), (0, 0), _SMOOTHING_PX) for f in frames]

    def edges(strong: float) -> Edges:
        return np.stack([cv2.Canny(f, _WEAK * strong, strong, L2gradient=True) > 0 for f in grey])

    return _best(edges, _GRADIENTS, reference)


def _best(edges: Callable[[float], Edges], thresholds: NDArray[np.float64], reference: Edges) -> Estimate:
    """The mean over frames at that one threshold at which it is highest."""
    figures = [_by_frame(edges(float(threshold)), reference) for threshold in thresholds]
    return mean(max(figures, key=np.mean))


def _by_frame(edges: Edges, reference: Edges) -> list[float]:
    return [edge_f1(edges[i : i + 1], reference[i : i + 1]) for i in range(len(edges))]


def _sampled(clip: Path) -> Frames:
    frames = read_clip(clip).frames
    return fit(frames[evenly_spaced(len(frames), NUM_FRAMES)], (SIDE_PX, SIDE_PX))
