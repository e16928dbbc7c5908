"""The eight conditions of VideoComposer: what each carries and its tensor (arXiv 2306.02018, section 3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Kind = Literal["textual", "spatial", "temporal"]


@dataclass(frozen=True, kw_only=True)
class ConditionSpec:
    """One condition, as the paper names it.

    Args:
        name: As in file formats, options and error messages.
        kind: The paper's group; spatial conditions are one picture, temporal ones have one for every frame.
        carries: What it says of the video, in a few words.
        channels: Of its tensor `[c f h w]`; None for what goes in by cross-attention.
        limits: Smallest and largest value; None where any finite number will do.
        unit: Of its values.
    """

    name: str
    kind: Kind
    carries: str
    channels: int | None = None
    limits: tuple[float, float] | None = None
    unit: str = ""


_SPECS = (
    ConditionSpec(name="text", kind="textual", carries="what is seen and how it moves"),
    ConditionSpec(name="style", kind="spatial", carries="the look of a picture"),
    ConditionSpec(
        name="image", kind="spatial", carries="the first frame", channels=3, limits=(0, 1), unit="RGB"
    ),
    ConditionSpec(
        name="single_sketch",
        kind="spatial",
        carries="the edges of the first frame",
        channels=1,
        limits=(0, 1),
        unit="edge strength, bright on dark",
    ),
    ConditionSpec(
        name="sketch",
        kind="temporal",
        carries="the edges of every frame",
        channels=1,
        limits=(0, 1),
        unit="edge strength, bright on dark",
    ),
    ConditionSpec(
        name="depth",
        kind="temporal",
        carries="how near everything is",
        channels=1,
        limits=(0, 10),
        unit="inverse depth, larger is nearer",
    ),
    ConditionSpec(
        name="motion",
        kind="temporal",
        carries="where everything moves",
        channels=2,
        unit="(dx, dy) from the frame before, in pixels per frame",
    ),
    ConditionSpec(
        name="mask",
        kind="temporal",
        carries="what is kept of a video",
        channels=4,
        limits=(-1, 1),
        unit="RGB in [-1,1], 0 where regenerated; kept area in [0,1]",
    ),
)

CONDITIONS: Mapping[str, ConditionSpec] = MappingProxyType({spec.name: spec for spec in _SPECS})
"""All conditions by name, in the order they are listed, packed and added."""

TOKEN_CONDITIONS = tuple(name for name, spec in CONDITIONS.items() if spec.channels is None)
"""Those the UNet attends to."""

FRAME_CONDITIONS = tuple(name for name, spec in CONDITIONS.items() if spec.channels is not None)
"""Those that go through an STC-encoder."""
