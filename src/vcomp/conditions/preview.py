"""Conditions as a person looks at them."""

from __future__ import annotations

import numpy as np
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from vcomp.conditions.container import Conditions
from vcomp.conditions.packing import pack
from vcomp.conditions.spec import CONDITIONS
from vcomp.media.clip import Frames
from vcomp.media.pixels import to_frames
from vcomp.media.preview import depth_to_rgb, flow_to_rgb, grey_to_rgb
from vcomp.media.resize import fit


def to_rgb(
    name: str, condition: Float[Tensor, "c f h w"], *, limits: tuple[float, float] | None = None
) -> Frames:
    """Frames that show a condition: white edges, depth in colours, motion as a colour wheel, the kept area.

    Args:
        name: Of the condition; `flow` is shown as `motion`.
        condition: In the range that name defines.
        limits: The depths shown darkest and brightest, or 0 and the speed shown in full colour. None takes
            them from the frames.
    """
    match name:
        case "image":
            return to_frames(condition * 2 - 1)
        case "depth":
            return depth_to_rgb(np.ascontiguousarray(condition[0].numpy()), limits=limits)
        case "motion" | "flow":
            vectors = rearrange(condition, "c f h w -> f h w c").numpy()
            return flow_to_rgb(vectors, maximum=limits and limits[1])
        case "mask":
            return to_frames(condition[:3])
        case _:
            return grey_to_rgb(condition[0].numpy())


def preview_rows(conditions: Conditions, *, num_frames: int, size: tuple[int, int]) -> dict[str, Frames]:
    """What the model is given, in the video's size: one picture for a spatial condition, else one a frame."""
    rows: dict[str, Frames] = {}
    for name, packed in pack(conditions, num_frames=num_frames, size=size).items():
        shown = packed[0, :, :1] if CONDITIONS[name].kind == "spatial" else packed[0]
        rows[name.replace("_", " ")] = to_rgb(name, shown)
    if conditions.style is not None:
        rows["style"] = fit(conditions.style[None], size, "pad")
    return rows
