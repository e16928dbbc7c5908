"""The metrics of one video, each fed a view after another; none keeps more than a few frames."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import fmean
from typing import ClassVar, Protocol, TypeAlias

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from vcomp.errors import MediaError
from vcomp.evaluation.edges import colour_edges
from vcomp.evaluation.metrics import AlignedError, Edges, edge_f1, endpoint_error, frame_similarities
from vcomp.evaluation.views import View, motion_of
from vcomp.extractors.detect import looks_like_depth, looks_like_sketch
from vcomp.extractors.drawing import depth_from_grey, sketch_from_drawing
from vcomp.extractors.named import NamedExtractor
from vcomp.media.clip import Frame, Frames

MOVING_PX = 0.5
"""Pixels per frame from which on something counts as moving."""


class Meter(Protocol):
    """Measures one video."""

    def add(self, view: View) -> None:
        """See some more frames."""

    def figures(self) -> dict[str, float]:
        """The figures of all frames seen, by name; nan for one that the video does not have.

        Raises:
            MediaError: The video is too short, or has nothing in common with its reference.
        """


@dataclass
class RunningMean:
    """A weighted mean of which only two sums are kept."""

    total: float = 0.0
    weight: float = 0.0

    def add(self, mean: float, weight: float) -> None:
        """Take in the mean of some more values; of none it may be anything."""
        if weight:
            self.total += mean * weight
            self.weight += weight

    @property
    def value(self) -> float:
        """The mean; nan of nothing."""
        return self.total / self.weight if self.weight else math.nan


@dataclass
class ConsistencyMeter:
    """Cosine similarity of adjacent frames.

    Args:
        curve: Of each frame but the first with the one before it.
    """

    name: ClassVar = "frame-consistency"
    curve: list[float] = field(default_factory=list)
    _last: Tensor | None = None

    def add(self, view: View) -> None:
        """See `Meter`."""
        embeddings = view.embeddings if self._last is None else torch.cat([self._last, view.embeddings])
        self._last = view.embeddings[-1:]
        if len(embeddings) > 1:
            self.curve += frame_similarities(embeddings).tolist()

    def figures(self) -> dict[str, float]:
        """See `Meter`."""
        if not self.curve:
            raise MediaError("It has one frame, and frame-consistency compares two.", hint="Name a video.")
        return {self.name: fmean(self.curve)}


@dataclass
class SimilarityMeter:
    """Cosine similarity of frames with something embedded once: a text or a picture.

    Args:
        name: Of the figure.
        wanted: Its embedding.
        curve: Of each frame.
    """

    name: str
    wanted: Float[Tensor, "1 d"]
    curve: list[float] = field(default_factory=list)

    def add(self, view: View) -> None:
        """See `Meter`."""
        self.curve += F.cosine_similarity(view.embeddings, self.wanted).tolist()

    def figures(self) -> dict[str, float]:
        """See `Meter`."""
        return {self.name: fmean(self.curve)}


Cosines: TypeAlias = ConsistencyMeter | SimilarityMeter
"""Those that have a figure for each frame."""


class Motion(Protocol):
    """Motion that was asked for."""

    def of(self, view: View) -> Float[Tensor, "2 n h w"]:
        """Of the frames of a view, or of the first of them where it ends sooner."""


@dataclass(frozen=True, eq=False)
class GivenMotion:
    """Motion that is known for the whole video, at its size."""

    motion: Float[Tensor, "2 f h w"]

    def of(self, view: View) -> Float[Tensor, "2 n h w"]:
        """See `Motion`."""
        return self.motion[:, view.index : view.index + len(view.frames)]


@dataclass(eq=False)
class FilmedMotion:
    """The motion of a reference video, by the same estimator as the video's own.

    Args:
        path: Of the reference.
    """

    path: str
    _before: Frame | None = None

    def of(self, view: View) -> Float[Tensor, "2 n h w"]:
        """See `Motion`."""
        frames = view.compared[self.path]
        if not len(frames):
            return view.motion[:, :0]
        motion = motion_of(frames, self._before, view.tools)
        self._before = frames[-1]
        return motion


@dataclass
class MotionMeter:
    """End-point error, over all pixels and over those that move in the reference.

    The first frame has none before it and does not count.
    """

    wanted: Motion
    _all: RunningMean = field(default_factory=RunningMean)
    _moving: RunningMean = field(default_factory=RunningMean)

    def add(self, view: View) -> None:
        """See `Meter`."""
        wanted = self.wanted.of(view)
        motion = view.motion[:, : wanted.shape[1]]
        if view.index == 0:
            motion, wanted = motion[:, 1:], wanted[:, 1:]
        if not motion.numel():
            return
        moving = torch.linalg.vector_norm(wanted, dim=0) > MOVING_PX
        self._all.add(endpoint_error(motion, wanted), moving.numel())
        if moving.any():
            self._moving.add(endpoint_error(motion, wanted, moving), int(moving.sum()))

    def figures(self) -> dict[str, float]:
        """See `Meter`."""
        if not self._all.weight:
            raise MediaError("It shares one frame with its reference, and motion is from one to the next.")
        return {"motion-error": self._all.value, "motion-error-moving": self._moving.value}


@dataclass
class SketchMeter:
    """Agreement of the video's edges with those of its reference, which may be drawn.

    Args:
        path: Of the reference.
    """

    path: str
    _mean: RunningMean = field(default_factory=RunningMean)
    _is_drawing: bool | None = None

    def add(self, view: View) -> None:
        """See `Meter`."""
        given = view.compared[self.path]
        if not len(given):
            return
        if self._is_drawing is None:
            self._is_drawing = looks_like_sketch(given)
        wanted = drawn_lines(given) if self._is_drawing else colour_edges(given)
        self._mean.add(edge_f1(colour_edges(view.frames[: len(given)]), wanted), len(given))

    def figures(self) -> dict[str, float]:
        """See `Meter`."""
        return {"sketch-f1": self._mean.value}


def drawn_lines(frames: Frames) -> Edges:
    """Where drawings have their lines ``[f h w]``: more than half as strong as the strongest of its frame."""
    ink = sketch_from_drawing(frames)[0].numpy()
    strongest = ink.max(axis=(1, 2), keepdims=True)
    return np.asarray((ink > 0.5 * strongest) & (strongest > 0))


@dataclass
class DepthMeter:
    """The `AlignedError` of the video's depth.

    Args:
        path: Of the reference.
        estimator: Of the video's depth, and of the reference's unless that is a depth map.
    """

    path: str
    estimator: NamedExtractor
    _error: AlignedError = field(default_factory=AlignedError)
    _is_depth: bool | None = None
    _held: Frame | None = None
    is_picture: bool = False

    def add(self, view: View) -> None:
        """See `Meter`."""
        given = self._given(view)
        if not len(given):
            return
        if self._is_depth is None:
            self._is_depth = looks_like_depth(given)
        wanted = depth_from_grey(given) if self._is_depth else self.estimator.run(given)
        depth = self.estimator.run(view.frames[: len(given)])
        self._error.add(depth[0].numpy(), wanted[0].numpy())

    def _given(self, view: View) -> Frames:
        """The reference's frames; a picture's are all the same."""
        given = view.compared[self.path]
        if not self.is_picture:
            return given
        self._held = given[0] if self._held is None else self._held
        return np.repeat(self._held[None], len(view.frames), axis=0)

    def figures(self) -> dict[str, float]:
        """See `Meter`."""
        return {"depth-error": self._error.value}
