"""What a bundle says of itself: where its conditions come from, when, by what, and their ranges."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vcomp.errors import MediaError

FORMAT: Literal[1] = 1


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceEntry(_Part):
    """The media that conditions were extracted from."""

    path: str
    kind: Literal["picture", "video"]
    size: tuple[int, int] = Field(description="Width and height in pixels, upright, with square pixels.")
    start_s: float = 0.0


class ConditionEntry(_Part):
    """One tensor of a bundle."""

    shape: tuple[int, ...]
    dtype: str
    unit: str
    least: float
    most: float
    extractor: str | None = Field(default=None, description="What made it; null where it was given.")
    weights_sha256: str | None = Field(default=None, description="Of the extractor's weight file.")


class Manifest(_Part):
    """A bundle's manifest.json; the same text is in the metadata of its safetensors file."""

    format: Literal[1] = FORMAT
    vcomp: str = Field(description="The version that wrote it.")
    text: str | None = None
    source: SourceEntry | None = Field(
        default=None, description="Null for conditions kept by vcomp generate."
    )
    size: tuple[int, int] | None = Field(
        default=None, description="Width and height of the frames; motion is in these pixels per frame."
    )
    fit: Literal["crop", "pad", "stretch"] | None = None
    fps: float | None = Field(default=None, description="The rate at which the source was sampled.")
    times_s: tuple[float, ...] = Field(
        default=(), description="When each frame is shown in the source, in seconds."
    )
    conditions: dict[str, ConditionEntry] = {}
    versions: dict[str, str] = Field(default={}, description="Of the libraries that did the work.")

    def to_json(self) -> str:
        """As the file holds it."""
        return self.model_dump_json(indent=1) + "\n"


def parse_manifest(text: str, *, path: str) -> Manifest:
    """A manifest from its JSON.

    Raises:
        MediaError: It is not one of this version's.
    """
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "its text"
        raise MediaError(
            f"The manifest of {path} is not one of this version of vcomp: {place}: {first['msg']}.",
            hint="Extract it again.",
        ) from error
