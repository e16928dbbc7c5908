"""How far a movement has come at a moment."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from vcomp.errors import UsageError


def smoothstep(x: Float[np.ndarray, "*axes"]) -> Float[np.ndarray, "*axes"]:
    """0 up to 0, 1 from 1 on, and between them a curve that is level at both ends."""
    clamped = np.clip(x, 0.0, 1.0)
    return np.asarray(clamped * clamped * (3 - 2 * clamped))


def progress(
    times: Float[np.ndarray, " f"], *, start: float, end: float, eased: bool
) -> Float[np.ndarray, " f"]:
    """The share done at each time of what goes on from `start` to `end`: steadily, or eased at both ends."""
    share = (times - start) / (end - start)
    return smoothstep(share) if eased else np.clip(share, 0.0, 1.0)


def frame_times(num_frames: int) -> Float[np.ndarray, " f"]:
    """When each frame is shown: 0 is the first, 1 the last."""
    return np.linspace(0.0, 1.0, num_frames) if num_frames > 1 else np.zeros(1)


def check_span(what: str, start: float, end: float) -> None:
    """Raise unless a part of a clip is one.

    Raises:
        UsageError: It is not.
    """
    if not 0 <= start < end <= 1:
        raise UsageError(
            f"{what} goes on from {start:g} to {end:g} of the clip.",
            hint="These are two rising numbers between 0 and 1, as 0 and 0.5 for the first half.",
        )
