"""The metrics: what each measures, what it needs, its unit and where it is defined. Needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from vcomp.engine.checks import check_name
from vcomp.errors import UsageError

Better = Literal["higher", "lower"]
Need = Literal["text", "style", "reference", "set"]
"""A caption, a picture, something to compare each video with, or a folder of videos to compare all with."""


@dataclass(frozen=True, kw_only=True)
class FigureSpec:
    """One number that a metric gives.

    Args:
        name: The metric's own, or that with an ending.
        unit: Of the number.
        better: Which way it improves.
    """

    name: str
    unit: str
    better: Better


@dataclass(frozen=True, kw_only=True)
class MetricSpec:
    """One metric.

    Args:
        name: As `--metric` takes it.
        measures: In a few words.
        figures: What it gives, the main one first.
        needs: What it asks for beside the video; None for nothing.
        takes: What that may be, for messages.
        source: Where it is defined.
    """

    name: str
    measures: str
    figures: tuple[FigureSpec, ...]
    needs: Need | None = None
    takes: str = ""
    source: str


def _figure(name: str, unit: str, better: Better) -> tuple[FigureSpec]:
    return (FigureSpec(name=name, unit=unit, better=better),)


_VIDEOCOMPOSER = "arXiv 2306.02018, section 4.1"
_COSINE = "cosine similarity"
_PX = "pixels per frame"
_FILM = "a video of the same scene, or a picture for the first frame"

_SPECS = (
    MetricSpec(
        name="frame-consistency",
        measures="how alike adjacent frames are",
        figures=_figure("frame-consistency", _COSINE, "higher"),
        source=_VIDEOCOMPOSER,
    ),
    MetricSpec(
        name="motion-error",
        measures="end-point error of the motion",
        figures=(
            FigureSpec(name="motion-error", unit=_PX, better="lower"),
            FigureSpec(name="motion-error-moving", unit=_PX, better="lower"),
        ),
        needs="reference",
        takes="a video, flow (.flo, .npz, .npy) or strokes (.json, .svg)",
        source=_VIDEOCOMPOSER,
    ),
    MetricSpec(
        name="text-alignment",
        measures="how well frames match the text (CLIPSIM)",
        figures=_figure("text-alignment", _COSINE, "higher"),
        needs="text",
        source="arXiv 2104.14806, section 4.1",
    ),
    MetricSpec(
        name="style-similarity",
        measures="how alike frames and the style picture are",
        figures=_figure("style-similarity", _COSINE, "higher"),
        needs="style",
        source="by the style condition's own embedding, arXiv 2306.02018, section 3.2",
    ),
    MetricSpec(
        name="sketch-f1",
        measures="agreement of edges within 2 pixels",
        figures=_figure("sketch-f1", "F1", "higher"),
        needs="reference",
        takes="a video, drawn or filmed, or a drawing of the first frame",
        source="boundary F-measure, Martin et al., PAMI 2004",
    ),
    MetricSpec(
        name="depth-error",
        measures="error of the depth, whatever its scale and shift",
        figures=_figure("depth-error", "share of the reference's spread", "lower"),
        needs="reference",
        takes="a video, a grey depth map of it, or a picture for all frames",
        source="scale- and shift-invariant error, arXiv 1907.01341, section 5",
    ),
    MetricSpec(
        name="psnr",
        measures="difference of the pixels",
        figures=_figure("psnr", "dB", "higher"),
        needs="reference",
        takes=_FILM,
        source="ITU-T J.340",
    ),
    MetricSpec(
        name="ssim",
        measures="structural similarity",
        figures=_figure("ssim", "SSIM", "higher"),
        needs="reference",
        takes=_FILM,
        source="Wang et al., TIP 2004",
    ),
    MetricSpec(
        name="lpips",
        measures="perceptual distance",
        figures=_figure("lpips", "LPIPS", "lower"),
        needs="reference",
        takes=_FILM,
        source="arXiv 1801.03924",
    ),
    MetricSpec(
        name="fvd",
        measures="Fréchet distance of two sets of videos",
        figures=_figure("fvd", "Fréchet distance", "lower"),
        needs="set",
        takes="a folder of videos",
        source="arXiv 1812.01717",
    ),
)

METRICS: Mapping[str, MetricSpec] = MappingProxyType({spec.name: spec for spec in _SPECS})
"""All metrics by name."""

FIGURES: Mapping[str, FigureSpec] = MappingProxyType(
    {figure.name: figure for spec in _SPECS for figure in spec.figures}
)
"""All figures by name, in the order of the metrics."""

ARROWS: Mapping[Better, str] = MappingProxyType({"higher": "↑", "lower": "↓"})
"""For the heads of columns."""


def check_metrics(names: tuple[str, ...]) -> None:
    """Raise unless all are metrics, and there is one.

    Raises:
        UsageError: There is none, one is unknown, or named twice.
    """
    if not names:
        raise UsageError("There is no metric to measure.", hint=f"Choose from {', '.join(METRICS)}.")
    for name in names:
        check_name("metric", name, METRICS)
        if names.count(name) > 1:
            raise UsageError(f"The metric {name} is named twice.", hint="Name it once.")
