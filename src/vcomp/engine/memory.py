"""How much memory a generation needs, by network and by stage: pure functions, nothing is loaded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import torch

from vcomp.conditions.spec import CONDITIONS, FRAME_CONDITIONS
from vcomp.engine.settings import SIZE_STEP_PX, Settings
from vcomp.engine.ways import Residency, Ways
from vcomp.models.autoencoder import TinyAutoencoderConfig
from vcomp.models.clip import TowersConfig
from vcomp.models.config import Preparation, UNetConfig
from vcomp.models.kl_autoencoder import KLAutoencoderConfig
from vcomp.models.published import PublishedCard
from vcomp.models.stc import FRAMES_AT_ONCE
from vcomp.models.system import ModelCard

CONTROL_GROUP = Path("/sys/fs/cgroup")

# Peaks of a pass in units of its widest features, counted operation by operation in tests/engine.
UNET_PER_CHANNEL = 14  # of tokens x channels of the first scale, with feed-forward layers in parts
UNET_PER_CHANNEL_WHOLE = 25  # with whole ones
# Of condition pixels encoded at once x hidden channels, where they are convolved before they are pooled.
STC_PER_CHANNEL = 2.4
KL_PER_CHANNEL = 3  # of decoded pixels x channels at the first scale but one, which reach the full size
TINY_PER_CHANNEL = 5  # of decoded pixels x channels at a quarter of the size
TOWERS_PER_CHANNEL = 28  # of tokens x width
EXTRACTOR_BYTES_PER_PIXEL = 2000  # of frames as the model sees them, four at once
LATENT_COPIES = 6  # while a sampler steps: noisy, predicted, clean ones, those of its last steps

STAGE_OF = {
    "pidinet": "extract",
    "depth": "extract",
    "towers": "encode",
    "unet": "denoise",
    "autoencoder": "decode",
}


@dataclass(frozen=True, kw_only=True)
class NetworkNeed:
    """What one network takes.

    Args:
        name: Of the network.
        dtype: Precision of its weights.
        arithmetic: Precision of its activations.
        weights_bytes: While it is there.
        activations_bytes: Beside them while it works.
    """

    name: str
    dtype: torch.dtype
    arithmetic: torch.dtype
    weights_bytes: int
    activations_bytes: int


@dataclass(frozen=True, kw_only=True)
class Load:
    """How much is done at once.

    Args:
        settings: Length, size and window count.
        names: Of the conditions.
        num_videos: In the batch.
        num_sets: Condition sets that guidance evaluates.
        whole_layers: Whether feed-forward layers take all tokens at once, as on a GPU.
    """

    settings: Settings
    names: frozenset[str] = frozenset()
    num_videos: int = 1
    num_sets: int = 2
    whole_layers: bool = False

    @property
    def frame_pixels(self) -> int:
        """Of one frame."""
        width, height = self.settings.size
        return width * height

    @property
    def num_frames(self) -> int:
        """Of all videos."""
        return self.num_videos * self.settings.num_frames

    @property
    def window_frames(self) -> int:
        """Of all videos, as many as the UNet sees at once."""
        return self.num_videos * self.settings.window_frames


def activations_bytes(
    part: str, load: Load, ways: Ways, *, card: ModelCard | PublishedCard, dtype: torch.dtype
) -> int:
    """The peak of one network's work in `dtype`, beside its weights."""
    count: float
    if part == "unet":
        passes = load.num_sets if ways.batched else 1
        count = _unet_count(load, card.unet, card.preparation, passes=passes)
    elif part == "autoencoder":
        count = _decode_count(load, ways, card.autoencoder)
    elif part == "towers":
        count = _towers_count(load, card.towers)
    else:
        width, height = card.preparation.frame_size(load.settings.size)
        return min(4, load.settings.num_frames) * width * height * EXTRACTOR_BYTES_PER_PIXEL
    return ceil(count * dtype.itemsize)


