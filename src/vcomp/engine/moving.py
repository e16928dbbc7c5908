"""Motion from everything it can be given as: videos, arrays, strokes and camera moves. They add up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from jaxtyping import Float
from torch import Tensor

from vcomp.conditions.camera import camera_motion, parse_camera
from vcomp.conditions.container import Conditions
from vcomp.conditions.motion_files import SUFFIXES, read_motion_file
from vcomp.conditions.packing import pack
from vcomp.conditions.strokes import read_strokes, strokes_motion
from vcomp.conditions.svg import read_svg
from vcomp.engine.settings import Settings
from vcomp.models.config import Preparation
from vcomp.wording import counted

_STROKES = {".json": read_strokes, ".svg": read_svg}
DESCRIBED_SUFFIXES = (*SUFFIXES, *_STROKES)
"""Of files that say how things move; all others are videos to look at."""


class Extent(Protocol):
    """How long and how large a video is."""

    @property
    def num_frames(self) -> int:
        """Its frames."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""


def given_motion(
    path: str | Path, extent: Extent, on_note: Callable[[str], None]
) -> Float[Tensor, "2 f h w"] | None:
    """The motion a file describes; None if it is none of these kinds of file, but perhaps a video.

    Raises:
        MediaError: The file is missing, damaged or not what its ending says.
        ConditionError: It does not describe motion.
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if file.is_dir():
        return None
    if suffix in SUFFIXES:
        motion = read_motion_file(file, num_frames=extent.num_frames)
        on_note(
            f"{path}: motion of {motion.shape[1]} frames of {motion.shape[3]}x{motion.shape[2]}, as stored"
        )
        return motion
    if suffix in _STROKES:
        strokes = _STROKES[suffix](file)
        on_note(f"{path}: {counted(len(strokes.strokes), 'stroke')}")
        return strokes_motion(
            strokes, num_frames=extent.num_frames, size=extent.size, folder=file.absolute().parent
        )
    return None


def moved_camera(text: str, settings: Settings, on_note: Callable[[str], None]) -> Float[Tensor, "2 f h w"]:
    """The motion of a still scene before a moving camera.

    Raises:
        UsageError: The words are not understood.
    """
    moves = parse_camera(text)
    turns = any(move.kind != "zoom" for move in moves)  # a zoom goes the way it is called
    on_note(f"camera: {text}{', the picture moves the other way' if turns else ''}")
    return camera_motion(moves, num_frames=settings.num_frames, size=settings.size)


def added_up(
    parts: Sequence[Float[Tensor, "2 _ _ _"]], settings: Settings, preparation: Preparation
) -> Float[Tensor, "2 f h w"] | None:
    """All motion together, at the video's size, as a model sees it; a single one stays as it is."""
    if len(parts) < 2:
        return parts[0] if parts else None
    first, *others = (as_seen(part, settings, preparation) for part in parts)
    total: Tensor = sum(others, start=first)
    return total


def as_seen(
    motion: Float[Tensor, "2 _ _ _"], settings: Settings, preparation: Preparation
) -> Float[Tensor, "2 f h w"]:
    """Motion as a model sees it: at the video's length and size."""
    packed = pack(
        Conditions(motion=motion),
        num_frames=settings.num_frames,
        size=settings.size,
        scale_motion=preparation.scales_motion,
    )
    return packed["motion"][0]
