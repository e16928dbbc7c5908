"""Motion as arrays in files: Middlebury's `.flo`, NumPy's `.npz` and `.npy`."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path
from tokenize import TokenError

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from vcomp.errors import ConditionError, MediaError

SUFFIXES = (".flo", ".npz", ".npy")
_KEYS = ("motion", "flow")
_FLO_MAGIC = 202021.25  # the float whose bytes read "PIEH"
_UNKNOWN = 1e9  # Middlebury's mark for pixels whose flow nobody knows
_MAX_VALUES = 2**29
_SHAPES = "[2 f h w], [f h w 2], [2 h w] or [h w 2]"


def read_motion_file(path: Path, *, num_frames: int) -> Float[Tensor, "2 f h w"]:
    """Motion in pixels per frame at the array's own size, taken as it is, (dx, dy) at the pixel arrived at.

    A single field moves every frame but the first; a sequence one frame short of the video gets a still first
    one. Pixels that are unknown are still.

    Args:
        path: Of a suffix in `SUFFIXES`.
        num_frames: Of the video.

    Raises:
        MediaError: The file is missing or damaged.
        ConditionError: It holds something else.
    """
    array = _read_flo(path) if path.suffix.lower() == ".flo" else _read_numpy(path)
    motion = _arranged(array.astype(np.float32, copy=False), path)
    known = np.isfinite(motion) & (np.abs(motion) < _UNKNOWN)
    motion = np.where(known.all(axis=0, keepdims=True), motion, 0)
    if array.ndim == 3:
        motion = np.repeat(motion, max(num_frames - 1, 1), axis=1)
    if motion.shape[1] == num_frames - 1:
        motion = np.concatenate([np.zeros_like(motion[:, :1]), motion], axis=1)
    return torch.from_numpy(np.ascontiguousarray(motion, dtype=np.float32))


def _arranged(array: Float[np.ndarray, "*axes"], path: Path) -> Float[np.ndarray, "2 f h w"]:
    shape = list(array.shape)
    if array.ndim in (3, 4) and 0 not in shape:
        if shape[-1] == 2:  # first, as there may be two fields, but no frame two pixels wide
            fields = array if array.ndim == 4 else array[None]
            return np.moveaxis(fields, -1, 0)
        if shape[0] == 2:
            return array if array.ndim == 4 else array[:, None]
    raise ConditionError(f"{path} holds an array {shape}.", hint=f"Motion is an array {_SHAPES}.")


def _read_flo(path: Path) -> Float[np.ndarray, "h w 2"]:
    try:
        with path.open("rb") as file:
            magic, width, height = struct.unpack("<fii", file.read(12))
            good = magic == np.float32(_FLO_MAGIC) and 0 < width * height <= _MAX_VALUES and width > 0
            if not good or path.stat().st_size != 12 + 8 * width * height:
                raise MediaError(f"{path} is no .flo file, or damaged.", hint="Get it again.")
            return np.fromfile(file, "<f4", 2 * width * height).reshape(height, width, 2)
    except (OSError, struct.error) as error:
        raise MediaError(f"{path} cannot be read as a .flo file.", hint="Get it again.") from error


def _read_numpy(path: Path) -> Float[np.ndarray, "*axes"]:
    try:
        if path.suffix.lower() == ".npy":
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        else:
            with zipfile.ZipFile(path) as archive:
                if sum(entry.file_size for entry in archive.infolist()) > 8 * _MAX_VALUES:
                    raise MediaError(f"{path} unpacks to more than any motion.", hint="Shorten it.")
            array = _only_array(path)
    except (OSError, ValueError, EOFError, TokenError, zipfile.BadZipFile, zlib.error) as error:
        raise MediaError(
            f"{path} cannot be read as a NumPy file.", hint="Write it with numpy.savez."
        ) from error
    if not np.issubdtype(array.dtype, np.number) or np.issubdtype(array.dtype, np.complexfloating):
        raise ConditionError(
            f"{path} holds {array.dtype}, no numbers.", hint=f"Motion is an array {_SHAPES}."
        )
    return np.asarray(array)


def _only_array(path: Path) -> Float[np.ndarray, "*axes"]:
    with np.load(path, allow_pickle=False) as arrays:
        names = [name for name in _KEYS if name in arrays] or list(arrays)
        if len(names) != 1 and not set(names) <= set(_KEYS):
            raise ConditionError(
                f"{path} holds {', '.join(names) or 'no array'}.", hint="Name one array motion."
            )
        return np.asarray(arrays[names[0]])
