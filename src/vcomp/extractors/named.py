"""Extractors by name: what `--sketch-by` and `--flow-by` choose from, the weight files they need included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import file_digest
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from vcomp.errors import UsageError, did_you_mean
from vcomp.extractors.canny import canny_sketch
from vcomp.extractors.edge_networks import controlnet_edges, fused_edges, published_pidinet
from vcomp.extractors.flow import dense_flow
from vcomp.extractors.frames import map_frames
from vcomp.extractors.raft import raft_flow, raft_from
from vcomp.extractors.sketch import extract_sketch
from vcomp.media.clip import Frames

SKETCH_NAMES = ("pidinet", "canny", "hed", "teed")
FLOW_NAMES = ("dis", "raft")


@dataclass(frozen=True, eq=False)
class NamedExtractor:
    """Frames to the tensor of a condition.

    Args:
        described: What it is, for the manifest and for people.
        run: uint8 RGB `[f h w 3]` to `[c f h w]`.
        hash_weights: The SHA-256 of its weight file, if it has one; reading it may take seconds.
    """

    described: str
    run: Callable[[Frames], Float[Tensor, "c f h w"]]
    hash_weights: Callable[[], str | None] = lambda: None

    @cached_property
    def weights_sha256(self) -> str | None:
        """Of its weight file, if it has one."""
        return self.hash_weights()


def sketch_extractor(name: str, weights: Path | None, *, device: torch.device) -> NamedExtractor:
    """An edge detector: `canny`, or a published network (`pidinet`, `hed`, `teed`) with its weight file.

    Raises:
        UsageError: There is no such extractor, or its weight file is not named.
        WeightsError: The file is missing, damaged or another network's.
    """
    if name == "canny":
        return NamedExtractor("Canny", canny_sketch)
    path = _needed("sketch extractor", name, weights, names=SKETCH_NAMES)
    run: Callable[[Frames], Float[Tensor, "c f h w"]]
    if name == "pidinet":
        run = partial(extract_sketch, model=published_pidinet(path).to(device), device=device)
    else:
        estimate = partial(fused_edges, controlnet_edges(name, path).to(device))
        run = partial(map_frames, estimate=estimate, device=device)
    return NamedExtractor(f"{name} ({path.name})", run, partial(file_sha256, path))


def flow_extractor(name: str, weights: Path | None, *, device: torch.device) -> NamedExtractor:
    """An estimator of dense flow: `dis`, or `raft` with torchvision's weight file (small or large).

    Raises:
        UsageError: As `sketch_extractor`.
        WeightsError: Likewise.
    """
    if name == "dis":
        return NamedExtractor("DIS optical flow", dense_flow)
    path = _needed("flow extractor", name, weights, names=FLOW_NAMES)
    run = partial(raft_flow, model=raft_from(path).to(device), device=device)
    return NamedExtractor(f"RAFT ({path.name})", run, partial(file_sha256, path))


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _needed(kind: str, name: str, weights: Path | None, *, names: tuple[str, ...]) -> Path:
    """The weight file of an extractor that has one."""
    if name not in names:
        guess = did_you_mean(name, names)
        raise UsageError(f"There is no {kind} {name!r}.", hint=f"{guess}Choose {', '.join(names)}.")
    if weights is None:
        raise UsageError(f"The extractor {name} needs its weight file.", hint=f"Name it: {name}:FILE.")
    return weights
