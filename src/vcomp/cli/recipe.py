"""A generation as its options, and any recipe back from the file it made."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError

from vcomp.cli.edit_recipe import InpaintRecipe, StylizeRecipe
from vcomp.cli.parsing import parse_names, parse_size
from vcomp.cli.recipe_base import BaseRecipe, Several
from vcomp.engine.settings import Settings
from vcomp.engine.sources import Sources
from vcomp.errors import MediaError


class Recipe(BaseRecipe):
    """Every option of `vcomp generate` that decides what the video is; None leaves it to the model."""

    single_files: ClassVar = ("image", "sketch", "style", "depth", "video", "mask", "bundle")

    command: Literal["generate"] = "generate"
    text: str | None = None
    image: str | None = None
    sketch: str | None = None
    style: str | None = None
    depth: str | None = None
    motion: Several = ()
    camera: str | None = None
    video: str | None = None
    mask: str | None = None
    bundle: str | None = None
    use: str | None = None
    frames: int | None = None
    window: int | None = None
    overlap: int | None = None
    fps: float | None = None
    size: str | None = None

    @property
    def sources(self) -> Sources:
        """The text and the files.

        Raises:
            UsageError: They contradict each other.
        """
        named = {name: path for name in self.single_files if (path := getattr(self, name)) is not None}
        motion = self.motion or None
        return Sources(text=self.text, motion=motion, camera=self.camera, use=parse_names(self.use), **named)

    def settings(self, defaults: Settings) -> Settings:
        """All the rest, with what is None taken from `defaults`.

        Raises:
            UsageError: A value is unknown or out of range.
        """
        return replace(
            super().settings(defaults),
            num_frames=defaults.num_frames if self.frames is None else self.frames,
            fps=defaults.fps if self.fps is None else self.fps,
            size=defaults.size if self.size is None else parse_size(self.size),
            window=self.window,
            overlap=self.overlap,
        )

    def resolved(self, settings: Settings, *, given: Collection[str], dtype: str) -> Self:
        """Also length, windows of a longer video, rate and size; see `BaseRecipe.resolved`."""
        width, height = settings.size
        in_windows = settings.window_frames < settings.num_frames
        shown = {
            "frames": settings.num_frames,
            "window": settings.window_frames if in_windows else None,
            "overlap": settings.overlap_frames if in_windows else None,
            "fps": settings.fps,
            "size": f"{width}x{height}",
        }
        return super().resolved(settings, given=given, dtype=dtype).model_copy(update=shown)


AnyRecipe: TypeAlias = Recipe | InpaintRecipe | StylizeRecipe
_RECIPES: TypeAdapter[AnyRecipe] = TypeAdapter(Annotated[AnyRecipe, Field(discriminator="command")])


def read_recipe(comment: str | None, *, path: str) -> AnyRecipe:
    """The recipe that a file's comment holds.

    Raises:
        MediaError: It holds none.
    """
    hint = (
        "Only files that vcomp generate, inpaint or stylize wrote, and that nothing has changed, carry one."
    )
    if not comment:
        raise MediaError(f"{path} carries no recipe.", hint=hint)
    try:
        return _RECIPES.validate_json(comment)
    except ValidationError as error:
        raise MediaError(
            f"The comment in {path} is not a recipe of this version of vcomp.", hint=hint
        ) from error
