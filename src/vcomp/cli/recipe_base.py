"""What all recipes share: a command as its options, kept in the file it made, and turned back into words."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict

from vcomp.cli.parsing import parse_guide, parse_strength
from vcomp.engine.settings import SAMPLER_NAMES, Settings
from vcomp.models.names import NAMES
from vcomp.wording import in_digits

_OPTION_NAMES = {"bundle": "from"}
_PIPE = "-"


def _one_or_several(value: object) -> object:
    """Files of earlier versions name a single one."""
    return (value,) if isinstance(value, str) else value or ()


Several = Annotated[tuple[str, ...], BeforeValidator(_one_or_several)]


class BaseRecipe(BaseModel):
    """Every option of a command that decides what the video is; None leaves it to the model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    single_files: ClassVar[tuple[str, ...]] = ()
    """The options that name one file each."""
    positional: ClassVar[str | None] = None
    """What stands without a name behind the command."""

    command: str
    version: str
    guide: tuple[str, ...] = ()
    guidance_scale: float | None = None
    guidance_rescale: float | None = None
    strength: tuple[str, ...] = ()
    steps: int = 20
    sampler: str = SAMPLER_NAMES[0]
    seed: int
    model: str = "tiny"
    device: str = "auto"
    dtype: str = "auto"

    @property
    def files(self) -> tuple[str, ...]:
        """All files that are read."""
        named = (path for name in self.single_files if (path := getattr(self, name)) is not None)
        return (*named, *getattr(self, "motion", ()))

    def settings(self, defaults: Settings) -> Settings:
        """What generation goes by, with what is None taken from `defaults`.

        Raises:
            UsageError: A value is unknown or out of range.
        """
        return replace(
            defaults,
            num_steps=self.steps,
            sampler=self.sampler,
            seed=self.seed,
            guides=tuple(parse_guide(text) for text in self.guide) or defaults.guides,
            guidance_scale=self.guidance_scale,
            guidance_rescale=self.guidance_rescale,
            strengths=tuple(parse_strength(text) for text in self.strength),
        )

    def resolved(self, settings: Settings, *, given: Collection[str], dtype: str) -> Self:
        """With all that was left to model and machine, and paths that hold from everywhere.

        Args:
            settings: With the model's guidance.
            given: Conditions; the model's own guides name no others.
            dtype: What the UNet ran in.
        """
        models_own = [
            replace(guide, names=names)
            for guide in settings.guides or ()
            if (names := tuple(name for name in guide.names if name in given))
        ]
        return self.with_paths(absolute).model_copy(
            update={
                "guide": self.guide or tuple(str(guide) for guide in models_own),
                "guidance_scale": settings.guidance_scale,
                "guidance_rescale": settings.guidance_rescale,
                "dtype": dtype,
            }
        )

    def with_paths(self, change: Callable[[str], str]) -> Self:
        """With every path changed: of the files that are read, and of the model where it is a folder."""
        paths: dict[str, Any] = {
            name: change(path) for name in self.single_files if (path := getattr(self, name)) is not None
        }
        if motion := getattr(self, "motion", None):
            paths["motion"] = tuple(change(path) for path in motion)
        if self.model not in NAMES and Path(self.model).is_dir():
            paths["model"] = change(self.model)
        return self.model_copy(update=paths)

    def as_command(self, out: str, *, program: str = "vcomp", overwrite: bool = False) -> str:
        """One line for a shell that makes the same video again."""
        subject = [] if self.positional is None else [getattr(self, self.positional)]
        words = [program, self.command, *subject, *self._options(), *(["--overwrite"] if overwrite else [])]
        return shlex.join([*words, "-o", out])

    def _options(self) -> Iterator[str]:
        """Those of the command first, then those of all."""
        own = [name for name in type(self).model_fields if name not in BaseRecipe.model_fields]
        for name in (*own, *BaseRecipe.model_fields):
            value = getattr(self, name)
            if name in ("command", "version", self.positional) or value is None:
                continue
            option = option_name(name)
            if isinstance(value, bool):
                if value is not type(self).model_fields[name].default:
                    yield f"--{option}" if value else f"--no-{option}"
                continue
            for item in value if isinstance(value, tuple) else (value,):
                yield from _option(f"--{option}", _word(item))


def option_name(field: str) -> str:
    """How a recipe's field is called on the command line, without the dashes."""
    return _OPTION_NAMES.get(field, field).replace("_", "-")


def absolute(path: str) -> str:
    """A path that holds from everywhere; the pipe stays what it is."""
    return path if path == _PIPE else str(Path(path).absolute())


def as_seen(path: str) -> str:
    """A path below the working folder as it is seen from there; another one, or the pipe, stays as it is."""
    folder = Path.cwd()
    return str(Path(path).relative_to(folder)) if Path(path).is_relative_to(folder) else path


def _option(name: str, value: str) -> tuple[str, ...]:
    """Two words, or one with "=" where the value would be taken for an option itself."""
    return (f"{name}={value}",) if value.startswith("-") else (name, value)


def _word(value: str | float) -> str:
    return value if isinstance(value, str) else in_digits(value)
