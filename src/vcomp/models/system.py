"""A complete system: every network of one model, in a folder of weights with a card that describes them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import torch
from pydantic import ConfigDict, TypeAdapter, ValidationError
from torch import Tensor, nn

from vcomp.errors import OutputError, UsageError, WeightsError, did_you_mean
from vcomp.models.autoencoder import TinyAutoencoder, TinyAutoencoderConfig
from vcomp.models.clip import Towers, TowersConfig
from vcomp.models.config import Preparation, UNetConfig
from vcomp.models.depth import DepthConfig, DepthNet
from vcomp.models.layers import placed
from vcomp.models.names import NAMES
from vcomp.models.pidinet import PiDiNetConfig, build_pidinet, folded
from vcomp.models.unet import UNet
from vcomp.weights import BUNDLED, read_tensors, write_tensors

if TYPE_CHECKING:
    from vcomp.models.published import PublishedSystem

CARD_NAME = "model.json"
Network = TypeVar("Network", bound=nn.Module)
Card = TypeVar("Card")


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """What a folder of weights holds and how it was trained to be used.

    Args:
        name: Shown to the user.
        unet: Sizes of the UNet.
        autoencoder: Sizes of the autoencoder.
        towers: Sizes and vocabulary of the text and image towers.
        pidinet: Size of the edge detector.
        depth: Size of the depth estimator.
        prediction_type: What the UNet predicts.
        zero_terminal_snr: Whether the schedule was rescaled to end in pure noise (arXiv 2305.08891).
        timestep_spacing: How samplers choose their steps.
        guidance_scale: The scale it is shipped with.
        guidance_rescale: How far guidance keeps the spread of predictions (arXiv 2305.08891).
        guided: The conditions that are strengthened by it, of those given.
        size_px: Side of the frames it was trained on.
        num_frames: Frames it was trained on.
        fps: Their rate.
        level: Level of drawn video it was trained on; empty for other data.
        words: Of the captions it was trained on; empty where they are not known.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: str
    unet: UNetConfig
    autoencoder: TinyAutoencoderConfig
    towers: TowersConfig
    pidinet: PiDiNetConfig
    depth: DepthConfig = field(default_factory=DepthConfig)
    prediction_type: Literal["epsilon", "v", "x0"] = "v"
    zero_terminal_snr: bool = True
    timestep_spacing: Literal["leading", "trailing"] = "trailing"
    guidance_scale: float = 4.0
    guidance_rescale: float = 0.0
    guided: tuple[str, ...] = ("text", "style")
    size_px: int = 128
    num_frames: int = 16
    fps: float = 8.0
    level: str = ""
    words: tuple[str, ...] = ()

    @property
    def preparation(self) -> Preparation:
        """How it was trained to see its conditions."""
        return Preparation()


_CARDS = TypeAdapter(ModelCard)


@dataclass(frozen=True)
class System:
    """The networks of one folder, each loaded when it is asked for, in evaluation mode, without gradients."""

    folder: Path

    @cached_property
    def card(self) -> ModelCard:
        """The folder's card.

        Raises:
            WeightsError: The card is missing or not one of this version's.
        """
        path = self.folder / CARD_NAME
        if not path.is_file():
            raise WeightsError(
                f"There is no model in {self.folder}.", hint=f"A model's folder holds a {CARD_NAME}."
            )
        return read_card(path, _CARDS)

    def part_bytes(self, part: str, dtype: torch.dtype) -> int:
        """At most so much memory does one network take in `dtype`; nothing is loaded."""
        path = self.folder / f"{part}.safetensors"
        # The files hold half-precision tensors.
        return path.stat().st_size * dtype.itemsize // 2 if path.is_file() else 0

    def unet(self, *, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32) -> UNet:
        """The denoiser."""
        return self._load("unet", UNet(self.card.unet), device, dtype)

    def autoencoder(
        self, *, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32
    ) -> TinyAutoencoder:
        """Pixels to latents and back."""
        return self._load("autoencoder", TinyAutoencoder(self.card.autoencoder), device, dtype)

    def towers(self, *, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32) -> Towers:
        """Text and image towers."""
        return self._load("towers", Towers(self.card.towers), device, dtype)

    def pidinet(self, *, device: torch.device | str = "cpu") -> nn.Module:
        """The edge detector."""
        return folded(self._load("pidinet", build_pidinet(self.card.pidinet), device, torch.float32))

    def depth(self, *, device: torch.device | str = "cpu") -> DepthNet:
        """The depth estimator."""
        return self._load("depth", DepthNet(self.card.depth), device, torch.float32)

    def tensors(self, part: str) -> Mapping[str, Tensor]:
        """The weights of one network as its file holds them.

        Raises:
            WeightsError: The file is missing or damaged.
        """
        return read_tensors(self.folder / f"{part}.safetensors")

    def _load(self, part: str, network: Network, device: torch.device | str, dtype: torch.dtype) -> Network:
        load_exactly(network, self.tensors(part), source=str(self.folder / f"{part}.safetensors"))
        return placed(network, device=device, dtype=dtype)


