"""Motion vectors as a video codec has them: the motion condition VideoComposer was trained with."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Literal

import av
import cv2
import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from vcomp.extractors.frames import check_frames
from vcomp.media.clip import Frame, Frames

Fill = Literal["block", "sparse"]


def motion_vectors(frames: Frames, *, fill: Fill = "block") -> Float[Tensor, "2 f h w"]:
    """MPEG-4's motion of the frames: pixels per frame, channels (dx, dy), sign and grid of `dense_flow`.

    As in extract_motion_vectors of ali-vilab/videocomposer (tools/videocomposer/datasets.py), the sampled
    frames are encoded anew, so that the vectors span the sampling interval whatever the source's codec did.
    Frame 0, and blocks the encoder did not predict, are zero.

    Args:
        frames: RGB of any size.
        fill: "block" writes each vector over the pixels it moves, "sparse" at their centre only, as the
            published model was trained.

    Raises:
        MediaError: If there are no frames.
    """
    check_frames(frames)
    num_frames, height, width = frames.shape[:3]
    motion = np.zeros((num_frames, height, width, 2), dtype=np.float32)
    if num_frames > 1:
        for index, blocks in enumerate(_encoded_blocks(frames)):
            if blocks is not None:
                _write(motion[index], blocks, fill)
    return rearrange(torch.from_numpy(motion), "f h w c -> c f h w").contiguous()


def _write(canvas: NDArray[np.float32], blocks: NDArray[Any], fill: Fill) -> None:
    """Put the vectors of one frame's blocks (libavutil's AVMotionVector) onto its pixels `[h w 2]`."""
    height, width = canvas.shape[:2]
    # motion_x and motion_y lead from a block to its source, `source` frames away (-1: the frame before).
    to_source = np.stack([blocks["motion_x"], blocks["motion_y"]], axis=-1) / blocks["motion_scale"][:, None]
    vectors = blocks["source"][:, None] * to_source
    rows, columns = blocks["dst_y"], blocks["dst_x"]
    if fill == "sparse":
        # The codec's last blocks reach beyond the picture, and their centres may lie there too.
        canvas[rows.clip(0, height - 1), columns.clip(0, width - 1)] = vectors
        return
    tops, lefts = rows - blocks["h"] // 2, columns - blocks["w"] // 2
    for vector, top, left, block in zip(vectors, tops, lefts, blocks, strict=True):
        canvas[max(top, 0) : top + block["h"], max(left, 0) : left + block["w"]] = vector


def _encoded_blocks(frames: Frames) -> Iterator[NDArray[Any] | None]:
    """Encode the frames in memory and yield each one's predicted blocks, None if it was coded on its own."""
    num_frames, height, width = frames.shape[:3]
    encoder: Any = av.CodecContext.create("mpeg4", "w")
    encoder.width, encoder.height = width + width % 2, height + height % 2
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, 8)
    # One group of pictures, forwards only: every frame but the first is predicted from the one before.
    encoder.gop_size, encoder.max_b_frames = num_frames, 0
    decoder: Any = av.CodecContext.create("mpeg4", "r")
    decoder.options = {"flags2": "+export_mvs"}
    # Frame threads would hold pictures back, slice threads would make the vectors depend on their number.
    encoder.thread_count = decoder.thread_count = 1
    packets = [
        packet for index, frame in enumerate(frames) for packet in encoder.encode(_picture(frame, index))
    ]
    for packet in [*packets, *encoder.encode(None), None]:
        for decoded in decoder.decode(packet):
            side_data = decoded.side_data.get("MOTION_VECTORS")
            yield None if side_data is None else side_data.to_ndarray()


def _picture(frame: Frame, index: int) -> av.VideoFrame:
    height, width = frame.shape[:2]
    # yuv420p halves the colour planes, so sides must be even.
    even = cv2.copyMakeBorder(frame, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    picture = av.VideoFrame.from_ndarray(even, format="rgb24")
    picture.pts = index
    return picture
