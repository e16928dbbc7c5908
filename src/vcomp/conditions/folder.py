"""The folder of a bundle: what lies in it, and whether one can be written somewhere. Needs no torch."""

from __future__ import annotations

from pathlib import Path

from vcomp.errors import OutputError
from vcomp.media.outputs import check_parent

TENSORS_NAME = "conditions.safetensors"
MANIFEST_NAME = "manifest.json"
PAGE_NAME = "index.html"
_LOOKS_SUFFIXES = (".png", ".mp4")
TITLES = {
    "source": ("Source", "what the conditions were taken from"),
    "sketch": ("Sketch", "edges of every frame"),
    "single_sketch": ("Single sketch", "edges of the first frame"),
    "depth": ("Depth", "near is bright, far is dark"),
    "motion": ("Motion vectors", "as a video codec has them; not those in the source's own file"),
    "motion_arrows": ("Motion vectors, arrows", "from where things were to where they are"),
    "flow": ("Dense flow", "hue is the direction, saturation the speed"),
    "flow_arrows": ("Dense flow, arrows", "from where things were to where they are"),
    "image": ("First image", "content and structure of the first frame"),
    "style": ("Style", "the picture whose look is taken"),
    "mask": ("Mask", "what is kept of the video"),
}
"""Of each picture or video in a bundle's folder, its name and what it shows, in the order of the page."""


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
    if not all(_is_own(path) for path in files) or not (folder / MANIFEST_NAME).is_file():
        raise OutputError(f"The folder {folder} is not empty.", hint="Name a new folder.")
    if not overwrite:
        raise OutputError(
            f"The folder {folder} already holds a bundle.",
            hint="Name a new folder, or replace it with --overwrite.",
        )


def _is_own(path: Path) -> bool:
    """Whether extracting writes a file of this name."""
    if path.name in (TENSORS_NAME, MANIFEST_NAME, PAGE_NAME):
        return True
    return path.suffix in _LOOKS_SUFFIXES and path.stem in TITLES
