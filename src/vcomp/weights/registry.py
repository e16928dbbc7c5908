"""The registry: every weight file vcomp can use, as `weights.toml` lists them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveInt,
    StringConstraints,
    ValidationError,
    model_validator,
)

from vcomp.errors import UsageError, WeightsError, did_you_mean

REGISTRY_NAME = "weights.toml"

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+/\S+$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class WeightFile(BaseModel):
    """One weight file, as it is published."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Name
    models: tuple[Name, ...] = Field(min_length=1)  # that use it; `pull MODEL` takes it
    purpose: str  # what it is for, in a few words
    filename: Name
    bytes: PositiveInt
    bytes_exact: bool = True  # False: the size is a plan, and the hash decides
    sha256: Sha256 | None = None  # None: not known
    licence: str
    revision: str
    source: Url
    mirrors: tuple[Url, ...] = ()  # tried in turn after the source
    alternative_to: Name | None = None  # the file that is pulled instead

    @model_validator(mode="after")
    def _can_be_told(self) -> Self:
        if not self.bytes_exact and self.sha256 is None:
            raise ValueError(f"{self.id} has neither an exact size nor a sha256")
        return self

    @property
    def urls(self) -> tuple[str, ...]:
        """The source, then its mirrors."""
        return (self.source, *self.mirrors)

    @property
    def title(self) -> str:
        """What to call it in messages."""
        return f"{self.id} ({self.filename})"


class _Document(BaseModel):
    """The file as it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: tuple[WeightFile, ...]

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        ids = [file.id for file in self.file]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} is listed twice")
        preferred = {file.id for file in self.file if file.alternative_to is None}
        for file in self.file:
            if file.alternative_to not in {None, *preferred}:
                raise ValueError(f"{file.id} is an alternative to {file.alternative_to}, which is not listed")
            if file.id in file.models:
                raise ValueError(f"{file.id} names a file and a model")
        return self


@dataclass(frozen=True)
class Registry:
    """Weight files to look up and to choose from.

    Args:
        files: In the order they are listed.
        path: Where the list is written.
    """

    files: tuple[WeightFile, ...]
    path: Path

    def __iter__(self) -> Iterator[WeightFile]:
        return iter(self.files)

    def file(self, file_id: str) -> WeightFile:
        """The file of that id.

        Raises:
            UsageError: There is none.
        """
        if file_id not in self._by_id:
            guess = did_you_mean(file_id, self._by_id)
            raise UsageError(
                f"There is no weight file {file_id}.", hint=f"{guess}Choose from {', '.join(self._by_id)}."
            )
        return self._by_id[file_id]

    @cached_property
    def models(self) -> tuple[str, ...]:
        """The models that need files, in the order they are first named."""
        return tuple(dict.fromkeys(model for file in self.files for model in file.models))

    def alternatives(self, file_id: str) -> tuple[WeightFile, ...]:
        """The files that will do: the preferred one, then its alternatives.

        Raises:
            UsageError: There is no such file.
        """
        preferred = self.file(file_id).alternative_to or file_id
        return (self.file(preferred), *(file for file in self.files if file.alternative_to == preferred))

    def select(self, names: Sequence[str], *, with_alternatives: bool = False) -> tuple[WeightFile, ...]:
        """The files that models, ids and file names stand for, each once, in the registry's order.

        Args:
            names: Of models, which stand for all the files they need, or of single files.
            with_alternatives: Whether a model stands for the alternatives of its files too.

        Raises:
            UsageError: A name means nothing here.
        """
        wanted: set[str] = set()
        for name in names:
            wanted.update(self._named(name, with_alternatives=with_alternatives))
        return tuple(file for file in self.files if file.id in wanted)

    def _named(self, name: str, *, with_alternatives: bool) -> list[str]:
        if name in self.models:
            members = [file for file in self.files if name in file.models]
            return [file.id for file in members if with_alternatives or file.alternative_to is None]
        found = [file.id for file in self.files if name in (file.id, file.filename)]
        if not found:
            guess = did_you_mean(name, (*self.models, *self._by_id))
            raise UsageError(
                f"There is no model or weight file {name}.",
                hint=f"{guess}Models are {', '.join(self.models)}; files are {', '.join(self._by_id)}.",
            )
        return found

    @cached_property
    def _by_id(self) -> dict[str, WeightFile]:
        return {file.id: file for file in self.files}


def read_registry(path: Path) -> Registry:
    """Read a list of weight files.

    Raises:
        WeightsError: It is missing, is not TOML, or does not say what it must.
    """
    hint = "Correct the list of weight files, or install vcomp again."
    try:
        document = _Document.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WeightsError(f"{path} cannot be read: {error}.", hint=hint) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise WeightsError(f"{path}: {f'{place}: ' if place else ''}{first['msg']}.", hint=hint) from error
    return Registry(document.file, path)


def shipped_registry() -> Path:
    """The list that comes with vcomp: in the package when installed, at the top of a checkout otherwise."""
    here = Path(__file__)
    installed = here.with_name(REGISTRY_NAME)
    return installed if installed.is_file() else here.parents[3] / REGISTRY_NAME
