"""The folder of a bundle: what lies in it, and whether one can be written somewhere. Needs no torch."""

from __future__ import annotations

from pathlib import Path

from vcomp.errors import OutputError
from vcomp.media.outputs import check_parent

TENSORS_NAME = "conditions.safetensors"
MANIFEST_NAME = "manifest.json"
PAGE_NAME = "index.html"
_LOOKS_SUFFIXES = (".png", ".mp4")


def check_bundle_folder(folder: Path, *, overwrite: bool = False) -> None:
    """Make sure, before long work, that a bundle can be written.

    Args:
        folder: New, or empty.
        overwrite: Allow one that holds a bundle and nothing else.

    Raises:
        OutputError: The folder's parent is missing or not writable, or it holds something.
    """
    check_parent(folder)
    if folder.is_file():
        raise OutputError(f"{folder} is a file, not a folder.", hint="Choose another name.")
    if not folder.is_dir() or not (files := list(folder.iterdir())):
        return
    own = (TENSORS_NAME, MANIFEST_NAME, PAGE_NAME)
    strangers = [path.name for path in files if path.name not in own and path.suffix not in _LOOKS_SUFFIXES]
    if strangers or not (folder / MANIFEST_NAME).is_file():
        raise OutputError(f"The folder {folder} is not empty.", hint="Name a new folder.")
    if not overwrite:
        raise OutputError(
            f"The folder {folder} already holds a bundle.",
            hint="Name a new folder, or replace it with --overwrite.",
        )
