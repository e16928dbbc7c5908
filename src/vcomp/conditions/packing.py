"""Conditions of any size and length, brought to those of the video that is made."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from vcomp.conditions.container import Conditions
from vcomp.conditions.spec import CONDITIONS

SKETCHES = ("single_sketch", "sketch")


def pack(
    conditions: Conditions,
    *,
    num_frames: int,
    size: tuple[int, int],
    first_frame: int = 0,
    frame_size: tuple[int, int] | None = None,
    scale_motion: bool = True,
) -> dict[str, Float[Tensor, "1 c f h w"]]:
    """Every condition that goes through an STC-encoder, at the size and length of a video or of a part of it.

    A picture is repeated over the frames (as a view). A sequence that is too long is cut, so that its timing
    stays; one that is too short holds its last frame, which then no longer moves. Frames are cropped at the
    centre to the video's proportions and resized.

    Args:
        conditions: What was given.
        num_frames: Of the video, or of the part.
        size: Width and height of the video in pixels.
        first_frame: Where the part begins.
        frame_size: Of everything but motion, where the model saw it larger than the video; None is `size`.
        scale_motion: Whether motion of another size is brought to pixels of the video. Without it values stay
            what they are and single vectors are sampled, not averaged away, as the published model had them.
    """
    packed = {}
    for name, tensor in conditions.tensors().items():
        begin = min(first_frame, tensor.shape[1] - 1)
        frames = tensor[:, begin : first_frame + num_frames].float()
        if name == "motion" and not scale_motion:
            resized = F.interpolate(_crop(frames, size), (size[1], size[0]), mode="bilinear")
        else:
            own_size = size if name == "motion" else frame_size or size
            resized = _resize(name, _crop(frames, own_size), own_size)
        if name == "motion" and begin < first_frame:
            resized = torch.zeros_like(resized)
        packed[name] = _lengthen(name, resized, num_frames)[None]
    return packed


def _crop(x: Float[Tensor, "c f H W"], size: tuple[int, int]) -> Float[Tensor, "c f h w"]:
    """The largest part in the middle that has the proportions of `size`."""
    aspect = size[0] / size[1]
    height, width = x.shape[-2:]
    kept_width = min(width, max(1, round(height * aspect)))
    kept_height = min(height, max(1, round(width / aspect)))
    top, left = (height - kept_height) // 2, (width - kept_width) // 2
    return x[..., top : top + kept_height, left : left + kept_width]


def _resize(name: str, x: Float[Tensor, "c f H W"], size: tuple[int, int]) -> Float[Tensor, "c f h w"]:
    """Resize frames; motion is scaled along, and lines that shrink keep their strength."""
    width, height = size
    source_height, source_width = x.shape[-2:]
    if (source_width, source_height) == size:
        return x
    if name in SKETCHES and source_width * source_height > width * height:
        # A thin line averaged over an area would fade; its strongest part is what the model knows as an edge.
        return F.adaptive_max_pool2d(x, (height, width))
    resized = F.interpolate(x, (height, width), mode="bilinear", antialias=True)
    if name == "motion":
        scale = torch.tensor([width / source_width, height / source_height])
        return resized * scale.view(2, 1, 1, 1)
    return resized


def _lengthen(name: str, x: Float[Tensor, "c f h w"], num_frames: int) -> Float[Tensor, "c n h w"]:
    missing = num_frames - x.shape[1]
    if CONDITIONS[name].kind == "spatial":
        return x.expand(-1, num_frames, -1, -1)
    if missing <= 0:
        return x
    last = torch.zeros_like(x[:, -1:]) if name == "motion" else x[:, -1:]
    return torch.cat([x, last.expand(-1, missing, -1, -1)], dim=1)
