"""Where to run, and in which precision."""

from __future__ import annotations

import torch

from vcomp.engine.checks import check_name
from vcomp.errors import ResourceError, UsageError

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def pick_device(name: str) -> torch.device:
    """A device by name; `auto` is the first CUDA device, else Apple's GPU, else the CPU.

    Raises:
        UsageError: The name is not a device's.
        ResourceError: This machine or this build of torch has no such device.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise UsageError(
            f"There is no device {name!r}.", hint="Choose from auto, cpu, cuda, cuda:1, mps."
        ) from error
    count = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if (device.index or 0) >= count.get(device.type, 0):
        raise ResourceError(f"This machine has no device {name}.", hint="Use --device auto.")
    return device


def pick_dtype(name: str, device: torch.device) -> torch.dtype:
    """A precision by name; `auto` is `fast_dtype`.

    Raises:
        UsageError: The name is none of `DTYPES`.
    """
    if name == "auto":
        return fast_dtype(device)
    check_name("dtype", name, ("auto", *DTYPES))
    return DTYPES[name]


def fast_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the device multiplies it faster than float32, float32 elsewhere."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if device.type == "mps":
        return torch.float16
    has_bf16_units = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.bfloat16 if has_bf16_units else torch.float32
