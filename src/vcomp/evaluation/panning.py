"""How exactly the two extractors of motion measure a movement that is known."""

from __future__ import annotations

import cv2
import numpy as np

from vcomp.evaluation.statistics import Estimate, largest
from vcomp.extractors.flow import dense_flow
from vcomp.extractors.motion_vectors import motion_vectors
from vcomp.media.clip import Frames

PAN_PX = (3, -2)
"""By which the picture moves from frame to frame, to the right and down: up, that is."""

_NUM_FRAMES, _SIDE_PX = 16, 256
_GRAINS_PX = (2.0, 6.0, 16.0)  # of the texture, so that there is detail at every scale an estimator looks at


def pan_error_px() -> Estimate:
    """The largest error of the median motion of a pan, in pixels, of any axis and either extractor.

    Motion vectors are those of a real MPEG-4 encode, optical flow is DIS.
    """
    frames = panned_texture()
    medians = [
        np.median(motion[:, 1:].reshape(2, -1).numpy(), axis=1)
        for motion in (motion_vectors(frames), dense_flow(frames))
    ]
    return largest([float(np.abs(median - PAN_PX).max()) for median in medians])


def panned_texture() -> Frames:
    """A textured picture that moves by `PAN_PX` a frame; what comes in at its borders was never seen."""
    rng, margin = np.random.default_rng(0), _NUM_FRAMES * max(map(abs, PAN_PX))
    noise = rng.standard_normal((_SIDE_PX + margin, _SIDE_PX + margin, 3)).astype(np.float32)
    layers = [cv2.GaussianBlur(noise, (0, 0), grain) for grain in _GRAINS_PX]
    texture = sum(layer / layer.std() for layer in layers)
    pixels = np.clip(128 + 24 * texture, 0, 255).astype(np.uint8)
    # The window goes the other way, from the corner in which it has room for that.
    places = [[margin if step > 0 else 0] - np.arange(_NUM_FRAMES) * step for step in PAN_PX]
    return np.stack([pixels[y : y + _SIDE_PX, x : x + _SIDE_PX] for x, y in zip(*places, strict=True)])
