"""Whether a generation fits into memory, told before it starts."""

from __future__ import annotations

from pathlib import Path

import torch

from vcomp.engine.settings import Settings
from vcomp.errors import ResourceError
from vcomp.models.config import UNetConfig

# Peak of a pass over tokens x channels of the first scale, measured on the published UNet; others need less.
ACTIVATIONS_PER_CHANNEL = 80
# Conditions and decoded frames, all of them there at once.
BYTES_PER_PIXEL = 100


def check_memory(
    settings: Settings, *, config: UNetConfig, weights_bytes: int, device: torch.device, dtype: torch.dtype
) -> None:
    """Raise if the weights and one pass of the UNet will not fit.

    Args:
        settings: Length and size count.
        config: Of the UNet.
        weights_bytes: Of all networks in `dtype`.
        device: Where they are to be.
        dtype: Of the UNet.

    Raises:
        ResourceError: They will not. Where the memory left is unknown, nothing is raised.
    """
    available = available_bytes(device)
    if available is None:
        return
    needed = weights_bytes + _activation_bytes(settings, config, dtype)
    if needed > available:
        width, height = settings.size
        raise ResourceError(
            f"{settings.num_frames} frames of {width}x{height} need about {needed / 1e9:.1f} GB of memory,"
            f" and {available / 1e9:.1f} GB are free.",
            hint="Ask for fewer or smaller frames.",
        )


def available_bytes(device: torch.device) -> int | None:
    """Memory that can be had on a device, None where there is no way to tell."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    limits = [limit for limit in (_system_bytes(), _container_bytes()) if limit is not None]
    return min(limits, default=None)


def _activation_bytes(settings: Settings, config: UNetConfig, dtype: torch.dtype) -> int:
    width, height = settings.size
    pixels = settings.num_frames * width * height
    tokens = pixels // 64
    # An STC-encoder that convolves before it pools holds its hidden layer at full size, twice with SiLU.
    hidden = 0 if config.stc_pool_first else 2 * config.stc_hidden
    passes = tokens * config.dim * ACTIVATIONS_PER_CHANNEL
    return pixels * BYTES_PER_PIXEL + (pixels * hidden + passes) * dtype.itemsize


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
    """What is left of a control group's limit."""
    group = Path("/sys/fs/cgroup")
    limit, used = group / "memory.max", group / "memory.current"
    if not limit.exists() or not used.exists():
        return None
    text = limit.read_text().strip()
    return None if text == "max" else int(text) - int(used.read_text())
