"""The published model: its settings, and every network of it out of the files it was published in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeVar

import torch
from pydantic import ConfigDict, TypeAdapter
from torch import Tensor, nn

from vcomp.models.clip import Towers, TowersConfig
from vcomp.models.config import PUBLISHED_PREPARATION, VIDEOCOMPOSER_UNET, Preparation, UNetConfig
from vcomp.models.convert import arrange, convert_unet
from vcomp.models.dpt import DPTConfig, PublishedDepth, convert_dpt
from vcomp.models.kl_autoencoder import KLAutoencoder, KLAutoencoderConfig, convert_autoencoder
from vcomp.models.layers import placed
from vcomp.models.pidinet import TABLE5, PiDiNetConfig, build_pidinet, convert_published, folded
from vcomp.models.published_files import (
    GENERATION_PARTS,
    FolderFiles,
    PublishedFiles,
    StoreFiles,
    require_generation_files,
)
from vcomp.models.simplification import (
    SIMPLIFICATION,
    CleanEdges,
    SimplificationConfig,
    SketchSimplification,
    convert_simplification,
)
from vcomp.models.system import load_exactly, read_card
from vcomp.models.unet import UNet
from vcomp.weights.conversion import Conversion, read_converted
from vcomp.weights.store import Store

Network = TypeVar("Network", bound=nn.Module)
Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, kw_only=True)
class PublishedCard:
    """Sizes of a model in the published formats, and how it is to be used; the defaults are VideoComposer's.

    Args:
        name: Shown to the user.
        unet: Sizes of the UNet.
        autoencoder: Sizes of the autoencoder.
        towers: Sizes of the text and image towers.
        pidinet: Size of the edge detector.
        simplification: Size of what cleans its edges.
        depth: Sizes of the depth estimator.
        preparation: How the model was trained to see its conditions.
        prediction_type: What the UNet predicts.
        zero_terminal_snr: Whether the schedule was rescaled to end in pure noise.
        timestep_spacing: How samplers choose their steps.
        guidance_scale: The scale it is shipped with.
        guidance_rescale: How far guidance keeps the spread of predictions (arXiv 2305.08891).
        guided: The conditions that are strengthened by it, of those given.
        size_px: Side of the frames it was trained on.
        num_frames: Frames it was trained on.
        fps: The rate its results are shown at.
        level: Of drawn video; it saw none.
        words: Of its captions, which are not known.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: str = "videocomposer"
    unet: UNetConfig = VIDEOCOMPOSER_UNET
    autoencoder: KLAutoencoderConfig = field(default_factory=KLAutoencoderConfig)
    towers: TowersConfig = field(default_factory=TowersConfig)
    pidinet: PiDiNetConfig = TABLE5
    simplification: SimplificationConfig = SIMPLIFICATION
    depth: DPTConfig = field(default_factory=DPTConfig)
    preparation: Preparation = PUBLISHED_PREPARATION
    prediction_type: Literal["epsilon", "v"] = "epsilon"
    zero_terminal_snr: bool = False
    timestep_spacing: Literal["leading", "trailing"] = "leading"
    guidance_scale: float = 9.0
    guidance_rescale: float = 0.0
    guided: tuple[str, ...] = ("text", "style")
    size_px: int = 256
    num_frames: int = 16
    fps: float = 8.0
    level: str = ""
    words: tuple[str, ...] = ()


VIDEOCOMPOSER = PublishedCard()
PUBLISHED_CARD_NAME = "published.json"
_CARDS = TypeAdapter(PublishedCard)


def published_in_store(store: Store, *, complete: bool = True) -> PublishedSystem:
    """VideoComposer from the store's files, which a `published.json` beside them may give other sizes.

    Args:
        store: Where its files are.
        complete: Whether those of a generation have to be there.

    Raises:
        WeightsError: Some that every generation needs are not there, or that card is damaged.
    """
    files = StoreFiles(store)
    if complete:
        require_generation_files(files, place=str(store.folder))
    return _system(files)


def published_in_folder(folder: Path) -> PublishedSystem | None:
    """A model of files under their published names in a folder; None where there is no such model.

    Sizes other than VideoComposer's are read from `published.json` beside them.

    Raises:
        WeightsError: Files are missing, or the card is damaged.
    """
    files = FolderFiles(folder)
    if not (folder / PUBLISHED_CARD_NAME).is_file() and len(files.missing()) == len(GENERATION_PARTS):
        return None
    require_generation_files(files, place=str(folder), hint="Put the file there, or a link to it.")
    return _system(files)


