"""What is measured of each drawn sample: how its frames are made, and how they are compared with it."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch

from vcomp.data.drawn import DrawnVideo
from vcomp.evaluation.edges import colour_edges
from vcomp.evaluation.held_out import Way
from vcomp.evaluation.meters import MOVING_PX
from vcomp.evaluation.metrics import aligned_error, edge_f1, endpoint_error, psnr_db
from vcomp.evaluation.obeying import (
    background_right,
    colour_right,
    depth_order,
    direction_right,
    kind_right,
    stroke_obeyed,
    style_right,
)
from vcomp.evaluation.scenes import Scenes
from vcomp.extractors.depth import extract_depth
from vcomp.extractors.flow import dense_flow
from vcomp.media.clip import Frames
from vcomp.models.depth import DepthEstimator
from vcomp.models.system import load_system

NUM_STROKES = 50


Metric = Callable[[DrawnVideo, Frames], float]


class Measure(NamedTuple):
    """A metric of frames made in one way, given the drawn video they follow; nan where it has none."""

    way: Way
    metric: Metric
    scenes: Scenes = "held out"
    most: int | None = None
    """Samples, at most; None takes all."""


def sketch_f1(video: DrawnVideo, frames: Frames) -> float:
    """F1 of the frames' colour edges against the exact sketch."""
    return edge_f1(colour_edges(frames), video.sketch > 0.5)


def motion_epe(video: DrawnVideo, frames: Frames) -> float:
    """End-point error of the frames' optical flow against the exact one, inside the objects that move.

    In pixels per frame; nan if nothing moves. Frame 0 has no motion and so does not count.
    """
    flow = torch.from_numpy(video.flow)
    moving = (torch.linalg.vector_norm(flow, dim=0) > MOVING_PX) & torch.from_numpy(video.foreground)
    return endpoint_error(dense_flow(frames), flow, moving) if moving.any() else math.nan


def single_sketch_f1(video: DrawnVideo, frames: Frames) -> float:
    """F1 of the first frame's colour edges against its exact sketch."""
    return edge_f1(colour_edges(frames[:1]), video.sketch[:1] > 0.5)


def depth_error(video: DrawnVideo, frames: Frames) -> float:
    """Error of the frames' depth, by the bundled estimator, against the exact one; see `aligned_error`."""
    estimated = extract_depth(frames, model=_bundled_depth(), device=torch.device("cpu"))
    return aligned_error(estimated[0].numpy(), video.depth)


@cache
def _bundled_depth() -> DepthEstimator:
    return load_system("tiny").depth()


def clip_psnr_db(video: DrawnVideo, frames: Frames) -> float:
    """PSNR of all frames against the drawn ones."""
    return psnr_db(frames, video.frames)


def first_frame_psnr_db(video: DrawnVideo, frames: Frames) -> float:
    """PSNR of the first frame against the drawn one."""
    return psnr_db(frames[:1], video.frames[:1])


def kept_psnr_db(video: DrawnVideo, frames: Frames) -> float:
    """PSNR of what the mask condition keeps against the drawn frames; nan if it keeps nothing."""
    kept = ~video.foreground
    return psnr_db(frames[kept], video.frames[kept]) if kept.any() else math.nan


MEANS: dict[str, Measure] = {
    "autoencoder_psnr_db": Measure("autoencoder", clip_psnr_db),
    "sketch_f1": Measure("text + sketch", sketch_f1),
    "sketch_f1_text_only": Measure("text", sketch_f1),
    "sketch_f1_true_video": Measure("true video", sketch_f1),
    "motion_epe_text": Measure("text", motion_epe),
    "motion_epe_motion": Measure("text + motion", motion_epe),
    "motion_epe_true_video": Measure("true video", motion_epe),
    "image_psnr_db": Measure("text + image", first_frame_psnr_db),
    "single_sketch_f1": Measure("text + single_sketch", single_sketch_f1),
    "unseen_sketch_f1": Measure("text + sketch", sketch_f1, "unseen figures"),
    "depth_order": Measure("text + depth", depth_order, "overlapping"),
    "style_right": Measure("text + style", style_right, "style unsaid"),
    "text_background": Measure("text", background_right),
    "text_colour": Measure("text", colour_right),
    "text_kind": Measure("text", kind_right),
    "text_direction": Measure("text", direction_right),
    "stroke_obeyed": Measure("text + image + stroke", stroke_obeyed, "direction unsaid", NUM_STROKES),
    "stroke_obeyed_without": Measure("text + image", stroke_obeyed, "direction unsaid", NUM_STROKES),
}
"""Averaged over samples. Those of the true video are the best that can be told by detector and estimator."""
