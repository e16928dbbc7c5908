"""The files of a bundle that a person looks at: a video and a strip of frames for each condition."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from vcomp.conditions.preview import to_rgb
from vcomp.conditions.tensor_file import TensorSpool
from vcomp.media.arrows import flow_to_arrows
from vcomp.media.clip import Frame, Frames
from vcomp.media.encode import PREVIEW_OPTIONS, mp4_stream
from vcomp.media.preview import full_speed, strip
from vcomp.media.read import iter_frames
from vcomp.media.write import write_picture

MOTIONS = ("motion", "flow")
SOURCE_VIDEO = "source.mp4"
_CHUNK_FRAMES = 8
_JUDGED_FRAMES = 32  # evenly spaced, they set the colours' range: it must not flicker from frame to frame
_STRIP_FRAMES = 8
_STRIP_HEIGHT_PX = 160
_SPEEDS = {"motion": "codec motion", "flow": "dense flow"}


@dataclass
class Thinned:
    """Evenly spaced frames of a stream whose length nobody knows; it holds a few dozen at most."""

    limit: int = 4 * _STRIP_FRAMES
    kept: list[Frame] = field(default_factory=list)
    _every: int = 1
    _seen: int = 0

    def add(self, frame: Frame) -> None:
        """See one more frame; keep it if it is its turn."""
        if self._seen % self._every == 0:
            self.kept.append(frame.copy())
        self._seen += 1
        if len(self.kept) > self.limit:
            self.kept = self.kept[::2]
            self._every *= 2

    @property
    def frames(self) -> Frames:
        """What was kept."""
        return np.stack(self.kept)


def write_looks(spool: TensorSpool, folder: Path, *, fps: float, arrows: bool = True) -> None:
    """Write `NAME.png`, a strip, and if it moves `NAME.mp4`; motion is shown as colours and as arrows.

    Arrows lie over the frames of the bundle's `source.mp4`, where there is one.

    Args:
        spool: Its frames.
        folder: The bundle's.
        fps: Of the video.
        arrows: Draw them; colours alone take a third of the time.
    """
    rendered = _renderings(spool, folder, arrows=arrows)
    moves = spool.shape[1] > 1

    def play(name: str, frames: Iterator[Frame]) -> Frames:
        seen = Thinned()
        with ExitStack() as stack:
            add = _sink(stack, folder / f"{name}.mp4", fps, spool) if moves else None
            for frame in frames:
                seen.add(frame)
                if add:
                    add(frame)
        return seen.frames

    with ThreadPoolExecutor(len(rendered)) as pool:
        shown = dict(zip(rendered, pool.map(play, *zip(*rendered.values(), strict=True)), strict=True))
    write_picture(
        strip(shown, columns=_STRIP_FRAMES, height_px=_STRIP_HEIGHT_PX), folder / f"{spool.name}.png"
    )


def _renderings(
    spool: TensorSpool, folder: Path, *, arrows: bool
) -> Mapping[str, tuple[str, Iterator[Frame]]]:
    """Row label to the name of a video and its frames."""
    some = spool.spread(_JUDGED_FRAMES).float()
    if spool.name not in MOTIONS:
        limits = tuple(np.percentile(some.numpy(), (1, 99)).tolist()) if spool.name == "depth" else None
        return {spool.name: (spool.name, _in_chunks(spool, lambda c: to_rgb(spool.name, c, limits=limits)))}
    label, speed = _SPEEDS[spool.name], full_speed(_vectors(some))
    limits = (0.0, speed)
    rows = {label: (spool.name, _in_chunks(spool, lambda c: to_rgb(spool.name, c, limits=limits)))}
    if arrows:
        rows["arrows"] = (f"{spool.name}_arrows", _arrows(spool, folder / SOURCE_VIDEO, speed))
    return rows


def _in_chunks(spool: TensorSpool, render: Callable[[Float[Tensor, "c n h w"]], Frames]) -> Iterator[Frame]:
    for chunk in spool.chunks(_CHUNK_FRAMES):
        yield from render(chunk.float())


def _arrows(spool: TensorSpool, source: Path, speed: float) -> Iterator[Frame]:
    pictures = iter_frames(source) if source.exists() else None
    _, _, height, width = spool.shape
    for index in range(spool.shape[1]):
        vectors = _vectors(spool.frames(index, index + 1).float())
        # An odd side grew by a pixel in the video.
        picture = None if pictures is None else next(pictures).pixels[None, :height, :width]
        yield from flow_to_arrows(vectors, pictures=picture, maximum=speed)


def _sink(stack: ExitStack, path: Path, fps: float, spool: TensorSpool) -> Callable[[Frame], None]:
    _, _, height, width = spool.shape
    return stack.enter_context(mp4_stream(path, fps=fps, size=(width, height), options=PREVIEW_OPTIONS))


def _vectors(motion: Float[Tensor, "2 f h w"]) -> Float[np.ndarray, "f h w 2"]:
    return np.ascontiguousarray(rearrange(motion, "c f h w -> f h w c").numpy())
