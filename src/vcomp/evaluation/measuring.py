"""Measuring videos: every metric in one pass over each, and what the figures of a set say together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from vcomp.conditions.container import Conditions
from vcomp.conditions.packing import pack
from vcomp.engine.moving import DESCRIBED_SUFFIXES, given_motion
from vcomp.engine.progress import no_note
from vcomp.errors import MediaError
from vcomp.evaluation.comparing import LpipsMeter, PsnrMeter, SsimMeter
from vcomp.evaluation.frechet import (
    MIN_VIDEOS,
    VideoEmbedder,
    check_sizes,
    embedder_name,
    frechet_distance,
    video_embedder,
)
from vcomp.evaluation.meters import (
    ConsistencyMeter,
    Cosines,
    DepthMeter,
    FilmedMotion,
    GivenMotion,
    Meter,
    Motion,
    MotionMeter,
    SimilarityMeter,
    SketchMeter,
)
from vcomp.evaluation.specs import METRICS
from vcomp.evaluation.statistics import Estimate, mean, spread
from vcomp.evaluation.subjects import Subject, SubjectSet
from vcomp.evaluation.toolbox import Toolbox, described
from vcomp.evaluation.views import count_frames, views
from vcomp.media.read import media_kind, read_picture

FVD = "fvd"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One video and its figures.

    Args:
        path: Of the video.
        num_frames: How many were measured.
        figures: By name; nan for what it does not have, as the error of what moves where nothing does.
        curves: Of the similarities among the figures, each frame's own, in order.
    """

    path: str
    num_frames: int
    figures: Mapping[str, float]
    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SetFigure:
    """A figure of a set of videos.

    Args:
        name: Of the figure.
        estimate: The mean over videos, and the 95 % interval of it.
        std: The standard deviation over videos; nan where there are not two.
        tower: The network or estimator it was computed by; None where it is of pixels alone. Figures of
            different ones cannot be compared.
    """

    name: str
    estimate: Estimate
    std: float
    tower: str | None


@dataclass(frozen=True, kw_only=True)
class SetResult:
    """What was measured of a set.

    Args:
        name: Of the set.
        videos: One by one.
        figures: Over all of them.
        failures: The videos that could not be measured, and why.
    """

    name: str
    videos: tuple[Measured, ...]
    figures: tuple[SetFigure, ...]
    failures: Mapping[str, MediaError] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Measurer:
    """Measures sets of videos.

    Args:
        metrics: Names of metrics.
        tools: What they are computed with.
        reference_set: Paths of the videos that `fvd` compares a set with.
        on_video: Called after each video with its path.
    """

    metrics: tuple[str, ...]
    tools: Toolbox
    reference_set: tuple[str, ...] = ()
    on_video: Callable[[str], None] = no_note

    def measure(self, sets: Sequence[SubjectSet]) -> Iterator[SetResult]:
        """Each set as soon as it is done. A video that cannot be read is left out, and told as a failure.

        A video that lacks what a metric needs has no figure of it (see `Subject.check`).

        Raises:
            UsageError: Something that a metric needs is not understood, or a set is too small for `fvd`.
            WeightsError: Weights that a metric needs are missing.
            ConditionError: A reference of motion does not describe motion.
        """
        reference: list[Tensor | None] = []
        unreadable: dict[str, MediaError] = {}
        if FVD in self.metrics:
            for subjects in sets:  # before the long work
                check_sizes(len(subjects.subjects), len(self.reference_set))
            for path in self.reference_set:
                try:
                    reference.append(self._one(Subject(path=path), ())[1])
                except MediaError as error:
                    unreadable[path] = error
        for subjects in sets:
            yield self._set(subjects, reference, unreadable)

    def _set(
        self,
        subjects: SubjectSet,
        reference: Sequence[Tensor | None],
        unreadable: Mapping[str, MediaError],
    ) -> SetResult:
        videos: list[Measured] = []
        embeddings: list[Tensor | None] = []
        failures: dict[str, MediaError] = dict(unreadable)
        single = tuple(name for name in self.metrics if name != FVD)
        for subject in subjects.subjects:
            try:
                measured, embedding = self._one(subject, tuple(name for name in single if subject.has(name)))
            except MediaError as error:
                failures[subject.path] = error
                continue
            videos.append(measured)
            embeddings.append(embedding)
        figures = [
            _set_figure(figure.name, videos, self._tower_of(name))
            for name in single
            for figure in METRICS[name].figures
            if any(figure.name in video.figures for video in videos)
        ]
        if FVD in self.metrics:
            is_enough = min(len(embeddings), len(reference)) >= MIN_VIDEOS
            value = frechet_distance(_stacked(embeddings), _stacked(reference)) if is_enough else math.nan
            alone = Estimate(value=value, n=len(videos), low=math.nan, high=math.nan)
            figures.append(SetFigure(name=FVD, estimate=alone, std=math.nan, tower=self._tower_of(FVD)))
        return SetResult(name=subjects.name, videos=tuple(videos), figures=tuple(figures), failures=failures)

    def _one(self, subject: Subject, metrics: tuple[str, ...]) -> tuple[Measured, Tensor | None]:
        """The figures of one video, and what `fvd` needs of it."""
        meters = [_meter(name, subject, self.tools) for name in metrics]
        embedder = video_embedder(self.tools) if FVD in self.metrics else None
        references = {
            path for name, path in subject.references.items() if name in metrics and not _is_described(path)
        }
        watching: list[Meter | VideoEmbedder] = [*meters, *([embedder] if embedder else [])]
        num_frames = 0
        for view in views(subject.path, sorted(references), self.tools):
            for one in watching:
                one.add(view)
            num_frames += len(view.frames)
        figures = {name: value for meter in meters for name, value in meter.figures().items()}
        curves = {meter.name: tuple(meter.curve) for meter in meters if isinstance(meter, Cosines)}
        self.on_video(subject.path)
        measured = Measured(path=subject.path, num_frames=num_frames, figures=figures, curves=curves)
        return measured, embedder.embedding() if embedder else None

    def _tower_of(self, metric: str) -> str | None:
        tools = self.tools
        match metric:
            case "frame-consistency" | "text-alignment" | "style-similarity":
                return f"CLIP {tools.tower.name}"
            case "motion-error":
                return described(tools.flow)
            case "sketch-f1":
                return "Canny on each colour channel"
            case "depth-error":
                return described(tools.depth)
            case "lpips":
                return "AlexNet, LPIPS 0.1"
            case "fvd":
                return embedder_name(tools)
        return None


