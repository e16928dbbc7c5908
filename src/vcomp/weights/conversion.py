"""A published checkpoint converted once: its tensors under our names, in one precision, to be mapped."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from vcomp.errors import WeightsError
from vcomp.weights import read_tensors
from vcomp.weights.disk import require_space, writing_to
from vcomp.weights.layout import DTYPE_NAMES, header_of
from vcomp.weights.loading import missing_bytes, read_checkpoint

# Raised when our names or layouts change: files converted before are then made anew.
CONVERSION_VERSION = 2

_DAY_S = 86_400


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """How one part of a model comes out of a published file.

    Args:
        part: Of the model; the converted file is named after it.
        expected: What the published file should hold, for messages.
        convert: From its tensors to those of our network; it raises WeightsError unless all have a place.
    """

    part: str
    expected: str
    convert: Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]]

    def converted(self, source: Path, *, dtype: torch.dtype, folder: Path, sha256: str | None = None) -> Path:
        """The converted file, made now if it is not there yet, and whole whenever it is there.

        Args:
            source: The published file.
            dtype: Of its floating-point tensors after conversion.
            folder: Of converted files.
            sha256: Of the source, where it is known; otherwise its name, size and time stand for it.

        Raises:
            WeightsError: The source is missing, damaged or of another model.
            ResourceError: The disk is too full.
            OutputError: The folder cannot be written.
        """
        if not source.is_file():
            raise WeightsError(f"The weight file {source} is missing; it holds {self.expected}.")
        name = f"{self.part}-{DTYPE_NAMES[dtype].lower()}"
        target = folder / f"{name}-{_key(source, sha256)}.safetensors"
        if target.is_file() and not missing_bytes(target):
            return target
        state = self._converted_state(source)
        _write_whole(target, state, dtype=dtype)
        for stale in folder.glob(f"{name}-*.safetensors"):
            if stale != target:
                with contextlib.suppress(OSError):
                    stale.unlink()
        return target

    def _converted_state(self, source: Path) -> Mapping[str, Tensor]:
        try:
            return self.convert(read_checkpoint(source, expected=self.expected))
        except WeightsError as error:
            if str(source) in error.message:
                raise
            raise WeightsError(
                f"{source} does not hold {self.expected}. {error.message}", hint=error.hint
            ) from error


def read_converted(path: Path) -> dict[str, Tensor]:
    """The tensors of a converted file, mapped, those of convolutions channels-last.

    Raises:
        WeightsError: The file is missing or damaged.
    """
    return {name: t.permute(0, 3, 1, 2) if t.ndim == 4 else t for name, t in read_tensors(path).items()}


def _as_stored(tensor: Tensor) -> Tensor:
    """Kernels are stored channels-last, "o h w i", so that they can be used as they are mapped."""
    return tensor.permute(0, 2, 3, 1) if tensor.ndim == 4 else tensor


def write_streaming(path: Path, tensors: Mapping[str, Tensor], *, dtype: torch.dtype) -> None:
    """Write a safetensors file tensor by tensor, so that memory holds one converted tensor at a time.

    Args:
        path: Of the file.
        tensors: May be mapped from another file.
        dtype: Of those that are floating-point; others keep theirs.
    """
    # Widest types first, so that every tensor is aligned, as safetensors itself orders them.
    names = sorted(tensors, key=lambda name: (-_dtype_of(tensors[name], dtype).itemsize, name))
    layout = {name: (_dtype_of(tensors[name], dtype), tensors[name].shape) for name in names}
    with path.open("wb") as file:
        file.write(header_of(layout, {"format": "pt"}))
        for name in names:
            converted = tensors[name].detach().to(_dtype_of(tensors[name], dtype)).contiguous()
            file.write(converted.reshape(-1).view(torch.uint8).numpy().data)
        file.flush()
        os.fsync(file.fileno())


def _write_whole(target: Path, state: Mapping[str, Tensor], *, dtype: torch.dtype) -> None:
    """Write beside the target and rename, so that no process ever sees half of it."""
    needed = sum(tensor.numel() * _dtype_of(tensor, dtype).itemsize for tensor in state.values())
    require_space(target.parent, needed)
    partial = target.with_name(f".partial-{os.getpid()}-{target.name}")
    with writing_to(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(target.parent)
        try:
            write_streaming(partial, {n: _as_stored(t) for n, t in state.items()}, dtype=dtype)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def _remove_abandoned(folder: Path) -> None:
    """Remove what killed processes left; none is at work on one file for a day."""
    for partial in folder.glob(".partial-*"):
        with contextlib.suppress(OSError):
            if time.time() - partial.stat().st_mtime > _DAY_S:
                partial.unlink()


def _dtype_of(tensor: Tensor, dtype: torch.dtype) -> torch.dtype:
    return dtype if tensor.is_floating_point() else tensor.dtype


def _key(source: Path, sha256: str | None) -> str:
    stat = source.stat()
    identity = sha256 or f"{source.name} {stat.st_size} {stat.st_mtime_ns}"
    return hashlib.sha256(f"{CONVERSION_VERSION} {identity}".encode()).hexdigest()[:16]
