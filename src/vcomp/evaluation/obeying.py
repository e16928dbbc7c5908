"""Whether generated frames show what was asked for: 1 or 0, and nan where nothing was asked."""

from __future__ import annotations

import math
import re

import numpy as np
from jaxtyping import Bool, Float

from vcomp.data.drawn import DrawnVideo
from vcomp.data.vocabulary import COLOURS, DIRECTIONS, SHAPES
from vcomp.evaluation.colours import background_colours, colour_labels, look_at
from vcomp.evaluation.edits import emptied
from vcomp.evaluation.judging import judged
from vcomp.evaluation.scenes import covered_by_both
from vcomp.extractors.flow import dense_flow
from vcomp.media.clip import Frames

WITHIN_DEG = 30.0
SLOWEST_PX = 0.25
"""Pixels per frame, of a frame of 128 pixels, below which an object has no direction."""

_TELLABLE = ("plain", "gradient")


def background_right(video: DrawnVideo, frames: Frames) -> float:
    """Whether the background has the colours that the caption names; of plain ones and gradients."""
    asked = background_colours(video.scene.background)
    if not (_has_still_background(video) and all(_says(video, name) for name in asked)):
        return math.nan
    return float(look_at(frames, video.scene.style).background == asked)


def colour_right(video: DrawnVideo, frames: Frames) -> float:
    """Whether an object that is alone has the colour that the caption names."""
    colour = video.scene.sprites[-1].colour
    if not (_is_alone(video) and _has_still_background(video) and _says(video, colour)):
        return math.nan
    return float(look_at(frames, video.scene.style).colour == colour)


def kind_right(video: DrawnVideo, frames: Frames) -> float:
    """Whether an object that is alone is the plain shape that the caption names."""
    shape = video.scene.sprites[-1].shape
    if not (_is_alone(video) and _has_still_background(video) and shape in SHAPES and _says(video, shape)):
        return math.nan
    return float(judged(frames).kind == shape)


def direction_right(video: DrawnVideo, frames: Frames) -> float:
    """Whether an object that is alone moves in that of the eight directions that the caption names."""
    sprite = video.scene.sprites[-1]
    if not (_is_alone(video) and _has_still_background(video) and sprite.motion == "move"):
        return math.nan
    motion = object_motion(video, frames)
    if not _moves(motion, frames):
        return 0.0
    return float(max(DIRECTIONS, key=lambda name: float(motion @ DIRECTIONS[name])) == sprite.direction)


def stroke_obeyed(video: DrawnVideo, frames: Frames) -> float:
    """Whether the nearest object goes the way it was to go, within `WITHIN_DEG`."""
    if not _has_still_background(video):
        return math.nan
    motion = object_motion(video, frames)
    if not _moves(motion, frames):
        return 0.0
    cosine = float(motion @ DIRECTIONS[video.scene.sprites[-1].direction]) / float(np.hypot(*motion))
    return float(cosine >= math.cos(math.radians(WITHIN_DEG)))


def style_right(video: DrawnVideo, frames: Frames) -> float:
    """Whether the frames are in the video's style; of scenes like those the judge knows."""
    if not (_is_alone(video) and _has_still_background(video)):
        return math.nan
    return float(judged(frames).style == video.scene.style)


def depth_order(video: DrawnVideo, frames: Frames) -> float:
    """Whether the nearer of two objects is seen where both are: by the colours of the pixels there."""
    area, style = covered_by_both(video), video.scene.style
    labels = colour_labels(frames[area], style, emptied(video).frames[area])
    farther, nearer = (int((labels == _number(sprite.colour)).sum()) for sprite in video.scene.sprites)
    return float(nearer > farther)


def object_motion(video: DrawnVideo, frames: Frames) -> Float[np.ndarray, " 2"]:
    """Mean optical flow, in pixels per frame, where frames do not show their background; 0 if they all do."""
    area: Bool[np.ndarray, "f h w"] = look_at(frames, video.scene.style).area[1:]
    flow = dense_flow(frames)[:, 1:].numpy()
    return np.asarray(flow[:, area].mean(axis=1) if area.any() else np.zeros(2))


def _moves(motion: Float[np.ndarray, " 2"], frames: Frames) -> bool:
    return bool(np.hypot(*motion) >= SLOWEST_PX * frames.shape[1] / 128)


def _is_alone(video: DrawnVideo) -> bool:
    return len(video.scene.sprites) == 1


def _has_still_background(video: DrawnVideo) -> bool:
    """Whether `look_at` can tell what stands before it."""
    return video.scene.background.kind in _TELLABLE and video.scene.camera.move == "still"


def _says(video: DrawnVideo, word: str) -> bool:
    return re.search(rf"\b{word}\b", video.caption) is not None


def _number(colour: str) -> int:
    return list(COLOURS).index(colour)
