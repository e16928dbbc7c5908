"""Metrics of videos: pure functions of arrays, one clip at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TypeAlias

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from vcomp.media.clip import Frames

Edges: TypeAlias = Bool[np.ndarray, "f h w"]
PEAK_LEVEL = 255.0
_FLAT = 1e-9  # share of the mean square: less of a variance is rounding


def edge_f1(edges: Edges, reference: Edges, *, tolerance_px: float = 2.0) -> float:
    """Agreement of two sets of edges, 0 to 1, frame by frame and averaged over the clip.

    Precision is the share of the pixels of `edges` that lie at most `tolerance_px` from one of `reference`,
    recall the share of those of `reference` that lie as near to one of `edges`; F1 is their harmonic mean, as
    for the boundaries of Martin et al. (PAMI 2004), without their one-to-one matching. Two frames without
    edges agree; of one with and one without nothing does.

    Raises:
        ValueError: The shapes differ, or there are no frames.
    """
    _check_alike(edges, reference)
    scores = [_frame_f1(*frames, tolerance_px=tolerance_px) for frames in zip(edges, reference, strict=True)]
    return float(np.mean(scores))


def _frame_f1(
    edges: Bool[np.ndarray, "h w"], reference: Bool[np.ndarray, "h w"], *, tolerance_px: float
) -> float:
    if not edges.any() or not reference.any():
        return float(edges.any() == reference.any())
    precision = float(np.mean(_distance_px(reference)[edges] <= tolerance_px))
    recall = float(np.mean(_distance_px(edges)[reference] <= tolerance_px))
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _distance_px(edges: Bool[np.ndarray, "h w"]) -> NDArray[np.float32]:
    """Euclidean distance of each pixel to the nearest edge, which is somewhere ``[h w]``."""
    background = (~edges).astype(np.uint8)
    return np.asarray(cv2.distanceTransform(background, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), dtype=np.float32)


def endpoint_error(
    flow: Float[Tensor, "2 f h w"],
    reference: Float[Tensor, "2 f h w"],
    area: Bool[Tensor, "f h w"] | None = None,
) -> float:
    """Mean Euclidean distance between two flows, in the unit of the flows: pixels per frame.

    The paper's motion control metric (section 4.1).

    Args:
        flow: Of the result.
        reference: That was asked for.
        area: Pixels that count; None for all.

    Raises:
        ValueError: The shapes differ, or no pixel counts.
    """
    _check_alike(flow, reference)
    distance = torch.linalg.vector_norm(flow - reference, dim=0)
    counted = distance if area is None else distance[area]
    if not counted.numel():
        raise ValueError("No pixel counts in the end-point error.")
    return float(counted.double().mean())


@dataclass
class AlignedError:
    """Error of inverse depth after the best scale and shift, which depth of single pictures leaves open.

    Of all pixels together, the root mean square that the least-squares fit `s d + t` to the reference leaves,
    over the reference's standard deviation: `sqrt(1 - r^2)` of Pearson's correlation `r`, where that is
    positive. So 0 is the reference's depth, and 1 no better than a flat picture.
    """

    _sums: Float[np.ndarray, " 6"] = field(default_factory=lambda: np.zeros(6))

    def add(self, depth: Float[np.ndarray, "f h w"], reference: Float[np.ndarray, "f h w"]) -> None:
        """See some more frames.

        Raises:
            ValueError: The shapes differ, or there are no frames.
        """
        _check_alike(depth, reference)
        d, r = (x.astype(np.float64).ravel() for x in (depth, reference))
        self._sums += [d.size, d.sum(), r.sum(), d @ d, r @ r, d @ r]

    @property
    def value(self) -> float:
        """The error; nan of a flat reference, or of none."""
        n, d, r, dd, rr, dr = self._sums
        if not n:
            return math.nan
        var_d, var_r, covariance = dd / n - (d / n) ** 2, rr / n - (r / n) ** 2, dr / n - d * r / n**2
        if var_r <= _FLAT * (rr / n):
            return math.nan  # a flat reference has no depth to miss
        if var_d <= _FLAT * (dd / n) or covariance <= 0:
            return 1.0
        return math.sqrt(max(0.0, 1 - covariance**2 / (var_d * var_r)))


def aligned_error(depth: Float[np.ndarray, "f h w"], reference: Float[np.ndarray, "f h w"]) -> float:
    """The `AlignedError` of some frames.

    Raises:
        ValueError: The shapes differ, or there are no frames.
    """
    error = AlignedError()
    error.add(depth, reference)
    return error.value


def psnr_db(frames: Frames, reference: Frames) -> float:
    """Peak signal-to-noise ratio in decibels, of the squared error's mean over all frames; inf if equal.

    Raises:
        ValueError: The shapes differ, or there are no frames.
    """
    return decibels(mean_squared_error(frames, reference))


def mean_squared_error(frames: Frames, reference: Frames) -> float:
    """Of all pixels and channels, in squared grey levels.

    Raises:
        ValueError: The shapes differ, or there are no frames.
    """
    _check_alike(frames, reference)
    return float(np.square(frames.astype(np.float64) - reference).mean())


def decibels(squared_error: float) -> float:
    """The peak signal-to-noise ratio that a mean squared error means; inf for none."""
    return float("inf") if squared_error == 0 else float(10 * np.log10(PEAK_LEVEL**2 / squared_error))


def frame_consistency(embeddings: Float[Tensor, "f d"]) -> float:
    """Mean cosine similarity of the CLIP image embeddings of adjacent frames, -1 to 1 (section 4.1).

    Args:
        embeddings: Of two frames or more, of any length.

    Raises:
        ValueError: There are fewer than two frames.
    """
    return float(frame_similarities(embeddings).mean())


def frame_similarities(embeddings: Float[Tensor, "f d"]) -> Float[Tensor, " f-1"]:
    """What `frame_consistency` is the mean of, from frame to frame.

    Raises:
        ValueError: There are fewer than two frames.
    """
    if len(embeddings) < 2:
        raise ValueError(f"Frame consistency needs two frames, not {len(embeddings)}.")
    return F.cosine_similarity(embeddings[:-1], embeddings[1:], dim=-1)


def _check_alike(x: NDArray[np.generic] | Tensor, reference: NDArray[np.generic] | Tensor) -> None:
    if x.shape != reference.shape or 0 in x.shape:
        raise ValueError(f"Shapes {list(x.shape)} and {list(reference.shape)} cannot be compared.")