def stage_bytes(
    needs: Mapping[str, NetworkNeed], ways: Ways, *, shared_bytes: int, beside_unet: Collection[str] = ()
) -> dict[str, int]:
    """The peak of each stage, with what of other networks is there beside it.

    Args:
        needs: Of each network that takes part, by name.
        ways: How long networks stay counts here.
        shared_bytes: Of what is there all the time.
        beside_unet: Networks that work in turn with it.
    """
    staying = {
        Residency.KEPT: set(needs),
        Residency.FREED: {"unet", "autoencoder"},
        Residency.OFFLOADED: set[str](),
    }[ways.residency]
    stages: dict[str, int] = {}
    for name, need in needs.items():
        # In the first video the towers work before the UNet is there; in the next it waits beside them.
        present = {name, *staying, *(beside_unet if name == "unet" else ())}
        if ways.residency is Residency.FREED:  # extractors wait for each other's turn
            present.update(other for other in needs if STAGE_OF[other] == STAGE_OF[name])
        weights = sum(other.weights_bytes for other in needs.values() if other.name in present)
        stage = STAGE_OF[name]
        stages[stage] = max(stages.get(stage, 0), weights + need.activations_bytes + shared_bytes)
    return stages


def shared_bytes(load: Load, card: ModelCard | PublishedCard) -> int:
    """What there is of every frame, however few the networks see at once.

    Conditions, their encodings, latents and the finished pictures.
    """
    width, height = card.preparation.frame_size(load.settings.size)
    given, encodings = 0, 0
    for name in load.names.intersection(FRAME_CONDITIONS):
        spec = CONDITIONS[name]
        own_pixels = load.frame_pixels if name == "motion" else width * height
        given += own_pixels * (spec.channels or 0) if spec.kind == "temporal" else 0
        encodings += card.unet.condition_channels
    # Half of a window is encoded again in the next one.
    latents = card.unet.latent_channels * LATENT_COPIES + 2 * encodings
    numbers = given + latents * load.frame_pixels // SIZE_STEP_PX**2
    return load.num_frames * (numbers * torch.float32.itemsize + 3 * load.frame_pixels)


def available_bytes(device: torch.device) -> int | None:
    """Memory that can be had on a device, None where there is no way to tell."""
    if device.type == "cuda":
        # What torch's allocator holds and does not use is as good as free.
        idle = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0]) + idle
    limits = [limit for limit in (_system_bytes(), _container_bytes()) if limit is not None]
    return min(limits, default=None)


def _unet_count(load: Load, config: UNetConfig, preparation: Preparation, *, passes: int) -> float:
    """Numbers held by a pass of the UNet over one window, or of an STC-encoder before it."""
    width, height = preparation.frame_size(load.settings.size)
    condition_pixels = min(FRAMES_AT_ONCE, load.window_frames) * width * height
    stc = 0 if config.stc_pool_first else condition_pixels * config.stc_hidden * STC_PER_CHANNEL
    per_channel = UNET_PER_CHANNEL_WHOLE if load.whole_layers else UNET_PER_CHANNEL
    latent_pixels = load.window_frames * load.frame_pixels // SIZE_STEP_PX**2
    return max(stc, passes * latent_pixels * config.dim * per_channel)


def _decode_count(load: Load, ways: Ways, config: TinyAutoencoderConfig | KLAutoencoderConfig) -> int:
    """Numbers held while a chunk of frames is decoded."""
    pixels = min(ways.decoded_frames, load.settings.num_frames) * load.frame_pixels
    if isinstance(config, KLAutoencoderConfig):
        return pixels * config.channels[min(1, len(config.channels) - 1)] * KL_PER_CHANNEL
    return pixels // 16 * config.widths[0] * TINY_PER_CHANNEL


def _towers_count(load: Load, config: TowersConfig) -> int:
    """Numbers held by a layer of the text tower, or of the image tower."""
    text = load.num_videos * config.text.context_length * config.text.width
    image = (config.vision.image_size // config.vision.patch_size) ** 2 * config.vision.width
    return max(text, image) * TOWERS_PER_CHANNEL


def _system_bytes() -> int | None:
    """What Linux could hand out without swapping."""
    meminfo = Path("/proc/meminfo")
    if not meminfo.exists():
        return None
    for line in meminfo.read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _container_bytes() -> int | None:
    """What is left of a control group's limit; what it keeps of files can be dropped at any time."""
    limit, used = CONTROL_GROUP / "memory.max", CONTROL_GROUP / "memory.current"
    if not limit.exists() or not used.exists():
        return None
    text, cached = limit.read_text().strip(), _cached_bytes(CONTROL_GROUP / "memory.stat")
    return None if text == "max" else int(text) - int(used.read_text()) + cached


def _cached_bytes(statistics: Path) -> int:
    """What a control group keeps of files."""
    if not statistics.exists():
        return 0
    numbers = dict(line.split() for line in statistics.read_text().splitlines())
    return int(numbers.get("inactive_file", 0)) + int(numbers.get("active_file", 0))
