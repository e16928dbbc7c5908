"""Given drawings and depth maps as conditions: one polarity, one range, the paper's tone taken out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from vcomp.extractors.frames import check_frames
from vcomp.media.clip import Frame, Frames

# Shares of the shorter side: what is thinner than the first is a line, what is wider than the second is page.
LINE_KERNEL = 1 / 16
PAGE_KERNEL = 1 / 5
# Grey levels in [0,1] by which a page may miss its pure tone and still count as clean, not scanned.
CLEAN = 0.02
# The same for a black page, where soft edges reach far into it.
BLACK = 0.04
# Pages whose median lies between these may be light paper in bad light, or a dark board in good light.
MID_GREY = (0.25, 0.75)
# The paper's grain, as a share of its tone.
GRAIN = 0.08


# A black page is an edge map's, a clean one was drawn on a screen, paper went through a scanner or a camera.
Page = Literal["black", "clean", "paper"]


@dataclass(frozen=True)
class Drawing:
    """A picture read as ink on a page."""

    ink: NDArray[np.float32]  # [h w] in [0,1]: 0 the bare page, 1 the full contrast a pixel can have with it
    evenness: float  # darkest over lightest part of the page, in [0,1]
    page: Page


def read_drawing(frame: Frame) -> Drawing:
    """Tell lines from page, whichever of the two is the darker."""
    luma = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    # A page mostly black is no scan but an edge map. Its lines may be wide and soft, so no page is estimated.
    if np.median(luma) <= BLACK:
        return Drawing(ink=luma, evenness=1.0, page="black")
    dark_on_light = luma if _is_dark_on_light(luma) else 1 - luma
    tone = _page_tone(dark_on_light)
    darkest, lightest = float(np.quantile(tone, 0.02)), float(np.quantile(tone, 0.98))
    return Drawing(
        ink=np.clip(1 - dark_on_light / np.maximum(tone, 1e-3), 0, 1),
        evenness=darkest / max(lightest, 1e-3),
        page="clean" if darkest >= 1 - CLEAN else "paper",
    )


def sketch_from_drawing(frames: Frames) -> Float[Tensor, "1 f h w"]:
    """The lines of drawings as a sketch condition: in [0,1], bright edges on dark.

    Lines may be dark on light or light on dark. Lines on black keep their strength, so an edge map comes back
    as it was; on any other page the strongest lines become 1, and from pictures of paper its tone,
    shadows and grain are taken out.

    Raises:
        MediaError: If there are no frames.
    """
    check_frames(frames)
    lines = [_normalised_ink(read_drawing(frame)) for frame in frames]
    return torch.from_numpy(np.stack(lines)[None])


def depth_from_grey(frames: Frames) -> Float[Tensor, "1 f h w"]:
    """A grey depth map as a depth condition: luma in [0,1], larger = nearer.

    Raises:
        MediaError: If there are no frames.
    """
    check_frames(frames)
    grey = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames])
    return torch.from_numpy(grey[None].astype(np.float32) / 255)


def _is_dark_on_light(luma: NDArray[np.float32]) -> bool:
    """Most of a drawing is page, so the median tells; on a mid-grey one, whether thin things are darker."""
    tone = float(np.median(luma))
    if not MID_GREY[0] < tone < MID_GREY[1]:
        return tone >= 0.5
    kernel = _kernel(luma, LINE_KERNEL)
    dark_lines = cv2.morphologyEx(luma, cv2.MORPH_BLACKHAT, kernel)
    light_lines = cv2.morphologyEx(luma, cv2.MORPH_TOPHAT, kernel)
    return float(dark_lines.mean()) >= float(light_lines.mean())


def _kernel(luma: NDArray[np.float32], share: float) -> NDArray[np.uint8]:
    """A square whose odd side is that share of the picture's shorter one."""
    side = max(round(min(luma.shape) * share), 3) | 1
    return np.ones((side, side), dtype=np.uint8)


def _page_tone(dark_on_light: NDArray[np.float32]) -> NDArray[np.float32]:
    """The page's tone under every pixel: dark lines closed by their lighter surroundings, then smoothed."""
    kernel = _kernel(dark_on_light, PAGE_KERNEL)
    closed = cv2.morphologyEx(dark_on_light, cv2.MORPH_CLOSE, kernel)
    return np.asarray(cv2.blur(closed, kernel.shape), dtype=np.float32)


def _normalised_ink(drawing: Drawing) -> NDArray[np.float32]:
    lines = drawing.ink[drawing.ink > 2 * GRAIN]
    if drawing.page == "black" or not lines.size:
        return drawing.ink
    weakest = GRAIN if drawing.page == "paper" else 0.0
    strongest = float(np.quantile(lines, 0.9))
    ink: NDArray[np.float32] = np.clip((drawing.ink - weakest) / (strongest - weakest), 0, 1)
    return ink
