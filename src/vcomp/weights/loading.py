"""Checkpoints as others publish them: read without running their code, and named when they are wrong."""

from __future__ import annotations

import json
import pickle
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vcomp.errors import WeightsError
from vcomp.weights import read_tensors
from vcomp.weights.contents import opening_of, what_it_is

# Dictionaries that training code wraps around its tensors.
WRAPPERS = ("state_dict", "model")

# Classes that checkpoints of pytorch-lightning name beside their tensors, Stable Diffusion's among them. Only
# an empty stand-in takes their place: nothing of theirs is imported or run.
NAMED_BESIDE_TENSORS = ("pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",)

_ZIP, _PICKLE, _GZIP = b"PK\x03\x04", b"\x80", b"\x1f\x8b"
_HINT = "Delete the file and get it again, for example with: vcomp weights pull videocomposer"

# What unpickling a damaged file may raise; none of it says more to a user than that it is damaged.
_DAMAGE = (
    RuntimeError,
    OSError,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    struct.error,
    pickle.UnpicklingError,
)


class _StandIn:
    """For a class that a checkpoint names; it can do nothing."""


def read_checkpoint(path: Path, *, expected: str) -> dict[str, Tensor]:
    """The tensors of a `.pth`, `.ckpt`, `.bin` or `.safetensors` file, told apart by content.

    Tensors are mapped from the file, not copied, wherever its format allows that. Dictionaries around them
    (`state_dict`, `model`) are unwrapped, and what is no tensor is left out.

    Args:
        path: The file.
        expected: What should be in it, for messages: "the UNet of VideoComposer".

    Raises:
        WeightsError: The file is missing, is something else, is cut short, or holds more than data.
    """
    if not path.is_file():
        raise WeightsError(f"The weight file {path} is missing; it holds {expected}.", hint=_HINT)
    wrong = what_is_wrong(path)
    if wrong:
        raise WeightsError(f"{path} is {wrong}. Expected is {expected}.", hint=_HINT)
    if _is_safetensors(path):
        return read_tensors(path)
    tensors = _unwrapped(_unpickled(path, expected))
    if not tensors:
        raise WeightsError(f"{path} holds no tensors. Expected is {expected}.", hint=_HINT)
    return tensors


def what_is_wrong(path: Path) -> str | None:
    """What a file is that is not a whole checkpoint, as the end of "it is ..."; None if it looks like one.

    Only its first bytes, its size and its table of contents are read.
    """
    head = opening_of(path)
    if head.startswith(_ZIP):
        return None if zipfile.is_zipfile(path) else "cut short: a checkpoint without its end"
    if head.startswith(_PICKLE):
        return None
    if _is_safetensors(path):
        missing = missing_bytes(path)
        return f"cut short: {missing} bytes are missing at its end" if missing else None
    return _description(head)


def missing_bytes(path: Path) -> int:
    """How many bytes a safetensors file is short of what its header promises.

    Raises:
        WeightsError: The header cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        header_size = int.from_bytes(file.read(8), "little")
        if 8 + header_size > size:
            return 8 + header_size - size
        header_text = file.read(header_size)
    try:
        header: dict[str, Any] = json.loads(header_text)
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    except (ValueError, LookupError, TypeError) as error:
        raise WeightsError(f"The weight file {path} is damaged: {error}.", hint=_HINT) from error
    return max(0, 8 + header_size + max(ends, default=0) - size)


def _is_safetensors(path: Path) -> bool:
    """Whether a file begins like one: the header's length, then its brace."""
    with path.open("rb") as file:
        head = file.read(9)
    # No header is longer than safetensors itself accepts, 100 MB; text read as a length is.
    return len(head) == 9 and head[8:] == b"{" and int.from_bytes(head[:8], "little") <= 100_000_000


def _description(head: bytes) -> str:
    """What a file that is no checkpoint seems to be."""
    if known := what_it_is(head):
        return f"{known}, not weights"
    if head.startswith(_GZIP):
        return "a gzip archive, not weights"
    if not head.strip(b"\0"):
        return "full of zeros, as an interrupted download leaves it"
    if all(32 <= byte < 127 or byte in b"\t\r\n" for byte in head):
        return "a text file, not weights"
    return "of a format that is not known here"


def _unpickled(path: Path, expected: str) -> object:
    """What a file written by `torch.save` holds, if that is data only."""
    stand_ins: list[Any] = [(_StandIn, name) for name in NAMED_BESIDE_TENSORS]
    try:
        with torch.serialization.safe_globals(stand_ins):
            # Files from before torch 1.6 are no archives, and cannot be mapped.
            return torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except pickle.UnpicklingError as error:
        if "Unsupported global" in str(error) or "Unsupported class" in str(error):
            raise WeightsError(
                f"{path} holds code beside its tensors, which is not run. Expected is {expected}.",
                hint="Take the file from its first source, or save its state dict alone.",
            ) from error
        raise _damaged(path, expected) from error
    except _DAMAGE as error:
        raise _damaged(path, expected) from error


def _damaged(path: Path, expected: str) -> WeightsError:
    return WeightsError(f"{path} is damaged, or no checkpoint of torch. Expected is {expected}.", hint=_HINT)


def _unwrapped(content: object) -> dict[str, Tensor]:
    """The tensors by name, out of the dictionaries around them."""
    for wrapper in WRAPPERS:
        while isinstance(content, Mapping) and isinstance(content.get(wrapper), Mapping):
            content = content[wrapper]
    if not isinstance(content, Mapping):
        return {}
    return {
        name: value for name, value in content.items() if isinstance(name, str) and isinstance(value, Tensor)
    }
