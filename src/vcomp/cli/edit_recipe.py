"""Edits of a video as their options."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal, Self

from vcomp.cli.parsing import parse_names, parse_size
from vcomp.cli.recipe_base import BaseRecipe, Several
from vcomp.engine.editing.area import Area
from vcomp.engine.editing.options import KEEPABLE, Remake, Working
from vcomp.engine.sources import Sources


class EditRecipe(BaseRecipe):
    """Every option that edits share."""

    positional: ClassVar = "video"

    video: str
    text: str | None = None
    style: str | None = None
    model_size: int | None = None
    model_fps: float | None = None
    audio: bool = True

    @property
    def working(self) -> Working:
        """How the model works on the video.

        Raises:
            UsageError: A value is out of range.
        """
        return Working(size_px=self.model_size, fps=self.model_fps)

    @property
    def sources(self) -> Sources:
        """What is given beside the video."""
        return Sources(text=self.text, style=self.style)


class InpaintRecipe(EditRecipe):
    """Every option of `vcomp inpaint` that decides what the video is."""

    single_files: ClassVar = ("video", "image", "sketch", "style", "depth")

    command: Literal["inpaint"] = "inpaint"
    mask: str | None = None
    outpaint: str | None = None
    track: bool = False
    invert: bool = False
    dilate: int = 0
    feather: int | None = None
    image: str | None = None
    sketch: str | None = None
    depth: str | None = None
    motion: Several = ()

    @property
    def area(self) -> Area:
        """Where the video is made anew.

        Raises:
            UsageError: Nowhere, or a value is not understood or out of range.
        """
        return Area(
            mask=self.mask,
            outpaint=self.outpaint,
            track=self.track,
            invert=self.invert,
            dilate_px=self.dilate,
            feather_px=self.feather,
        )

    @property
    def sources(self) -> Sources:
        """What is given beside the video."""
        return Sources(
            text=self.text,
            style=self.style,
            image=self.image,
            sketch=self.sketch,
            depth=self.depth,
            motion=self.motion or None,
        )

    @property
    def files(self) -> tuple[str, ...]:
        """All files that are read, the mask where it is one."""
        mask = self.area.mask_file
        return super().files if mask is None else (*super().files, mask)

    def with_paths(self, change: Callable[[str], str]) -> Self:
        """Also of the mask's path; see `BaseRecipe.with_paths`."""
        changed, mask = super().with_paths(change), self.area.mask_file
        return changed if mask is None else changed.model_copy(update={"mask": change(mask)})


class StylizeRecipe(EditRecipe):
    """Every option of `vcomp stylize` that decides what the video is."""

    single_files: ClassVar = ("video", "style")

    command: Literal["stylize"] = "stylize"
    keep: str = ",".join(KEEPABLE)
    frames: int | None = None
    fps: float | None = None
    size: str | None = None

    @property
    def remake(self) -> Remake:
        """What is kept, and how the result is shown.

        Raises:
            UsageError: A name is unknown or a value out of range.
        """
        return Remake(
            keep=parse_names(self.keep),
            size=None if self.size is None else parse_size(self.size),
            fps=self.fps,
            num_frames=self.frames,
        )
