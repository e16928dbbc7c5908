"""Conditions as a folder: the exact tensors for programs, pictures for people."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from vcomp.conditions.container import Conditions
from vcomp.conditions.preview import to_rgb
from vcomp.errors import OutputError
from vcomp.media.outputs import atomically, check_parent
from vcomp.media.preview import strip
from vcomp.media.write import write_picture

TENSORS_NAME = "conditions.safetensors"


def check_bundle_folder(folder: Path) -> None:
    """Make sure, before long work, that a bundle can be written.

    Raises:
        OutputError: The folder's parent is missing or not writable, or it holds something.
    """
    check_parent(folder)
    if folder.is_file():
        raise OutputError(f"{folder} is a file, not a folder.", hint="Choose another name.")
    if folder.is_dir() and any(folder.iterdir()):
        raise OutputError(f"The folder {folder} is not empty.", hint="Name a new folder.")


def save_bundle(conditions: Conditions, folder: Path) -> None:
    """Write a safetensors file of all conditions, with the caption as its metadata, and a PNG strip of each.

    The folder appears when it is complete.

    Raises:
        OutputError: See `check_bundle_folder`.
        ResourceError: The disk is full.
    """
    check_bundle_folder(folder)
    with atomically(folder) as partial:
        partial.mkdir()
        tensors: dict[str, Tensor] = dict(conditions.tensors())
        if conditions.style is not None:
            tensors["style"] = torch.from_numpy(conditions.style.copy())
            write_picture(conditions.style, partial / "style.png")
        metadata = {"text": conditions.text} if conditions.text else None
        contents = {name: tensor.contiguous() for name, tensor in tensors.items()}
        save_file(contents, partial / TENSORS_NAME, metadata=metadata)
        for name, tensor in conditions.tensors().items():
            write_picture(strip({name: to_rgb(name, tensor)}), partial / f"{name}.png")
