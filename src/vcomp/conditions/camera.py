"""Camera moves in words, as motion: "pan right 3, zoom in 1.02"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from vcomp.conditions.easing import check_span, frame_times, progress
from vcomp.errors import UsageError, did_you_mean

_NUMBER = r"\d+(?:\.\d*)?|\.\d+"
_MOVE = re.compile(
    rf"(?P<kind>pan|tilt|zoom|roll)\s+(?P<way>[a-z]+)\s+(?P<amount>{_NUMBER})(?P<eased>\s+eased)?"
    rf"(?:\s*@(?P<start>{_NUMBER}):(?P<end>{_NUMBER}))?"
)
# The sign of the amount for each way a camera can go.
_WAYS = {
    "pan": {"right": 1, "left": -1},
    "tilt": {"down": 1, "up": -1},
    "zoom": {"in": 1, "out": -1},
    "roll": {"right": 1, "left": -1},
}
_LARGEST = {"pan": 500.0, "tilt": 500.0, "zoom": 2.0, "roll": 90.0}
_UNITS = {"pan": "pixels", "tilt": "pixels", "zoom": "times its size", "roll": "degrees"}
HINT = "Write for example: pan right 3, tilt up 2, zoom in 1.02, roll left 1.5 eased, pan left 4 @0:0.5."


@dataclass(frozen=True)
class CameraMove:
    """One move of the camera; the picture goes the other way.

    Args:
        kind: `pan`, `tilt`, `zoom` or `roll`.
        amount: For each frame: pixels to the right (pan) or down (tilt), the logarithm of the factor by which
            the picture grows (zoom), or radians clockwise (roll).
        eased: Begin and end at rest; the whole way is the same.
        start: When it begins, 0 is the first frame.
        end: When it ends, 1 is the last frame.

    Raises:
        UsageError: It ends before it begins.
    """

    kind: str
    amount: float
    eased: bool = False
    start: float = 0.0
    end: float = 1.0

    def __post_init__(self) -> None:
        check_span(f"The {self.kind} of the camera", self.start, self.end)

    def steps(self, num_frames: int) -> Float[np.ndarray, " f"]:
        """The amount from each frame to the next."""
        whole = self.amount * (self.end - self.start) * (num_frames - 1)
        done = progress(frame_times(num_frames), start=self.start, end=self.end, eased=self.eased)
        return np.diff(done * whole)


def parse_camera(text: str) -> tuple[CameraMove, ...]:
    """Moves from words, one after each comma; they happen together.

    Each is a kind, a way and an amount for each frame: `pan left|right PIXELS`, `tilt up|down PIXELS`,
    `zoom in|out FACTOR`, `roll left|right DEGREES`. `eased` makes it begin and end at rest, `@FROM:TO` limits
    it to a part of the clip.

    Raises:
        UsageError: The words are not understood, or a number is out of range.
    """
    moves = tuple(_move(part.strip().lower()) for part in text.split(",") if part.strip())
    if not moves:
        raise UsageError("The camera move is empty.", hint=HINT)
    return moves


def camera_motion(
    moves: tuple[CameraMove, ...], *, num_frames: int, size: tuple[int, int]
) -> Float[Tensor, "2 f h w"]:
    """Motion of a scene that stands still before a moving camera, in pixels per frame; frame 0 is zero.

    Zoom and roll are about the middle of the picture. At a pixel stands the way from where it was in the
    frame before, as in `dense_flow`.

    Args:
        moves: They happen together.
        num_frames: Of the video.
        size: Its width and height in pixels.
    """
    width, height = size
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    arrived = np.stack([x, y, np.ones_like(x)])
    motion = np.zeros((2, num_frames, height, width), np.float32)
    amounts = [move.steps(num_frames) for move in moves]
    for index in range(1, num_frames):
        steps = [_matrix(m.kind, float(a[index - 1]), size) for m, a in zip(moves, amounts, strict=True)]
        back = np.linalg.inv(reduce(np.matmul, steps))
        motion[:, index] = np.einsum("ij,jhw->ihw", (np.eye(3) - back)[:2], arrived)
    return torch.from_numpy(motion)


def _move(text: str) -> CameraMove:
    match = _MOVE.fullmatch(text)
    if not match or match["way"] not in _WAYS[match["kind"]]:
        raise UsageError(f"The camera move {text!r} is not understood.", hint=_guess(text) + HINT)
    kind, amount, sign = match["kind"], float(match["amount"]), _WAYS[match["kind"]][match["way"]]
    least = 1.0 if kind == "zoom" else 0.0
    if not least <= amount <= _LARGEST[kind]:
        raise UsageError(
            f"The camera move {text!r} is out of range.",
            hint=f"A {kind} is from {least:g} to {_LARGEST[kind]:g} {_UNITS[kind]} for each frame.",
        )
    scaled = {"zoom": np.log(max(amount, 1.0)), "roll": np.radians(amount)}.get(kind, amount)
    eased = match["eased"] is not None
    if match["start"] is None:
        return CameraMove(kind, sign * float(scaled), eased)
    return CameraMove(kind, sign * float(scaled), eased, float(match["start"]), float(match["end"]))


def _guess(text: str) -> str:
    """The word that was probably meant in place of the first one that is none, as the start of a hint."""
    kind, way, *_ = *text.split(), "", ""
    if kind not in _WAYS:
        return did_you_mean(kind, _WAYS)
    return "" if way in _WAYS[kind] else did_you_mean(way, _WAYS[kind])


def _matrix(kind: str, amount: float, size: tuple[int, int]) -> Float[np.ndarray, "3 3"]:
    """Where the picture goes in one step, in pixels with y downwards."""
    if kind in ("pan", "tilt"):
        shift = (-amount, 0.0) if kind == "pan" else (0.0, -amount)
        return np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]], [0.0, 0.0, 1.0]])
    if kind == "zoom":
        linear = np.exp(amount) * np.eye(2)
    else:  # what turns clockwise sees everything else turn the other way
        cos, sin = np.cos(-amount), np.sin(-amount)
        linear = np.array([[cos, -sin], [sin, cos]])
    middle = np.array(size) / 2
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = linear, middle - linear @ middle
    return matrix