def read_card(path: Path, cards: TypeAdapter[Card]) -> Card:
    """A model's card.

    Raises:
        WeightsError: It is not one of this version's.
    """
    try:
        return cards.validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise WeightsError(f"{path} is not a model card: {place}: {first['msg']}.") from error
    except UsageError as error:
        raise WeightsError(f"{path} is not a model card: {error}") from error


def load_exactly(
    network: nn.Module, state: Mapping[str, Tensor], *, source: str, assign: bool = False
) -> None:
    """Load ``state`` with every tensor accounted for.

    Args:
        network: To fill.
        state: By name.
        source: Where it is from, for messages.
        assign: Take the tensors themselves, mapped as they may be, instead of copying their values.

    Raises:
        WeightsError: A tensor is missing, left over or of another shape; the first few are named.
    """
    own = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    given = {name: tuple(tensor.shape) for name, tensor in state.items()}
    if own != given:
        wrong = sorted(n for n in own.keys() | given.keys() if own.get(n) != given.get(n))
        listed = ", ".join(f"{n} (need {own.get(n)}, got {given.get(n)})" for n in wrong[:3])
        raise WeightsError(f"{source} does not fit its model: {len(wrong)} tensors differ: {listed}.")
    network.load_state_dict(dict(state), assign=assign)


def load_system(model: str | Path, *, complete: bool = True) -> System | PublishedSystem:
    """A system by name or folder.

    Args:
        model: ``tiny`` for the bundled one, ``videocomposer`` for the published one out of the store, a
            folder with a card, or a folder with the published files.
        complete: Whether the published model's files have to be there, as they need not be for a plan.

    Raises:
        UsageError: There is no model of that name.
        WeightsError: There is no model in that folder, or files of it are missing.
    """
    if str(model) == "tiny":
        return System(BUNDLED)
    from vcomp.models.published import published_in_folder, published_in_store
    from vcomp.weights.store import open_store

    if str(model) == "videocomposer":
        return published_in_store(open_store(), complete=complete)
    if not Path(model).is_dir():
        is_path = len(Path(model).parts) > 1
        guess = "" if is_path else did_you_mean(str(model), NAMES)
        # A name is a choice of few, a path is a place where a file is missing.
        raise (WeightsError if is_path else UsageError)(
            f"There is no model {str(model)!r}.",
            hint=f"{guess}Choose {', '.join(NAMES)} or a model's folder.",
        )
    published = None if (Path(model) / CARD_NAME).is_file() else published_in_folder(Path(model))
    return published or System(Path(model))


def save_system(folder: Path, card: ModelCard, states: Mapping[str, Mapping[str, Tensor]]) -> None:
    """Write a system's folder: half-precision tensors by part, and the card.

    The files are complete before the first of them takes its name, the card last.

    Raises:
        OutputError: The folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {folder} cannot be made: {error.strerror}.") from error
    with tempfile.TemporaryDirectory(dir=folder, prefix=".partial-") as scratch:
        for part, state in states.items():
            halves = {n: t.half() if t.is_floating_point() else t for n, t in state.items()}
            write_tensors(Path(scratch) / f"{part}.safetensors", halves)
        (Path(scratch) / CARD_NAME).write_text(card_json(card))
        for part in states:
            (Path(scratch) / f"{part}.safetensors").replace(folder / f"{part}.safetensors")
        (Path(scratch) / CARD_NAME).replace(folder / CARD_NAME)


def card_json(card: ModelCard) -> str:
    """The card as the folder keeps it."""
    content: dict[str, Any] = _CARDS.dump_python(card, mode="json")
    return json.dumps(content, indent=1) + "\n"
