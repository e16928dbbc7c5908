"""The metrics that tables are made of, and the one that each condition is judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from torch.nn import functional as F

from vcomp.data.drawn import DrawnVideo
from vcomp.engine.devices import pick_device
from vcomp.evaluation.clip_towers import ClipTower, load_tower
from vcomp.evaluation.measures import (
    Metric,
    depth_error,
    first_frame_psnr_db,
    kept_psnr_db,
    motion_epe,
    single_sketch_f1,
    sketch_f1,
)
from vcomp.evaluation.metrics import frame_consistency
from vcomp.evaluation.obeying import style_right
from vcomp.evaluation.specs import FIGURES, FigureSpec
from vcomp.media.clip import Frames

OWN_METRICS: Mapping[str, str] = {
    "text": "text_alignment",
    "style": "style_right",
    "image": "image_psnr_db",
    "single_sketch": "single_sketch_f1",
    "sketch": "sketch_f1",
    "depth": "depth_error",
    "motion": "motion_epe",
    "mask": "kept_psnr_db",
}
"""What tells how well a condition is obeyed, for every condition."""

SPECS: Mapping[str, FigureSpec] = {
    "frame_consistency": FIGURES["frame-consistency"],
    "text_alignment": FIGURES["text-alignment"],
    "style_right": FigureSpec(name="style_right", unit="share of samples", better="higher"),
    "image_psnr_db": FIGURES["psnr"],
    "single_sketch_f1": FIGURES["sketch-f1"],
    "sketch_f1": FIGURES["sketch-f1"],
    "depth_error": FIGURES["depth-error"],
    "motion_epe": FIGURES["motion-error-moving"],
    "kept_psnr_db": FIGURES["psnr"],
}
"""Their units, and which way they improve."""

WITHOUT_TOWER: Mapping[str, Metric] = {
    "style_right": style_right,
    "image_psnr_db": first_frame_psnr_db,
    "single_sketch_f1": single_sketch_f1,
    "sketch_f1": sketch_f1,
    "depth_error": depth_error,
    "motion_epe": motion_epe,
    "kept_psnr_db": kept_psnr_db,
}
"""Those that no CLIP tower computes."""


@dataclass(frozen=True)
class FrameConsistency:
    """Mean cosine similarity of adjacent frames.

    Args:
        tower: As `load_tower` takes it; it is loaded where it is used.
    """

    tower: str

    def __call__(self, video: DrawnVideo, frames: Frames) -> float:
        """Of the frames; the drawn ones do not count."""
        return frame_consistency(_loaded(self.tower).images(frames))


@dataclass(frozen=True)
class TextAlignment:
    """Mean cosine similarity of frames and caption.

    Args:
        tower: As `load_tower` takes it; it is loaded where it is used.
    """

    tower: str

    def __call__(self, video: DrawnVideo, frames: Frames) -> float:
        """Of the frames and the video's caption."""
        tower = _loaded(self.tower)
        return float(F.cosine_similarity(tower.images(frames), tower.texts([video.caption])).mean())


def metrics_by(tower: str) -> Mapping[str, Metric]:
    """All of them; they can be pickled.

    Args:
        tower: CLIP's, as `load_tower` takes it.
    """
    return {
        "frame_consistency": FrameConsistency(tower),
        "text_alignment": TextAlignment(tower),
        **WITHOUT_TOWER,
    }


@cache
def _loaded(tower: str) -> ClipTower:
    return load_tower(tower, pick_device("auto"))
