"""What many tests need: a complete system of random weights, small enough to run in a second."""

from __future__ import annotations

import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from small_published import Rehearsal, write_small_files
from vcomp.models.autoencoder import TinyAutoencoder, TinyAutoencoderConfig
from vcomp.models.clip import TextConfig, Towers, TowersConfig, VisionConfig, byte_pair_ids
from vcomp.models.config import UNetConfig
from vcomp.models.depth import DepthConfig, DepthNet
from vcomp.models.pidinet import PiDiNetConfig, build_pidinet
from vcomp.models.published import PUBLISHED_CARD_NAME, published_card_json
from vcomp.models.system import ModelCard, System, load_system, save_system
from vcomp.models.unet import UNet

WIDTH = 16

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts its background jobs deaf to Ctrl-C, and their children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def small_card(words: str = "a yellow star moves right over a blue background") -> ModelCard:
    """Every part of the real system, as small as it goes."""
    return ModelCard(
        name="small",
        unet=UNetConfig(
            dim=WIDTH,
            multipliers=(1, 2),
            num_res_blocks=1,
            head_dim=8,
            num_heads=2,
            attention_scales=(1.0, 0.5),
            context_dim=WIDTH,
            norm_groups=4,
            stc_hidden=8,
            stc_head_dim=4,
        ),
        autoencoder=TinyAutoencoderConfig(widths=(8, 8), num_blocks=1),
        towers=TowersConfig(
            embed_dim=WIDTH,
            vision=VisionConfig(image_size=32, patch_size=16, width=WIDTH, layers=1, head_width=8),
            text=TextConfig(context_length=16, width=WIDTH, heads=2, layers=2),
            vocabulary=byte_pair_ids([words]),
        ),
        pidinet=PiDiNetConfig(channels=4, dil=4, sa=True),
        depth=DepthConfig(channels=(8, 8)),
        size_px=64,
        num_frames=4,
    )


def build_parts(card: ModelCard) -> dict[str, nn.Module]:
    """The networks of a card, with random weights, also where training starts with zeros."""
    torch.manual_seed(0)
    parts: dict[str, nn.Module] = {
        "unet": UNet(card.unet),
        "autoencoder": TinyAutoencoder(card.autoencoder),
        "towers": Towers(card.towers),
        "pidinet": build_pidinet(card.pidinet),
        "depth": DepthNet(card.depth),
    }
    for parameter in parts["unet"].parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.1)
    return parts


@pytest.fixture(autouse=True)
def empty_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever weights the developer has pulled, tests do not see them."""
    monkeypatch.setenv("VCOMP_HOME", str(tmp_path / "vcomp-home"))


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small system's folder, as `--model` takes it."""
    folder = tmp_path_factory.mktemp("models") / "small"
    card = small_card()
    save_system(folder, card, {name: part.state_dict() for name, part in build_parts(card).items()})
    return folder


@pytest.fixture(scope="session")
def system(model_folder: Path) -> System:
    return load_system(model_folder)


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    """The dress rehearsal of the published model, its files written at small sizes."""
    return write_small_files(tmp_path_factory.mktemp("rehearsal") / "files")


@pytest.fixture
def published_folder(rehearsal: Rehearsal, tmp_path: Path) -> Path:
    """Those files and their sizes in a folder of one's own."""
    folder = Path(shutil.copytree(rehearsal.files, tmp_path / "own"))
    (folder / PUBLISHED_CARD_NAME).write_text(published_card_json(rehearsal.script.SMALL))
    return folder


@pytest.fixture(scope="session")
def positioned_system(tmp_path_factory: pytest.TempPathFactory) -> System:
    """The small system with a UNet whose residual blocks are told frame and caption, and scale by them."""
    folder = tmp_path_factory.mktemp("models") / "positioned"
    card = small_card()
    told = {"frame_positions": True, "context_queries": 2, "context_clip_frames": 4, "scale_features": True}
    card = replace(card, unet=replace(card.unet, **told))
    save_system(folder, card, {name: part.state_dict() for name, part in build_parts(card).items()})
    system = load_system(folder)
    assert isinstance(system, System)
    return system
