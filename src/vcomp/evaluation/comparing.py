"""The metrics that compare a video with a reference pixel by pixel: PSNR, SSIM, LPIPS."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from vcomp.errors import MediaError
from vcomp.evaluation.meters import RunningMean
from vcomp.evaluation.metrics import PEAK_LEVEL, decibels, mean_squared_error
from vcomp.evaluation.perceptual import MIN_SIDE_PX, lpips_distances
from vcomp.evaluation.views import View
from vcomp.media.clip import Frames

SSIM_WINDOW_PX = 11  # of the Gaussian, as Wang et al. have it


@dataclass
class PsnrMeter:
    """Peak signal-to-noise ratio, of the mean squared error over all frames.

    Args:
        path: Of the reference.
    """

    path: str
    _squared_error: RunningMean = field(default_factory=RunningMean)

    def add(self, view: View) -> None:
        """See `Meter`."""
        given = view.compared[self.path]
        if len(given):
            self._squared_error.add(mean_squared_error(view.frames[: len(given)], given), len(given))

    def figures(self) -> dict[str, float]:
        """See `Meter`."""
        error = self._squared_error.value
        return {"psnr": error if math.isnan(error) else decibels(error)}


@dataclass
class SsimMeter:
    """Structural similarity of each frame, and the mean.

    Args:
        path: Of the reference.
    """

    path: str
    _mean: RunningMean = field(default_factory=RunningMean)

    def add(self, view: View) -> None:
        """See `Meter`."""
        given = view.compared[self.path]
        if len(given):
            _check_side(given, "ssim", SSIM_WINDOW_PX)
            self._mean.add(float(ssim(view.frames[: len(given)], given).mean()), len(given))

    def figures(self) -> dict[str, float]:
        """See `Meter`."""
        return {"ssim": self._mean.value}


@dataclass
class LpipsMeter:
    """Learned perceptual distance of each frame, and the mean.

    Args:
        path: Of the reference.
    """

    path: str
    _mean: RunningMean = field(default_factory=RunningMean)

    def add(self, view: View) -> None:
        """See `Meter`."""
        given = view.compared[self.path]
        if len(given):
            _check_side(given, "lpips", MIN_SIDE_PX)
            tools = view.tools
            distances = lpips_distances(tools.lpips, view.frames[: len(given)], given, tools.torch_device)
            self._mean.add(float(distances.mean()), len(given))

    def figures(self) -> dict[str, float]:
        """See `Meter`."""
        return {"lpips": self._mean.value}


def ssim(frames: Frames, reference: Frames) -> Float[Tensor, " f"]:
    """Structural similarity of each frame to its reference, over the three channels and up to the borders.

    Raises:
        ValueError: The shapes differ.
    """
    # Imports every metric there is, which takes seconds.
    from torchmetrics.functional.image import structural_similarity_index_measure

    pixels, given = (
        rearrange(torch.from_numpy(x), "f h w c -> f c h w").float() for x in (frames, reference)
    )
    similarity = structural_similarity_index_measure(
        pixels, given, kernel_size=SSIM_WINDOW_PX, data_range=PEAK_LEVEL, reduction="none"
    )
    assert isinstance(similarity, Tensor)
    return similarity


def _check_side(frames: Frames, metric: str, least_px: int) -> None:
    _, height, width, _ = frames.shape
    if min(height, width) < least_px:
        raise MediaError(
            f"Frames of {width}x{height} pixels are too small for {metric}.",
            hint=f"Both sides are at least {least_px} pixels.",
        )
