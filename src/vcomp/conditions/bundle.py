"""Conditions as a folder: the exact tensors for programs, a manifest, and what a person looks at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np
from jaxtyping import Float
from torch import Tensor

from vcomp.conditions.container import Conditions
from vcomp.conditions.folder import MANIFEST_NAME, TENSORS_NAME, check_bundle_folder
from vcomp.conditions.looks import write_looks
from vcomp.conditions.manifest import ConditionEntry, Manifest
from vcomp.conditions.page import write_page
from vcomp.conditions.spec import CONDITIONS
from vcomp.conditions.tensor_file import TensorSpool, join_tensors
from vcomp.media.clip import Frame
from vcomp.media.outputs import atomically
from vcomp.media.read import UNTIMED_FPS
from vcomp.media.write import write_picture

MANIFEST_KEY = "manifest"
_LOOKS_AT_ONCE = 2


@dataclass
class BundleWriter:
    """Gathers conditions frame by frame, on disk, and then writes everything a bundle has.

    Args:
        folder: An empty one, which becomes the bundle.
    """

    folder: Path
    spools: dict[str, TensorSpool] = field(default_factory=dict)
    style: Frame | None = None

    def append(self, name: str, part: Float[Tensor, "c n h w"]) -> None:
        """Add frames of a condition."""
        self.spools.setdefault(name, TensorSpool(self.folder, name)).append(part)

    def entries(self) -> dict[str, ConditionEntry]:
        """What the manifest says of the tensors so far; who made them is not known here."""
        entries = {
            name: ConditionEntry(
                shape=spool.shape,
                dtype=str(spool.dtype).removeprefix("torch."),
                unit=CONDITIONS["motion" if name == "flow" else name].unit,
                least=spool.least,
                most=spool.most,
            )
            for name, spool in self.spools.items()
        }
        if self.style is not None:
            least, most = int(self.style.min()), int(self.style.max())
            entries["style"] = ConditionEntry(
                shape=self.style.shape, dtype="uint8", unit="RGB", least=least, most=most
            )
        return entries

    def finish(self, manifest: Manifest, *, looks: bool = True) -> None:
        """Write the tensors and the manifest, and unless told not to, videos, strips and the page."""
        if looks:
            self._write_looks(manifest.fps or UNTIMED_FPS)
            if self.style is not None:
                write_picture(self.style, self.folder / "style.png")
        text = manifest.to_json()
        metadata = {MANIFEST_KEY: text, **({"text": manifest.text} if manifest.text else {})}
        pictures: Mapping[str, Frame] = {} if self.style is None else {"style": np.asarray(self.style)}
        spools = list(self.spools.values())
        join_tensors(self.folder / TENSORS_NAME, spools, pictures=pictures, metadata=metadata)
        (self.folder / MANIFEST_NAME).write_text(text, encoding="utf-8")
        if looks:
            write_page(self.folder, manifest)

    def _write_looks(self, fps: float) -> None:
        """What can be looked at; of two kinds of motion only dense flow gets arrows."""

        def write(spool: TensorSpool) -> None:
            arrows = spool.name != "motion" or "flow" not in self.spools
            write_looks(spool, self.folder, fps=fps, arrows=arrows)

        # The longest work first.
        spools = sorted(self.spools.values(), key=lambda spool: spool.name != "flow")
        with ThreadPoolExecutor(_LOOKS_AT_ONCE) as pool:
            list(pool.map(write, spools))  # the list raises what went wrong


@contextmanager
def bundle_writer(folder: Path, *, overwrite: bool = False) -> Iterator[BundleWriter]:
    """A writer for a folder that appears when it is complete, and not at all if anything fails.

    Raises:
        OutputError: See `check_bundle_folder`.
        ResourceError: The disk is full.
    """
    check_bundle_folder(folder, overwrite=overwrite)
    with atomically(folder) as partial:
        partial.mkdir()
        yield BundleWriter(partial)


def save_bundle(conditions: Conditions, folder: Path, *, fps: float | None = None) -> None:
    """Write conditions that are in memory as a bundle.

    Args:
        conditions: Of any sizes.
        folder: New, or empty.
        fps: Their rate, where it is known.

    Raises:
        OutputError: See `check_bundle_folder`.
        ResourceError: The disk is full.
    """
    with bundle_writer(folder) as writer:
        for name, tensor in conditions.tensors().items():
            writer.append(name, tensor)
        writer.style = conditions.style
        writer.finish(
            Manifest(vcomp=version("vcomp"), text=conditions.text, fps=fps, conditions=writer.entries())
        )
