"""Every condition of a video or a picture, chunk by chunk, into a bundle."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import repeat
from pathlib import Path

import numpy as np
from jaxtyping import Float
from torch import Tensor

from vcomp.conditions.bundle import BundleWriter
from vcomp.conditions.looks import MOTIONS, SOURCE_VIDEO
from vcomp.conditions.manifest import Manifest, SourceEntry
from vcomp.errors import ConditionError
from vcomp.extractors.chunks import Chunk, Sampling, read_chunks
from vcomp.extractors.detect import looks_like_depth, looks_like_sketch
from vcomp.extractors.drawing import depth_from_grey, sketch_from_drawing
from vcomp.extractors.masking import mask_condition, white_areas
from vcomp.extractors.motion_vectors import Fill, motion_vectors
from vcomp.extractors.named import NamedExtractor
from vcomp.extractors.names import names_of
from vcomp.media.clip import Frame, Frames
from vcomp.media.encode import PREVIEW_OPTIONS, mp4_stream
from vcomp.media.pixels import to_tensor
from vcomp.media.read import UNTIMED_FPS, iter_frames, media_kind, read_picture
from vcomp.media.sources import open_source
from vcomp.media.write import write_picture

_CHUNKS_AHEAD = 1  # begun while the results of another are written
_LIBRARIES = ("vcomp", "torch", "opencv-python-headless", "av", "numpy")


@dataclass(frozen=True, eq=False, kw_only=True)
class Extraction:
    """What to extract, and by what.

    Args:
        sampling: Frames and size.
        sketch: The edge detector.
        depth: The depth estimator.
        flow: The estimator of dense flow.
        names: Of `vcomp.extractors.names.NAMES`; empty takes what the source has.
        mask: White where the video is to be regenerated; adds `mask` to the names.
        fill: How motion vectors are written onto the pixels.
        recognise: Of `sketch` and `depth`, those as which drawings and grey depth maps are used as they are.
        half: Keep tensors in half precision: half the disk, three digits.
        looks: Write videos, strips and a page too, not only tensors and manifest.
    """

    sampling: Sampling
    sketch: NamedExtractor
    depth: NamedExtractor
    flow: NamedExtractor
    names: tuple[str, ...] = ()
    mask: str | Path | None = None
    fill: Fill = "block"
    recognise: frozenset[str] = frozenset({"sketch", "depth"})
    half: bool = False
    looks: bool = True


def extract(
    path: str | Path,
    writer: BundleWriter,
    extraction: Extraction,
    *,
    on_frames: Callable[[int], None] | None = None,
) -> Manifest:
    """Read a source once, from its first frame to its last, and write a bundle of its conditions.

    Args:
        path: A video, an animation, a picture, a folder of pictures, or `-`.
        writer: Gets the conditions, and is finished.
        extraction: What and how.
        on_frames: Called with the number of frames done.

    Raises:
        MediaError: The source, or the mask, is missing or unreadable.
        ConditionError: The source does not have what is asked for.
        OutputError: The bundle cannot be written.
    """
    kind = media_kind(path)
    wanted = names_of(kind, extraction.names, has_mask=extraction.mask is not None)
    with ExitStack() as stack:
        rate = extraction.sampling.fps or open_source(path, untimed_fps=UNTIMED_FPS).fps
        fps = rate if kind == "video" else None
        work = _Work(writer, extraction, wanted, fps=fps, stack=stack)
        for done in work.through(read_chunks(path, extraction.sampling)):
            if on_frames:
                on_frames(done)
    manifest = work.manifest(SourceEntry(path=str(path), kind=kind, size=work.source_size))
    writer.finish(manifest, looks=extraction.looks)
    return manifest


@dataclass(frozen=True, eq=False)
class _Begun:
    """A chunk at which the extractors are."""

    chunk: Chunk
    parts: Mapping[str, Future[Float[Tensor, "c n h w"]]]
    shown: Future[None]


@dataclass(eq=False)
class _Work:
    """One extraction in progress."""

    writer: BundleWriter
    extraction: Extraction
    wanted: tuple[str, ...]
    fps: float | None
    stack: ExitStack
    times_s: list[float] = field(default_factory=list)
    source_size: tuple[int, int] = (0, 0)
    size: tuple[int, int] = (0, 0)
    _by: dict[str, NamedExtractor] = field(default_factory=dict)
    _lanes: dict[str, ThreadPoolExecutor] = field(default_factory=dict)
    _masks: Iterator[Frame] | None = None
    _has_white: bool = False
    _add_preview: Callable[[Frame], None] | None = None

    def through(self, chunks: Iterator[Chunk]) -> Iterator[int]:
        """Extract from all of them, and yield the number of frames done after each."""
        begun: deque[_Begun] = deque()
        for chunk in chunks:
            if not any(self.size):
                self._begin(chunk)
            begun.append(self._start(chunk))
            if len(begun) > _CHUNKS_AHEAD:
                yield self._finish(begun.popleft())
        while begun:
            yield self._finish(begun.popleft())

    def _start(self, chunk: Chunk) -> _Begun:
        """Give each extractor a chunk; none waits for another, so that no core waits either."""
        shown = self._lane("preview").submit(self._preview, chunk.frames)
        parts = {
            name: self._lane(name).submit(_continued, chunk, extractor)
            if name in MOTIONS
            else self._lane(name).submit(extractor.run, chunk.frames)
            for name, extractor in self._by.items()
            if name != "single_sketch"
        }
        return _Begun(chunk, parts, shown)

    def _finish(self, begun: _Begun) -> int:
        for name, part in begun.parts.items():
            self._append(name, part.result())
        begun.shown.result()
        if "mask" in self.wanted:
            self._append("mask", self._mask(begun.chunk))
        self.times_s.extend(begun.chunk.times_s)
        return len(self.times_s)

    def _lane(self, name: str) -> ThreadPoolExecutor:
        """A thread that does one thing for chunk after chunk."""
        if name not in self._lanes:
            self._lanes[name] = self.stack.enter_context(ThreadPoolExecutor(1))
        return self._lanes[name]

    def manifest(self, source: SourceEntry) -> Manifest:
        """What the bundle says of itself.

        Raises:
            ConditionError: The mask is black.
        """
        if "mask" in self.wanted and not self._has_white:
            raise ConditionError(
                f"The mask {self.extraction.mask} has no white in it, so nothing would be regenerated.",
                hint="Paint white what is to be new, and black what is to stay.",
            )
        entries = {
            name: entry.model_copy(
                update={
                    "extractor": self._by[name].described,
                    "weights_sha256": self._by[name].weights_sha256,
                }
            )
            if name in self._by
            else entry
            for name, entry in self.writer.entries().items()
        }
        sampling = self.extraction.sampling
        return Manifest(
            vcomp=version("vcomp"),
            source=source.model_copy(update={"start_s": sampling.start_s}),
            size=self.size,
            fit=sampling.fit,
            fps=self.fps,
            times_s=tuple(self.times_s),
            conditions=entries,
            versions={library: version(library) for library in _LIBRARIES},
        )

    def _begin(self, chunk: Chunk) -> None:
        """Choose extractors by what the first frames look like, and take what only they give."""
        self.source_size = (chunk.first.shape[1], chunk.first.shape[0])
        self.size = (chunk.frames.shape[2], chunk.frames.shape[1])
        chosen = _chosen(self.extraction, chunk.frames)
        self._by = {name: chosen[name] for name in self.wanted if name in chosen}
        first = chunk.frames[:1]
        if "single_sketch" in self.wanted:
            self._append("single_sketch", chosen["single_sketch"].run(first))
        if "image" in self.wanted:
            self._append("image", (to_tensor(first) + 1) / 2)
        if "style" in self.wanted:
            self.writer.style = chunk.first
        if self.extraction.looks:
            self._begin_preview(first[0])

    def _begin_preview(self, first: Frame) -> None:
        if self.fps is None:
            write_picture(first, self.writer.folder / "source.png")
            return
        stream = mp4_stream(
            self.writer.folder / SOURCE_VIDEO,
            fps=self.fps,
            size=self.size,
            options=PREVIEW_OPTIONS,
        )
        self._add_preview = self.stack.enter_context(stream)

    def _preview(self, frames: Frames) -> None:
        if self._add_preview:
            for frame in frames:
                self._add_preview(frame)

    def _append(self, name: str, part: Float[Tensor, "c n h w"]) -> None:
        self.writer.append(name, part.half() if self.extraction.half else part.float())

    def _mask(self, chunk: Chunk) -> Float[Tensor, "4 n h w"]:
        """The mask condition of a chunk; a mask that ends sooner than the video holds its last frame."""
        assert self.extraction.mask is not None
        if self._masks is None:
            self._masks = _held_frames(self.extraction.mask, self.extraction.sampling)
        masks = [next(self._masks) for _ in chunk.frames]
        white = white_areas(
            np.stack(masks), source_size=self.source_size, size=self.size, mode=self.extraction.sampling.fit
        )
        self._has_white = self._has_white or bool(white.any())
        return mask_condition(chunk.frames, white)


def _chosen(extraction: Extraction, frames: Frames) -> dict[str, NamedExtractor]:
    sketch, depth = extraction.sketch, extraction.depth
    if "sketch" in extraction.recognise and looks_like_sketch(frames):
        sketch = NamedExtractor("the drawing itself", sketch_from_drawing)
    if "depth" in extraction.recognise and looks_like_depth(frames):
        depth = NamedExtractor("the grey depth map itself", depth_from_grey)
    vectors = NamedExtractor(
        f"MPEG-4 motion vectors, of the frames encoded anew for it, {extraction.fill}",
        lambda f: motion_vectors(f, fill=extraction.fill),
    )
    return {
        "sketch": sketch,
        "single_sketch": sketch,
        "depth": depth,
        "motion": vectors,
        "flow": extraction.flow,
    }


def _continued(chunk: Chunk, extractor: NamedExtractor) -> Float[Tensor, "2 n h w"]:
    """Motion of a chunk, that of its first frame from the frame before the chunk."""
    if chunk.before is None:
        return extractor.run(chunk.frames)
    return extractor.run(np.concatenate([chunk.before[None], chunk.frames]))[:, 1:]


def _held_frames(path: str | Path, sampling: Sampling) -> Iterator[Frame]:
    """A picture forever, or a video's frames and then its last."""
    if media_kind(path) == "picture":
        yield from repeat(read_picture(path))
    for timed in iter_frames(path, fps=sampling.fps, start_s=sampling.start_s):
        last = timed.pixels
        yield last
    yield from repeat(last)
