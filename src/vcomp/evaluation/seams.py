"""Whether it shows where the windows of a long video begin and end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from vcomp.data.drawn import DrawnVideo
from vcomp.engine.denoising import windows_of
from vcomp.engine.engine import Engine
from vcomp.engine.settings import Settings
from vcomp.evaluation.held_out import exact_conditions
from vcomp.evaluation.metrics import frame_consistency
from vcomp.media.pixels import to_tensor

LENGTH_IN_WINDOWS = 4
"""64 frames for models of 16."""

GIVEN = (("text",), ("text", "sketch"), ("text", "motion"), ("text", "image"))
"""What samples are made from, in turn. With text alone, noise and overlap hold windows together."""


@torch.inference_mode()
def seam_consistency(
    engine: Engine, settings: Settings, video: DrawnVideo, index: int
) -> tuple[float, float]:
    """Frame consistency of one generated long video across the borders of its windows, and elsewhere in it.

    Args:
        engine: The model in question; its own CLIP tower tells how alike frames are.
        settings: Of generation.
        video: As long as what is generated; its caption and the conditions whose turn it is are given.
        index: Of the sample: its seed, and whose turn it is.
    """
    conditions = exact_conditions(video, GIVEN[index % len(GIVEN)])
    settings = engine.resolved(replace(settings, num_frames=video.num_frames, seed=index))
    frames = engine.generate(conditions, settings).clip.frames
    pixels = rearrange(to_tensor(frames), "c f h w -> f c h w").to(engine.device)
    return across_and_inside(engine.networks.towers().image_embedding(pixels), windows_of(settings))


def across_and_inside(embeddings: Float[Tensor, "f d"], windows: Sequence[slice]) -> tuple[float, float]:
    """Mean similarity of adjacent frames that have a window's border between them, and of all others.

    A border is where a window begins or ends inside the video: there a seam would be seen. All other frames
    are in the same windows as the frame before them.

    Args:
        embeddings: CLIP's, of every frame.
        windows: Two or more, which cover the frames.
    """
    ends = {end for window in windows for end in (window.start, window.stop)}
    borders = ends - {0, len(embeddings)}
    similarities = {i: frame_consistency(embeddings[i - 1 : i + 1]) for i in range(1, len(embeddings))}
    across = [similarity for i, similarity in similarities.items() if i in borders]
    inside = [similarity for i, similarity in similarities.items() if i not in borders]
    return sum(across) / len(across), sum(inside) / len(inside)
