"""The networks and estimators that metrics are computed with, each loaded when it is first needed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import nn

from vcomp.engine.devices import pick_device
from vcomp.engine.engine import Engine
from vcomp.engine.own_extractors import own_depth
from vcomp.evaluation.clip_towers import ClipTower, load_tower
from vcomp.evaluation.perceptual import load_lpips
from vcomp.extractors.named import NamedExtractor, flow_extractor
from vcomp.models.i3d import I3D, load_i3d
from vcomp.models.system import load_system
from vcomp.weights.store import open_store

LPIPS_FILE, I3D_FILE = "lpips-alexnet", "i3d-kinetics-400"
_SHORT = 8  # digits of a hash


@dataclass(frozen=True, kw_only=True)
class Toolbox:
    """What there is to compute with.

    Args:
        clip: A tower, as `load_tower` takes it.
        depth_by: A model whose depth estimator is used.
        flow_by: An estimator of flow, as `flow_extractor` takes it, and its weight file if it has one.
        device: A device's name, or `auto`.
    """

    clip: str = "tiny"
    depth_by: str = "tiny"
    flow_by: tuple[str, Path | None] = ("dis", None)
    device: str = "auto"

    @cached_property
    def torch_device(self) -> torch.device:
        """Where networks run."""
        return pick_device(self.device)

    @cached_property
    def tower(self) -> ClipTower:
        """CLIP."""
        return load_tower(self.clip, self.torch_device)

    @cached_property
    def flow(self) -> NamedExtractor:
        """The estimator of motion."""
        name, weights = self.flow_by
        return flow_extractor(name, weights, device=self.torch_device)

    @cached_property
    def depth(self) -> NamedExtractor:
        """The depth estimator."""
        return own_depth(Engine(load_system(self.depth_by, complete=False), device=self.device))

    @cached_property
    def lpips(self) -> nn.Module:
        """The perceptual distance.

        Raises:
            WeightsError: Its backbone is not in the store.
        """
        return load_lpips(open_store().path_of(LPIPS_FILE), self.torch_device)

    @cached_property
    def i3d(self) -> I3D | None:
        """The network of FVD, if its weights are in the store."""
        store = open_store()
        if not store.place(store.registry.file(I3D_FILE)).exists():
            return None
        return load_i3d(store.path_of(I3D_FILE), self.torch_device)


def described(extractor: NamedExtractor) -> str:
    """What to call an extractor in results; one with weights by their hash too."""
    sha256 = extractor.weights_sha256
    return extractor.described if sha256 is None else f"{extractor.described} ({sha256[:_SHORT]})"
