"""Tensors that grow frame by frame on disk, joined into a safetensors file: memory holds a chunk at a time.

The format is a JSON header behind its length, then the tensors' bytes without gaps
(https://github.com/huggingface/safetensors). A header needs the final shapes, and `[c f h w]` keeps each
channel together, so every channel gathers in a file of its own first.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Shaped
from torch import Tensor

from vcomp.media.clip import evenly_spaced
from vcomp.weights.layout import header_of

_COPIED_BYTES = 2**22


@dataclass
class TensorSpool:
    """A tensor `[c f h w]` that gets more frames; its values' range is kept up to date.

    Args:
        folder: Where its channels gather.
        name: Of the tensor.
    """

    folder: Path
    name: str
    dtype: torch.dtype | None = field(default=None, init=False)
    shape: tuple[int, int, int, int] = field(default=(0, 0, 0, 0), init=False)
    least: float = field(default=float("inf"), init=False)
    most: float = field(default=float("-inf"), init=False)

    def append(self, part: Shaped[Tensor, "c n h w"]) -> None:
        """Add frames, of the same size and precision as those before."""
        part = part.detach().cpu()
        channels, count, height, width = part.shape
        self.dtype = part.dtype
        self.shape = (channels, self.shape[1] + count, height, width)
        self.least = min(self.least, part.min().item())
        self.most = max(self.most, part.max().item())
        for path, channel in zip(self._paths(), part, strict=True):
            with path.open("ab") as file:
                file.write(_bytes(channel))

    def frames(self, start: int, stop: int) -> Shaped[Tensor, "c n h w"]:
        """Some of the frames, read back."""
        _, length, height, width = self.shape
        first, count = min(start, length), max(min(stop, length) - start, 0)
        if self.dtype is None or not count:
            return torch.empty(self.shape[0], 0, height, width)
        frame_bytes = height * width * self.dtype.itemsize
        channels = []
        for path in self._paths():
            raw = np.fromfile(path, np.uint8, count=count * frame_bytes, offset=first * frame_bytes)
            channels.append(torch.from_numpy(raw).view(self.dtype))
        return rearrange(torch.stack(channels), "c (n h w) -> c n h w", n=count, h=height)

    def chunks(self, size: int) -> Iterator[Shaped[Tensor, "c n h w"]]:
        """All frames, a few at a time."""
        return (self.frames(start, start + size) for start in range(0, self.shape[1], size))

    def spread(self, count: int) -> Shaped[Tensor, "c n h w"]:
        """Up to `count` frames, evenly spaced."""
        chosen = evenly_spaced(self.shape[1], count)
        return torch.cat([self.frames(index, index + 1) for index in chosen], dim=1)

    def pour(self, target: Path) -> None:
        """Append all bytes to a file, in the tensor's order, and delete them here as they go."""
        with target.open("ab") as file:
            for path in self._paths():
                with path.open("rb") as channel:
                    shutil.copyfileobj(channel, file, _COPIED_BYTES)
                path.unlink()

    def _paths(self) -> Sequence[Path]:
        return [self.folder / f".{self.name}.{channel}.part" for channel in range(self.shape[0])]


def join_tensors(
    path: Path,
    spools: Sequence[TensorSpool],
    *,
    pictures: Mapping[str, Shaped[np.ndarray, "h w 3"]],
    metadata: Mapping[str, str],
) -> None:
    """Write one safetensors file of spools, which are used up, and uint8 pictures."""
    layout: dict[str, tuple[torch.dtype, Sequence[int]]] = {}
    for spool in spools:
        assert spool.dtype is not None
        layout[spool.name] = (spool.dtype, spool.shape)
    layout.update((name, (torch.uint8, picture.shape)) for name, picture in pictures.items())
    path.write_bytes(header_of(layout, metadata))
    for spool in spools:
        spool.pour(path)
    with path.open("ab") as file:
        for picture in pictures.values():
            file.write(np.ascontiguousarray(picture).tobytes())


def _bytes(tensor: Tensor) -> memoryview:
    """Little-endian, as the format wants and every machine that runs torch has it; no copy if contiguous."""
    return tensor.contiguous().flatten().view(torch.uint8).numpy().data
