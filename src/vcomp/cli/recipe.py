"""A generation as its options: kept in the file it made, and turned back into a command."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from vcomp.cli.parsing import parse_guide, parse_names, parse_size, parse_strength
from vcomp.engine.settings import SAMPLER_NAMES, Settings
from vcomp.engine.sources import Sources
from vcomp.errors import MediaError

_FILES = ("image", "sketch", "style", "depth", "video", "mask", "bundle")
_OPTION_NAMES = {"bundle": "from"}
_PIPE = "-"


def _one_or_several(value: object) -> object:
    """Files of earlier versions name a single one."""
    return (value,) if isinstance(value, str) else value or ()


class Recipe(BaseModel):
    """Every option of `vcomp generate` that decides what the video is; None leaves it to the model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    command: Literal["generate"] = "generate"
    version: str
    text: str | None = None
    image: str | None = None
    sketch: str | None = None
    style: str | None = None
    depth: str | None = None
    motion: Annotated[tuple[str, ...], BeforeValidator(_one_or_several)] = ()
    camera: str | None = None
    video: str | None = None
    mask: str | None = None
    bundle: str | None = None
    use: str | None = None
    guide: tuple[str, ...] = ()
    guidance_scale: float | None = None
    strength: tuple[str, ...] = ()
    frames: int | None = None
    window: int | None = None
    overlap: int | None = None
    fps: float | None = None
    size: str | None = None
    steps: int = 20
    sampler: str = SAMPLER_NAMES[0]
    seed: int
    model: str = "tiny"
    device: str = "auto"
    dtype: str = "auto"

    @property
    def sources(self) -> Sources:
        """The text and the files.

        Raises:
            UsageError: They contradict each other.
        """
        named = {name: path for name in _FILES if (path := getattr(self, name)) is not None}
        motion = self.motion or None
        return Sources(text=self.text, motion=motion, camera=self.camera, use=parse_names(self.use), **named)

    @property
    def files(self) -> tuple[str, ...]:
        """All files that are read."""
        return *(path for name in _FILES if (path := getattr(self, name)) is not None), *self.motion

    def settings(self, defaults: Settings) -> Settings:
        """All the rest, with what is None taken from `defaults`.

        Raises:
            UsageError: A value is unknown or out of range.
        """
        return Settings(
            num_frames=defaults.num_frames if self.frames is None else self.frames,
            fps=defaults.fps if self.fps is None else self.fps,
            size=defaults.size if self.size is None else parse_size(self.size),
            num_steps=self.steps,
            sampler=self.sampler,
            seed=self.seed,
            guides=tuple(parse_guide(text) for text in self.guide) or defaults.guides,
            guidance_scale=self.guidance_scale,
            strengths=tuple(parse_strength(text) for text in self.strength),
            window=self.window,
            overlap=self.overlap,
        )

    def resolved(self, settings: Settings, *, given: Collection[str], dtype: str) -> Recipe:
        """With all that was left to model and machine, and paths that hold from everywhere.

        Args:
            settings: With the model's guidance.
            given: Conditions; guides name no others.
            dtype: What the UNet ran in.
        """
        guides = [
            replace(guide, names=names)
            for guide in settings.guides or ()
            if (names := tuple(name for name in guide.names if name in given))
        ]
        in_windows = settings.window_frames < settings.num_frames
        width, height = settings.size
        model_is_folder = Path(self.model).is_dir()
        return self.model_copy(
            update={
                **{name: _absolute(path) for name in _FILES if (path := getattr(self, name)) is not None},
                "motion": tuple(_absolute(path) for path in self.motion),
                "guide": tuple(str(guide) for guide in guides),
                "guidance_scale": settings.guidance_scale,
                "frames": settings.num_frames,
                "window": settings.window_frames if in_windows else None,
                "overlap": settings.overlap_frames if in_windows else None,
                "fps": settings.fps,
                "size": f"{width}x{height}",
                "model": _absolute(self.model) if model_is_folder else self.model,
                "dtype": dtype,
            }
        )

    def as_command(self, out: str, *, program: str = "vcomp", overwrite: bool = False) -> str:
        """One line for a shell that makes the same video again."""
        words = [program, self.command, *self._options(), *(["--overwrite"] if overwrite else []), "-o", out]
        return shlex.join(words)

    def _options(self) -> Iterator[str]:
        for name in type(self).model_fields:
            value = getattr(self, name)
            if name in ("command", "version") or value is None:
                continue
            for item in value if isinstance(value, tuple) else (value,):
                yield from _option(f"--{_OPTION_NAMES.get(name, name).replace('_', '-')}", _word(item))


def read_recipe(comment: str | None, *, path: str) -> Recipe:
    """The recipe that a file's comment holds.

    Raises:
        MediaError: It holds none.
    """
    hint = "Only files that vcomp wrote, and that nothing has changed since, carry one."
    if not comment:
        raise MediaError(f"{path} carries no recipe.", hint=hint)
    try:
        return Recipe.model_validate_json(comment)
    except ValidationError as error:
        raise MediaError(
            f"The comment in {path} is not a recipe of this version of vcomp.", hint=hint
        ) from error


def _absolute(path: str) -> str:
    return path if path == _PIPE else str(Path(path).absolute())


def _option(name: str, value: str) -> tuple[str, ...]:
    """Two words, or one with "=" where the value would be taken for an option itself."""
    return (f"{name}={value}",) if value.startswith("-") else (name, value)


def _word(value: str | float) -> str:
    """Whole numbers without a decimal point, others with all their digits."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
