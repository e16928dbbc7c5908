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
    return torch.bfloat16 if _cpu_multiplies(torch.bfloat16) else torch.float32


def arithmetic_dtype(dtype: torch.dtype, device: torch.device) -> torch.dtype:
    """The precision to compute in with weights of `dtype`.

    A CPU without units for a half precision multiplies it hundreds of times slower than float32. There such
    weights only save memory: each layer's are widened as it runs.
    """
    return torch.float32 if device.type == "cpu" and not _cpu_multiplies(dtype) else dtype


def dtype_name(dtype: torch.dtype) -> str:
    """As a user writes it."""
    return str(dtype).removeprefix("torch.")


def widening_note(dtype: torch.dtype, arithmetic: torch.dtype) -> str:
    """What to tell a user whose UNet computes in another precision than its weights have; else nothing."""
    if dtype == arithmetic:
        return ""
    widened, kept = dtype_name(arithmetic), dtype_name(dtype)
    return f"this CPU is slow at {kept}: weights are kept in it, the arithmetic is {widened}"


def _cpu_multiplies(dtype: torch.dtype) -> bool:
    """Whether this CPU has instructions for products of a precision, so that it is no slower than float32."""
    if dtype == torch.bfloat16:
        return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return dtype != torch.float16 or torch.cpu._is_amx_fp16_supported()
