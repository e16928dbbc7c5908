"""The networks of one model on a device: loaded when they are needed, freed as memory asks for it."""

from __future__ import annotations

from threading import RLock
from typing import cast

import torch
from torch import nn

from vcomp.engine.devices import arithmetic_dtype
from vcomp.engine.ways import Residency
from vcomp.models.autoencoder import TinyAutoencoder
from vcomp.models.clip import Towers
from vcomp.models.depth import DepthEstimator
from vcomp.models.kl_autoencoder import KLAutoencoder
from vcomp.models.published import PublishedSystem
from vcomp.models.system import System
from vcomp.models.unet import UNet

GENERATING = ("towers", "unet", "autoencoder")
EXTRACTING = ("pidinet", "depth")

# A model whose networks are smaller than this together stays loaded: a second video then starts at once.
KEPT_BYTES = 2**30


class Networks:
    """Loads and frees; a freed network is mapped from its file again when it is asked for.

    Nobody else may hold a network for longer than its stage, or freeing it frees nothing.

    Args:
        system: The model.
        device: Where they are to be.
        dtype: Of the UNet's weights, and of its arithmetic where the device is fast at it.
        offload: Each is there only while it works.
    """

    def __init__(
        self,
        system: System | PublishedSystem,
        *,
        device: torch.device,
        dtype: torch.dtype,
        offload: bool = False,
    ) -> None:
        self.system = system
        self.device = device
        self.dtype = dtype
        self.offload = offload
        self._loaded: dict[str, nn.Module] = {}
        self._bytes: dict[str, int] = {}
        self._lock = RLock()  # extractors run in threads of their own

    def __contains__(self, part: str) -> bool:
        return part in self._loaded

    @property
    def residency(self) -> Residency:
        """How long they stay where memory is not short: small models for good."""
        if self.offload:
            return Residency.OFFLOADED
        total = sum(self.weights_bytes(part) for part in GENERATING)
        return Residency.KEPT if total <= KEPT_BYTES else Residency.FREED

    @property
    def loaded_bytes(self) -> int:
        """Of those that are on the device now."""
        return sum(self.weights_bytes(part) for part in self._loaded)

    def dtype_of(self, part: str) -> torch.dtype:
        """The precision of a network: the published towers are float16 on a GPU, unless the UNet is float32.

        They have bfloat16's size there with eight times its accuracy, and ViT-H/14 stays in float16's range.
        Autoencoder and extractors are float32 everywhere.
        """
        if part == "unet":
            return self.dtype
        on_gpu = self.device.type in ("cuda", "mps")
        is_published = isinstance(self.system, PublishedSystem)
        if part == "towers" and is_published and on_gpu and self.dtype != torch.float32:
            return torch.float16
        return torch.float32

    def arithmetic_of(self, part: str) -> torch.dtype:
        """The precision a network computes in."""
        return arithmetic_dtype(self.dtype, self.device) if part == "unet" else self.dtype_of(part)

    def weights_bytes(self, part: str) -> int:
        """Of one network, on the device."""
        if part not in self._bytes:  # counting a large one takes its time
            self._bytes[part] = self.system.part_bytes(part, self.dtype_of(part))
        return self._bytes[part]

    def get(self, part: str, residency: Residency | None = None) -> nn.Module:
        """A network, on the device, after those have left that `residency` does not keep beside it."""
        with self._lock:
            self._free(part, residency or self.residency)
            if part not in self._loaded:
                self._loaded[part] = self._load(part)
            return self._loaded[part]

    def unet(self, residency: Residency | None = None) -> UNet:
        """The denoiser."""
        return cast("UNet", self.get("unet", residency))

    def towers(self, residency: Residency | None = None) -> Towers:
        """Text and image towers."""
        return cast("Towers", self.get("towers", residency))

    def autoencoder(self, residency: Residency | None = None) -> TinyAutoencoder | KLAutoencoder:
        """Latents to pixels."""
        return cast("TinyAutoencoder | KLAutoencoder", self.get("autoencoder", residency))

    def depth(self, residency: Residency | None = None) -> DepthEstimator:
        """The depth estimator."""
        return cast("DepthEstimator", self.get("depth", residency))

    def clear(self) -> None:
        """Free all of them."""
        if self._loaded:
            self._loaded.clear()
            empty_cache()

    def _load(self, part: str) -> nn.Module:
        if part in EXTRACTING:
            extractor: nn.Module = getattr(self.system, part)(device=self.device)
            return extractor
        network: nn.Module = getattr(self.system, part)(device=self.device, dtype=self.dtype_of(part))
        if isinstance(network, UNet):
            network.arithmetic = self.arithmetic_of(part)
        return network

    def _free(self, part: str, residency: Residency) -> None:
        # Extractors work in turn, chunk after chunk of a video: none leaves for another.
        if residency is Residency.KEPT or (residency is Residency.FREED and part in EXTRACTING):
            return
        leaving = set(self._loaded) - {part}
        if residency is Residency.FREED:
            leaving &= {"towers", *EXTRACTING}
        for name in leaving:
            del self._loaded[name]
        if leaving:
            empty_cache()


def empty_cache() -> None:
    """Give back what torch's allocator holds of freed tensors, so that other sizes find room."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()
