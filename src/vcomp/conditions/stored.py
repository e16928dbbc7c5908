"""A bundle read back: the tensors bit by bit as they were written."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from vcomp.conditions.bundle import MANIFEST_KEY
from vcomp.conditions.container import Conditions
from vcomp.conditions.folder import TENSORS_NAME
from vcomp.conditions.manifest import Manifest, parse_manifest
from vcomp.conditions.spec import CONDITIONS
from vcomp.errors import ConditionError, MediaError, UsageError, did_you_mean
from vcomp.media.inputs import locate

FLOW = "flow"
USABLE = (*CONDITIONS, FLOW)
"""What `use` may name; `flow` and `motion` both become the condition `motion`."""


@dataclass(frozen=True, eq=False)
class Bundle:
    """Conditions, and what their bundle says of them; None if it was written without a manifest."""

    conditions: Conditions
    manifest: Manifest | None


def load_bundle(path: str | Path, *, use: Collection[str] = (), num_frames: int | None = None) -> Bundle:
    """Read a bundle: its folder, its safetensors file, or `-`.

    A bundle may hold motion twice: the codec's vectors (`motion`) and dense flow (`flow`). `use` decides;
    when it does not, dense flow is taken, as `vcomp generate --motion` takes it from a video.

    Args:
        path: Of the bundle.
        use: Names of the conditions to take; empty takes all.
        num_frames: Read so many frames of a sequence and no more. None reads all.

    Raises:
        UsageError: `use` names what the bundle has not, or motion twice.
        MediaError: There is no bundle, or it is damaged.
        ConditionError: Its tensors are not conditions.
    """
    found = locate(path)
    file = found.path / TENSORS_NAME if found.path.is_dir() else found.path
    if not file.is_file():
        raise MediaError(
            f"{found.name} holds no conditions.",
            hint=f"A bundle has a {TENSORS_NAME}: make one with vcomp extract.",
        )
    try:
        with safe_open(file, "pt") as tensors:
            stored, metadata = list(tensors.keys()), tensors.metadata() or {}
            text = metadata.get("text")
            names = _chosen({*stored, *(("text",) if text else ())}, use, path=found.name)
            given: dict[str, Any] = {
                name: tensors.get_tensor(name) if name == "style" else _first(tensors, name, num_frames)
                for name in stored
                if name in names
            }
    except SafetensorError as error:
        raise MediaError(
            f"{found.name} is no bundle, or damaged: {error}.", hint="Extract it again."
        ) from error
    if "style" in given:
        given["style"] = given["style"].numpy()
    if FLOW in given:
        given["motion"] = given.pop(FLOW)
    manifest = parse_manifest(metadata[MANIFEST_KEY], path=found.name) if MANIFEST_KEY in metadata else None
    return Bundle(Conditions(text=text if "text" in names else None, **given), manifest)


def _first(tensors: Any, name: str, num_frames: int | None) -> Tensor:
    part = tensors.get_slice(name)
    if len(part.get_shape()) != 4:
        raise ConditionError(f"Condition {name} is a tensor of four axes, not {part.get_shape()}.")
    first: Tensor = part[:] if num_frames is None else part[:, :num_frames]
    return first


def _chosen(stored: set[str], use: Collection[str], *, path: str) -> set[str]:
    """The names to take.

    Raises:
        UsageError: One is not there, or motion is named twice.
        ConditionError: The file holds something else than conditions.
    """
    has = ", ".join(name for name in USABLE if name in stored)
    if strangers := sorted(stored.difference(USABLE)):
        raise ConditionError(
            f"{path} holds a tensor {strangers[0]!r}, which is no condition.", hint="Name a bundle of vcomp."
        )
    if not use:
        return stored - {"motion"} if FLOW in stored else stored
    for name in use:
        if name not in USABLE:
            guess = did_you_mean(name, USABLE)
            raise UsageError(f"There is no condition {name!r} to use.", hint=f"{guess}{path} holds {has}.")
        if name not in stored:
            raise UsageError(f"{path} holds no {name}.", hint=f"It holds {has}.")
    if {FLOW, "motion"} <= set(use):
        raise UsageError("--use names both motion and flow.", hint="Both are the motion condition: take one.")
    return set(use)
