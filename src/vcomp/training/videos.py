"""Batches of cached videos for the two stages of the UNet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vcomp.conditions.spec import CONDITIONS
from vcomp.data.captions import write_caption
from vcomp.data.drawn import DrawnDataset
from vcomp.engine.continuing import FIRST_FRAME
from vcomp.training.cache import VideoCache
from vcomp.training.dropout import ConditionDropout
from vcomp.training.masks import draw_kept_area

CONDITION_NAMES = tuple(CONDITIONS)
STROKES_P = 0.5
"""Share of motions that are as coarse as strokes."""
STYLE_UNTOLD_P = 0.7
"""Share of the captions beside a style picture that do not tell the style."""
STILL_PX = 0.05
"""Pixels per frame up to which nothing moves."""


@dataclass(frozen=True)
class KeptCondition:
    """One condition of those samples of a batch that keep it.

    Args:
        rows: Their indices in the batch ``[k]``.
        values: ``[k c f h w]``; one frame where it stands for all.
    """

    rows: Tensor
    values: Tensor


@dataclass(frozen=True)
class VideoBatch:
    """``b`` parts of ``f`` frames of videos.

    Args:
        latents: ``[b c f h w]``.
        positions: Which frame of its video each one is ``[b f]``.
        captions: Empty where the text is dropped.
        style: ``[b 1 d]``, zero where the style is dropped.
        conditions: The spatial and temporal ones, by name.
    """

    latents: Tensor
    positions: Tensor
    captions: list[str]
    style: Tensor
    conditions: dict[str, KeptCondition]


@dataclass(frozen=True, kw_only=True)
class Part:
    """Frames of a cached video that are shown together.

    Args:
        video: Its row in the cache.
        span: The frames.
    """

    video: int
    span: slice


@dataclass(frozen=True, kw_only=True)
class VideoSampler:
    """Draws batches from a cache; a pure function of the step.

    Some parts begin with their video, the others anywhere in it. What is given of a first frame alone is the
    video's first for all of them: how a picture moves on is learnt from single frames already, at a sixteenth
    of the price.

    Args:
        cache: Where latents and conditions are.
        shapes: ``(num_frames, batch_size)`` of the batches; one is chosen at random each step.
        weights: Chance of each of ``shapes``.
        dropout: Which conditions samples keep; None for text alone, dropped in a tenth of the samples.
        names: The conditions there are.
        from_start_p: Share of parts that begin with their video. Without them, one single frame in sixteen
            would show what a first frame makes of itself, and first frames would be followed badly.
        together: Successive batches of one shape: those of a step, whose processes then end together.
        seed: Of all choices.
    """

    cache: VideoCache
    shapes: tuple[tuple[int, int], ...]
    weights: tuple[float, ...]
    dropout: ConditionDropout | None
    names: tuple[str, ...] = CONDITION_NAMES
    from_start_p: float = 0.3
    together: int = 1
    seed: int = 0

    def draw(self, step: int) -> VideoBatch:
        """The batch of ``step``."""
        num_frames, batch_size = self._shape(step)
        rng = np.random.default_rng([self.seed, step, 31])
        spec = self.cache.spec
        videos = rng.integers(spec.num_videos, size=batch_size)
        kept = [self._kept(rng) for _ in videos]
        parts = [Part(video=int(video), span=self._span(rng, num_frames)) for video in videos]
        latents = np.stack([self.cache["latents"][part.video][:, part.span] for part in parts])
        style = np.stack([self.cache["style"][v] * ("style" in k) for v, k in zip(videos, kept, strict=True)])
        return VideoBatch(
            latents=torch.from_numpy(latents).float(),
            positions=torch.stack([self._positions(p, k) for p, k in zip(parts, kept, strict=True)]),
            captions=[self._caption(rng, int(v), k) for v, k in zip(videos, kept, strict=True)],
            style=torch.from_numpy(style)[:, None].float(),
            conditions=self._conditions(rng, parts, kept),
        )

    def _shape(self, step: int) -> tuple[int, int]:
        rng = np.random.default_rng([self.seed, step // self.together, 37])
        return self.shapes[int(rng.choice(len(self.shapes), p=self.weights))]

    def _span(self, rng: np.random.Generator, num_frames: int) -> slice:
        """Evenly spaced frames; few of them show where things go only if they lie far apart."""
        gaps, last = num_frames - 1, self.cache.spec.num_frames - 1
        stride = int(rng.integers(last // gaps)) + 1 if gaps else 1
        start = 0 if rng.random() < self.from_start_p else int(rng.integers(last - stride * gaps + 1))
        return slice(start, start + stride * gaps + 1, stride)

    def _positions(self, part: Part, kept: frozenset[str]) -> Tensor:
        """Which frame of its video each one is; a picture counts as the first where a first one is given."""
        spec = self.cache.spec
        if spec.num_frames > 1:
            return torch.arange(spec.num_frames)[part.span]
        return torch.tensor([0 if kept & FIRST_FRAME else self._dataset.still_position(part.video)])

    def _kept(self, rng: np.random.Generator) -> frozenset[str]:
        if self.dropout is None:
            return frozenset({"text"} if rng.random() < 0.9 else ())
        return self.dropout.draw(rng, self.names)

    @property
    def _dataset(self) -> DrawnDataset:
        return DrawnDataset(level=self.cache.spec.level, seed=self.cache.spec.seed)

    def _caption(self, rng: np.random.Generator, index: int, kept: frozenset[str]) -> str:
        if "text" not in kept:
            return ""
        # Where words always tell it, a style picture has nothing to teach, and no word would mean flat.
        tell_style = "style" not in kept or rng.random() >= STYLE_UNTOLD_P
        return write_caption(rng, self._dataset[index].scene, tell_style=tell_style)

    def _conditions(
        self, rng: np.random.Generator, parts: list[Part], kept: list[frozenset[str]]
    ) -> dict[str, KeptCondition]:
        conditions = {}
        for name, read in _READERS.items():
            rows = [row for row, names in enumerate(kept) if name in names]
            if rows:
                values = [read(self.cache, rng, parts[row]) for row in rows]
                conditions[name] = KeptCondition(torch.tensor(rows), torch.from_numpy(np.stack(values)))
        return conditions


Reader = Callable[[VideoCache, np.random.Generator, Part], NDArray[np.float32]]


def _read_image(cache: VideoCache, rng: np.random.Generator, part: Part) -> NDArray[np.float32]:
    frames = cache["frames"][part.video][:1].astype(np.float32) / 255
    return np.ascontiguousarray(frames.transpose(3, 0, 1, 2))


def _read_sketch(cache: VideoCache, rng: np.random.Generator, part: Part) -> NDArray[np.float32]:
    return _drawn(rng, cache["sketch"][part.video][part.span])


def _read_single_sketch(cache: VideoCache, rng: np.random.Generator, part: Part) -> NDArray[np.float32]:
    return _drawn(rng, cache["sketch"][part.video][:1])


def _drawn(rng: np.random.Generator, exact: NDArray[np.generic]) -> NDArray[np.float32]:
    """Edges as people and detectors draw them: thinner or thicker, softer or harder, never quite the same."""
    edges: NDArray[np.float32] = exact.astype(np.float32) / np.float32(255)
    softness = float(rng.uniform(0.0, 0.9))
    if softness > 0.25:
        edges = np.stack([cv2.GaussianBlur(frame, (0, 0), softness) for frame in edges]).astype(np.float32)
    gain = float(rng.uniform(0.8, 1.6))
    drawn: NDArray[np.float32] = np.clip(edges * gain, 0, 1)[None]
    return drawn


def _read_depth(cache: VideoCache, rng: np.random.Generator, part: Part) -> NDArray[np.float32]:
    depth: NDArray[np.float32] = cache["depth"][part.video][part.span].astype(np.float32)[None] / 255
    return depth


def _read_motion(cache: VideoCache, rng: np.random.Generator, part: Part) -> NDArray[np.float32]:
    """Flow in pixels per frame, every other time as coarse as if drawn by hand.

    The first frame of a video has none before it and so no motion.
    """
    flow: NDArray[np.float32] = cache["motion"][part.video][:, part.span].astype(np.float32)
    if rng.random() >= STROKES_P:
        return flow
    width, softness = float(rng.uniform(0.6, 1.2)), float(rng.uniform(0.5, 2.5))
    return np.stack([like_a_stroke(frame, width, softness) for frame in flow.swapaxes(0, 1)], axis=1)


def like_a_stroke(flow: NDArray[np.float32], width: float, softness: float) -> NDArray[np.float32]:
    """Flow as a stroke along each moving thing gives it: a soft disc that moves as the thing does on average.

    Of exact flow alone a model would learn that what moves has the outline of its flow.

    Args:
        flow: Of one frame ``[2 h w]``.
        width: Of the disc, in units of one of the thing's area.
        softness: Deviation of the blur of its edge, in pixels.
    """
    moving = (np.abs(flow).max(axis=0) > STILL_PX).astype(np.uint8)
    count, labels, statistics, centres = cv2.connectedComponentsWithStats(moving)
    drawn = np.zeros_like(flow)
    for label in range(1, count):
        thing = labels == label
        mean = flow[:, thing].mean(axis=1)
        if np.hypot(*mean) < np.hypot(*flow[:, thing]).mean() / 2:  # it turns or grows, which no stroke says
            drawn += flow * thing
            continue
        radius = width * float(np.sqrt(statistics[label, cv2.CC_STAT_AREA] / np.pi))
        disc = np.zeros(moving.shape, np.float32)
        x, y = centres[label].round().astype(int)
        cv2.circle(disc, (int(x), int(y)), max(1, round(radius)), 1.0, -1)
        drawn += mean[:, None, None] * cv2.GaussianBlur(disc, (0, 0), softness)
    return drawn


def _read_mask(cache: VideoCache, rng: np.random.Generator, part: Part) -> NDArray[np.float32]:
    """Masked RGB in [-1, 1] and the kept area."""
    area = draw_kept_area(rng, cache["foreground"][part.video][part.span])
    frames = cache["frames"][part.video][part.span].astype(np.float32) / 127.5 - 1
    return np.concatenate([frames.transpose(3, 0, 1, 2) * area, area[None]])


_READERS: dict[str, Reader] = {
    "image": _read_image,
    "single_sketch": _read_single_sketch,
    "sketch": _read_sketch,
    "depth": _read_depth,
    "motion": _read_motion,
    "mask": _read_mask,
}
