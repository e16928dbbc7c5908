"""Where the checkpoints of the published model are: in the store, or in a folder that someone filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from vcomp.errors import WeightsError
from vcomp.weights.store import Store

# What is made from the files of a folder.
DERIVED_NAME = "derived"
_PULL = "Fetch them: vcomp weights pull videocomposer"


@dataclass(frozen=True, kw_only=True)
class PublishedPart:
    """One part of the model, and the files it may come in.

    Args:
        file_id: In the registry; it has alternatives there.
        filenames: In a folder of one's own, the preferred one first.
        expected: What such a file holds, for messages.
    """

    file_id: str
    filenames: tuple[str, ...]
    expected: str


PUBLISHED_PARTS: Mapping[str, PublishedPart] = MappingProxyType(
    {
        "unet": PublishedPart(
            file_id="videocomposer-unet",
            filenames=("non_ema_228000.pth",),
            expected="the UNet of VideoComposer",
        ),
        "towers": PublishedPart(
            file_id="openclip-vit-h-14",
            filenames=("open_clip_pytorch_model.bin",),
            expected="OpenCLIP's ViT-H/14",
        ),
        "autoencoder": PublishedPart(
            file_id="sd-autoencoder",
            filenames=("diffusion_pytorch_model.safetensors", "v2-1_512-ema-pruned.ckpt"),
            expected="the autoencoder of Stable Diffusion",
        ),
        "pidinet": PublishedPart(
            file_id="pidinet",
            filenames=("table5_pidinet.pth",),
            expected="PiDiNet with 60 channels",
        ),
        "simplification": PublishedPart(
            file_id="sketch-simplification",
            filenames=("sketch_simplification_gan.pth",),
            expected="the sketch-simplification network",
        ),
        "depth": PublishedPart(
            file_id="midas-dpt-large",
            filenames=("dpt_large-midas-2f21e586.pt", "midas_v3_dpt_large.pth"),
            expected="MiDaS's DPT-Large",
        ),
    }
)
GENERATION_PARTS = ("unet", "towers", "autoencoder")
"""Without which there is no video; the others turn pictures and video into conditions."""


@dataclass(frozen=True, kw_only=True)
class Located:
    """A checkpoint on disk.

    Args:
        source: The file.
        derived: The folder for what is made from it.
        expected: What it holds, for messages.
        sha256: Its hash, where it is known.
    """

    source: Path
    derived: Path
    expected: str
    sha256: str | None = None


class PublishedFiles(Protocol):
    """A place that has checkpoints."""

    @property
    def folder(self) -> Path:
        """Where they are."""
        ...

    def find(self, part: str) -> Located:
        """The checkpoint of one of `PUBLISHED_PARTS`.

        Raises:
            WeightsError: It is not there, or damaged.
        """
        ...

    def missing(self) -> list[str]:
        """Names of the files that a generation needs and that are not there."""
        ...


@dataclass(frozen=True)
class StoreFiles:
    """The files of the store, each checked against its published hash when it is new."""

    store: Store

    @property
    def folder(self) -> Path:
        """See `PublishedFiles`."""
        return self.store.folder

    def find(self, part: str) -> Located:
        """See `PublishedFiles`."""
        published = PUBLISHED_PARTS[part]
        file, path = self.store.find(published.file_id)
        return Located(
            source=path,
            derived=self.store.derived(file.id),
            expected=published.expected,
            sha256=self.store.sha256_of(file),
        )

    def missing(self) -> list[str]:
        """See `PublishedFiles`."""
        absent = []
        for part in GENERATION_PARTS:
            files = self.store.registry.alternatives(PUBLISHED_PARTS[part].file_id)
            if not any(self.store.place(file).exists() for file in files):
                absent.append(files[0].filename)
        return absent


@dataclass(frozen=True)
class FolderFiles:
    """Files under their published names in one folder; conversions go to a folder beside them."""

    folder: Path

    def find(self, part: str) -> Located:
        """See `PublishedFiles`."""
        published = PUBLISHED_PARTS[part]
        for filename in published.filenames:
            if (self.folder / filename).exists():
                derived = self.folder / DERIVED_NAME
                return Located(source=self.folder / filename, derived=derived, expected=published.expected)
        raise WeightsError(
            f"{' or '.join(published.filenames)} is not in {self.folder}; it holds {published.expected}."
        )

    def missing(self) -> list[str]:
        """See `PublishedFiles`."""
        parts = [PUBLISHED_PARTS[part] for part in GENERATION_PARTS]
        return [p.filenames[0] for p in parts if not any((self.folder / f).exists() for f in p.filenames)]


def require_generation_files(files: PublishedFiles, *, place: str, hint: str = _PULL) -> None:
    """Make sure, before long work, that there is what every generation needs.

    Raises:
        WeightsError: There is not; all that is missing is named.
    """
    if absent := files.missing():
        raise WeightsError(
            f"The weights of videocomposer are not complete in {place}: no {', no '.join(absent)}.", hint=hint
        )
