"""Weight files: where they are, and how they are read and written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vcomp.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

BUNDLED = Path(__file__).parent / "tiny"
"""The folder of the model that comes with the package."""


def read_tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a safetensors file, mapped, not copied.

    Raises:
        WeightsError: The file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not path.is_file():
        raise WeightsError(f"The weight file {path} is missing.", hint="Install the model again.")
    try:
        return load_file(path)
    except SafetensorError as error:
        raise WeightsError(
            f"The weight file {path} is damaged: {error}.", hint="Install the model again."
        ) from error


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write a safetensors file."""
    from safetensors.torch import save_file

    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
