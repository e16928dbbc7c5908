"""Videos longer than a model's: overlapping windows of frames, whose predictions are averaged at every step.

MultiDiffusion (arXiv 2302.08113, section 3) over time, as Gen-L-Video has it (arXiv 2305.18264, section 4):
the network sees one window at a time, the sampler the whole video. What holds windows together that share no
frame is their noise, which is the same in another order (FreeNoise, arXiv 2310.15169).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from vcomp.diffusion.prediction import Denoise


class WindowDenoise(Protocol):
    """A `Denoise` of some of a video's frames."""

    def __call__(
        self,
        latents: Float[Tensor, "b c l h w"],
        timesteps: Float[Tensor, " b"],
        *,
        before: Float[Tensor, "b c h w"] | None,
    ) -> Float[Tensor, "b c l h w"]:
        """Predict; `before` is what earlier windows predict for the first frame, None if there are none."""


def independent(denoise: Denoise) -> WindowDenoise:
    """Of a window that asks nothing of those before it."""

    def denoise_window(latents: Tensor, timesteps: Tensor, *, before: Tensor | None) -> Tensor:
        return denoise(latents, timesteps)

    return denoise_window


def window_slices(num_frames: int, *, length: int, overlap: int) -> tuple[slice, ...]:
    """The windows that cover a video, in order; one of the video's own length where that is no longer.

    Each begins `overlap` frames before the one before it ends. All are full: the last is moved back until it
    ends with the video, so it overlaps further.

    Args:
        num_frames: Of the video.
        length: Of a window.
        overlap: From 1 to one less than `length`.
    """
    if num_frames <= length:
        return (slice(0, num_frames),)
    last = num_frames - length
    starts = [*range(0, last, length - overlap), last]
    return tuple(slice(start, start + length) for start in starts)


def blending_weights(windows: Sequence[slice], *, overlap: int) -> list[Float[Tensor, " l"]]:
    """The share of each window in each of its frames: a raised cosine where windows overlap, else all of it.

    The shares of a frame add up to one. A window that begins or ends the video is whole there.

    Args:
        windows: From `window_slices`.
        overlap: Frames over which a window comes and goes.
    """
    video = slice(windows[0].start, windows[-1].stop)
    bumps = [_bump(window, video, overlap=overlap) for window in windows]
    total = torch.zeros(video.stop, dtype=torch.float64)
    for window, bump in zip(windows, bumps, strict=True):
        total[window] += bump
    return [(bump / total[window]).float() for window, bump in zip(windows, bumps, strict=True)]


def blended(denoises: Sequence[WindowDenoise], windows: Sequence[slice], *, overlap: int) -> Denoise:
    """One `Denoise` of a whole video from one for each of its windows.

    Args:
        denoises: Each is called with latents `[b c l h w]` of its window's frames.
        windows: From `window_slices`; of a single one the predictions are left as they are.
        overlap: As there.
    """
    if len(windows) == 1:
        return partial(denoises[0], before=None)
    shares = [weights[:, None, None] for weights in blending_weights(windows, overlap=overlap)]

    def denoise(latents: Tensor, timesteps: Tensor) -> Tensor:
        prediction = torch.zeros_like(latents)
        before: Tensor | None = None
        for denoise_window, window, share in zip(denoises, windows, shares, strict=True):
            if window.start > 0:
                # What is missing to a whole frame is this window's own share of it.
                before = prediction[:, :, window.start] / (1 - share[0].item())
            part = denoise_window(latents[:, :, window], timesteps, before=before)
            prediction[:, :, window] += part * share.to(part, non_blocking=True)
        return prediction

    return denoise


def prolonged_noise(
    noise: Float[Tensor, "b c l h w"], num_frames: int, *, overlap: int, seed: int
) -> Float[Tensor, "b c f h w"]:
    """Noise of one window made as long as a video, in which windows have the same frames of noise.

    Noise rescheduling (arXiv 2310.15169, section 3.3): what a window has beyond its overlap is what the one
    before it began with, shuffled. Independent noise would give each window things and places of its own. A
    last window that is moved back, to end with the video, may have a frame of noise twice.

    Args:
        noise: Of a window; the video's begins with it.
        num_frames: Of the video; no more than the window has leaves `noise` as it is.
        overlap: Of windows.
        seed: Of the order.
    """
    length = noise.shape[2]
    generator = torch.Generator().manual_seed(seed)
    order = torch.arange(length)
    while len(order) < num_frames:
        begun = order[-length:][: length - overlap]
        order = torch.cat([order, begun[torch.randperm(len(begun), generator=generator)]])
    return noise if num_frames <= length else noise[:, :, order[:num_frames]]


def _bump(window: slice, video: slice, *, overlap: int) -> Float[Tensor, " l"]:
    """Ones, with a raised cosine of `overlap` frames at each end that is not the video's."""
    bump = torch.ones(window.stop - window.start, dtype=torch.float64)
    rise = 0.5 - 0.5 * torch.cos(math.pi * (torch.arange(overlap, dtype=torch.float64) + 0.5) / overlap)
    if window.start > video.start:
        bump[:overlap] *= rise
    if window.stop < video.stop:
        bump[len(bump) - overlap :] *= rise.flip(0)
    return bump
