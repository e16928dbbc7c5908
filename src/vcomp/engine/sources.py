"""The files a user names for each condition."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vcomp.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What the user names for each condition.

    Args:
        text: A caption.
        image: A picture, or a video whose first frame is taken.
        style: Likewise.
        sketch: A picture gives the sketch of the first frame, a video that of every frame. Drawings are used
            as they are, from everything else edges are extracted.
        depth: A picture (repeated) or a video; grey depth maps are used as they are.
        motion: Videos, whose motion is estimated, drawn strokes (`.json`, `.svg`), arrays (`.flo`, `.npz`,
            `.npy`); one, or several that add up.
        camera: Moves of the camera in words, as "pan right 3, zoom in 1.02"; adds to the motion.
        video: What is to be changed in part.
        mask: A picture (repeated) or a video, white where `video` is to be regenerated.
        bundle: Conditions extracted before: a bundle's folder, its safetensors file, or `-`. What is named
            beside it replaces its condition, but for motion, which is added.
        use: Names of the bundle's conditions to take; empty takes all.
    """

    text: str | None = None
    image: str | Path | None = None
    style: str | Path | None = None
    sketch: str | Path | None = None
    depth: str | Path | None = None
    motion: str | Path | tuple[str | Path, ...] | None = None
    camera: str | None = None
    video: str | Path | None = None
    mask: str | Path | None = None
    bundle: str | Path | None = None
    use: tuple[str, ...] = ()

    @property
    def motions(self) -> tuple[str | Path, ...]:
        """The files that `motion` names."""
        if self.motion is None:
            return ()
        return self.motion if isinstance(self.motion, tuple) else (self.motion,)

    def __post_init__(self) -> None:
        if self.use and self.bundle is None:
            raise UsageError(
                f"There is nothing to use {self.use[0]} from.", hint="Name a bundle with --from."
            )
        if (self.video is None) != (self.mask is None):
            given, missing = ("video", "mask") if self.mask is None else ("mask", "video")
            raise UsageError(
                f"There is a {given} and no {missing}.",
                hint="Give both: the video to change, and a mask that is white where it is to change.",
            )