@dataclass(frozen=True)
class _Extent:
    num_frames: int
    size: tuple[int, int]


def _meter(name: str, subject: Subject, tools: Toolbox) -> Meter:
    path = subject.references.get(name, "")
    match name:
        case "frame-consistency":
            return ConsistencyMeter()
        case "text-alignment":
            return SimilarityMeter(name, tools.tower.texts([subject.text or ""]))
        case "style-similarity":
            return SimilarityMeter(name, tools.tower.images(read_picture(subject.style or "")[None]))
        case "motion-error":
            return MotionMeter(_motion(path, subject.path))
        case "sketch-f1":
            return SketchMeter(path)
        case "depth-error":
            return DepthMeter(path, tools.depth, is_picture=media_kind(path) == "picture")
        case "psnr":
            return PsnrMeter(path)
        case "ssim":
            return SsimMeter(path)
        case "lpips":
            return LpipsMeter(path)
    raise ValueError(f"{name} is no metric of one video.")


def _motion(path: str, video: str) -> Motion:
    """The motion asked for, which a file describes, or a video shows."""
    if not _is_described(path):
        return FilmedMotion(path)
    height, width, _ = read_picture(video).shape
    extent = _Extent(num_frames=count_frames(video), size=(width, height))
    motion = given_motion(path, extent, no_note)
    packed = pack(Conditions(motion=motion), num_frames=extent.num_frames, size=extent.size)
    return GivenMotion(packed["motion"][0])


def _is_described(path: str) -> bool:
    return path.lower().endswith(DESCRIBED_SUFFIXES)


def _set_figure(name: str, videos: Sequence[Measured], tower: str | None) -> SetFigure:
    values = [video.figures.get(name, math.nan) for video in videos]
    return SetFigure(name=name, estimate=mean(values), std=spread(values), tower=tower)


def _stacked(embeddings: Sequence[Tensor | None]) -> Float[Tensor, "n d"]:
    given = [embedding for embedding in embeddings if embedding is not None]
    return torch.stack(given) if given else torch.zeros(0, 1)