def _system(files: PublishedFiles) -> PublishedSystem:
    path = files.folder / PUBLISHED_CARD_NAME
    return PublishedSystem(files, read_card(path, _CARDS)) if path.is_file() else PublishedSystem(files)


def published_card_json(card: PublishedCard) -> str:
    """The card as a folder keeps it."""
    return _CARDS.dump_json(card, indent=1).decode() + "\n"


@dataclass(frozen=True)
class PublishedSystem:
    """The networks of a model in the published formats, each made ready when it is asked for.

    A checkpoint is converted the first time its network is asked for in a precision; later it is mapped.
    All networks come in evaluation mode, without gradients.

    Args:
        files: Where the checkpoints are.
        card: Sizes and settings.
    """

    files: PublishedFiles
    card: PublishedCard = VIDEOCOMPOSER

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self.files.folder

    def unet(self, *, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32) -> UNet:
        """The denoiser."""
        return self._load("unet", partial(UNet, self.card.unet), convert_unet, device, dtype)

    def autoencoder(
        self, *, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32
    ) -> KLAutoencoder:
        """Pixels to latents and back."""
        build = partial(KLAutoencoder, self.card.autoencoder)
        return self._load("autoencoder", build, convert_autoencoder, device, dtype)

    def towers(self, *, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32) -> Towers:
        """Text and image towers."""
        build = partial(Towers, self.card.towers, crop=True)
        return self._load("towers", build, convert_towers, device, dtype)

    def pidinet(self, *, device: torch.device | str = "cpu") -> CleanEdges:
        """The edge detector, and the simplification of its edges after it."""
        pidinet = self._load(
            "pidinet", partial(build_pidinet, self.card.pidinet), convert_pidinet, device, torch.float32
        )
        simplification = self._load(
            "simplification",
            partial(SketchSimplification, self.card.simplification),
            convert_simplification,
            device,
            torch.float32,
        )
        return CleanEdges(folded(pidinet), simplification).eval()

    def depth(self, *, device: torch.device | str = "cpu") -> PublishedDepth:
        """The depth estimator."""
        return self._load(
            "depth", partial(PublishedDepth, self.card.depth), convert_dpt, device, torch.float32
        )

    def part_bytes(self, part: str, dtype: torch.dtype) -> int:
        """So much memory does one network take in `dtype`; nothing is loaded."""
        card = self.card
        builders: dict[str, tuple[Callable[[], nn.Module], ...]] = {
            "unet": (partial(UNet, card.unet),),
            "autoencoder": (partial(KLAutoencoder, card.autoencoder),),
            "towers": (partial(Towers, card.towers),),
            "pidinet": (
                partial(build_pidinet, card.pidinet),
                partial(SketchSimplification, card.simplification),
            ),
            "depth": (partial(PublishedDepth, card.depth),),
        }
        with torch.device("meta"):
            networks = [build() for build in builders[part]]
        count = sum(tensor.numel() for network in networks for tensor in network.parameters())
        return count * dtype.itemsize

    def _load(
        self,
        part: str,
        build: Callable[[], Network],
        convert: Callable[..., Mapping[str, Tensor]],
        device: torch.device | str,
        dtype: torch.dtype,
    ) -> Network:
        # Without memory or initial values of its own: both come with the mapped file.
        with torch.device("meta"):
            network = build()
        shapes: Shapes = MappingProxyType({n: tuple(t.shape) for n, t in network.state_dict().items()})
        located = self.files.find(part)
        conversion = Conversion(part=part, expected=located.expected, convert=partial(convert, shapes=shapes))
        path = conversion.converted(
            located.source, dtype=dtype, folder=located.derived, sha256=located.sha256
        )
        load_exactly(network, read_converted(path), source=str(path), assign=True)
        # The weights are in `dtype` already, but what is not among them, as an attention's mask, is not.
        return placed(network, device=device, dtype=dtype)


def convert_towers(state: Mapping[str, Tensor], *, shapes: Shapes) -> dict[str, Tensor]:
    """State dict of `Towers` from open_clip's own, whose names it has under `clip.`.

    Raises:
        WeightsError: Tensors are left over, missing or misshapen.
    """
    return arrange(state, {name: f"clip.{name}" for name in state}, shapes=shapes)


def convert_pidinet(state: Mapping[str, Tensor], *, shapes: Shapes) -> dict[str, Tensor]:
    """State dict of a PiDiNet from the published one.

    Raises:
        WeightsError: Tensors are left over, missing or misshapen.
    """
    plain = convert_published(state)
    return arrange(plain, {name: name for name in plain}, shapes=shapes)
