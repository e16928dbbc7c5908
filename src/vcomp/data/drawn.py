"""Drawn video: clips of moving shapes with exact ground truth for every condition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from vcomp.data.captions import write_caption
from vcomp.data.figures import figure
from vcomp.data.outlines import Outline
from vcomp.data.painting import LOOKS, detail_colour, paint_background, paper_grain, sprite_colours
from vcomp.data.scene import Scene, draw_scene
from vcomp.data.vocabulary import LEVELS
from vcomp.errors import UsageError
from vcomp.wording import words_of

BACKGROUND_INVERSE_DEPTH = 0.1
SCENERY_INVERSE_DEPTHS = {
    "ground": (BACKGROUND_INVERSE_DEPTH, 0.18, 0.18),
    "hills": (BACKGROUND_INVERSE_DEPTH, 0.18, 0.26),
    "sea": (BACKGROUND_INVERSE_DEPTH, 0.18, 0.18),
}
"""Of the sky and of the two layers below it."""

_SUBPIXEL_BITS = 4

Borders = list[NDArray[np.int32]]
"""Closed lines in fixed-point pixels; one inside another is that of a hole."""


@dataclass(frozen=True)
class DrawnVideo:
    """A scene painted frame by frame; what is not asked for is not computed.

    Args:
        scene: What is drawn.
        caption: What is said of it.
        num_frames: Length of the clip, ``f``.
        size_px: Side of the square frames, ``h = w``.
        first_frame: Index of the first frame within a clip of ``total_frames``.
        total_frames: Frames over which the scene's motions run.
    """

    scene: Scene
    caption: str
    num_frames: int = 16
    size_px: int = 128
    first_frame: int = 0
    total_frames: int = 16

    @cached_property
    def _times(self) -> list[float]:
        """The frame before the first one, then every frame; -0.5 to 0.5 over the whole clip."""
        span = max(1, self.total_frames - 1)
        return [(self.first_frame + i) / span - 0.5 for i in range(-1, self.num_frames)]

    @cached_property
    def _cameras(self) -> NDArray[np.float64]:
        return np.stack([_square(self.scene.camera.matrix(t)) for t in self._times])

    @cached_property
    def _sprites(self) -> NDArray[np.float64]:
        """Maps from outline to pixels ``[k f+1 3 3]``."""
        to_pixels = np.diag([self.size_px, self.size_px, 1.0])
        views = to_pixels @ self._cameras
        placed = [np.stack([_square(s.matrix(t)) for t in self._times]) for s in self.scene.sprites]
        return np.stack([views @ maps for maps in placed])

    @cached_property
    def _bodies(self) -> list[list[Borders]]:
        """Borders of the objects, by sprite and frame."""
        return [
            _placed(maps[1:], figure(sprite.shape).body)
            for sprite, maps in zip(self.scene.sprites, self._sprites, strict=True)
        ]

    @cached_property
    def _details(self) -> list[list[Borders]]:
        """Borders of what is painted on them, by sprite and frame."""
        return [
            _placed(maps[1:], figure(sprite.shape).details)
            for sprite, maps in zip(self.scene.sprites, self._sprites, strict=True)
        ]

    @cached_property
    def _areas(self) -> NDArray[np.uint8]:
        """Twice the number of the object that each pixel shows, and one more on its details ``[f h w]``."""
        areas = np.zeros((self.num_frames, self.size_px, self.size_px), np.uint8)
        for number, (bodies, details) in enumerate(zip(self._bodies, self._details, strict=True), start=1):
            for canvas, body, detail in zip(areas, bodies, details, strict=True):
                cv2.fillPoly(canvas, body, 2 * number, cv2.LINE_8, _SUBPIXEL_BITS)
                if detail:
                    cv2.fillPoly(canvas, detail, 2 * number + 1, cv2.LINE_8, _SUBPIXEL_BITS)
        return areas

    @cached_property
    def ids(self) -> NDArray[np.uint8]:
        """What each pixel shows ``[f h w]``: 0 the background, 1 the farthest object, and so on."""
        return self._areas // 2

    @cached_property
    def _backdrop(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """The background of every frame ``[f h w 3]`` and the areas in it ``[f h w]``."""
        side = self.size_px
        still = self.scene.camera.move == "still"
        # A moving camera shows what lies beyond the frame: paint it with a margin of half a side.
        margin = 0.0 if still else 0.5
        canvas_px = round(side * (1 + 2 * margin))
        picture, areas = paint_background(self.scene.background, self.scene.style, canvas_px, margin)
        if still:
            return np.repeat(picture[None], self.num_frames, 0), np.repeat(areas[None], self.num_frames, 0)
        to_pixels = np.diag([side, side, 1.0])
        from_canvas = np.array([[1 / side, 0, -0.5], [0, 1 / side, -0.5], [0, 0, 1.0]])
        pictures, maps = [], []
        for camera in self._cameras[1:]:
            affine = (to_pixels @ camera @ from_canvas)[:2]
            edge = {"borderMode": cv2.BORDER_REFLECT}
            pictures.append(cv2.warpAffine(picture, affine, (side, side), flags=cv2.INTER_LINEAR, **edge))
            maps.append(cv2.warpAffine(areas, affine, (side, side), flags=cv2.INTER_NEAREST, **edge))
        return np.stack(pictures), np.stack(maps)

    @cached_property
    def frames(self) -> NDArray[np.uint8]:
        """RGB ``[f h w 3]``."""
        style = self.scene.style
        look = LOOKS[style]
        frames = self._backdrop[0].copy()
        width = round(look.outline_px * self.size_px / 128)
        for sprite, bodies, details in zip(self.scene.sprites, self._bodies, self._details, strict=True):
            inside, rim = sprite_colours(sprite.colour, style)
            shade = detail_colour(sprite.colour, style)
            for canvas, body, detail in zip(frames, bodies, details, strict=True):
                cv2.fillPoly(canvas, body, inside, cv2.LINE_AA, _SUBPIXEL_BITS)
                if detail:
                    cv2.fillPoly(canvas, detail, shade, cv2.LINE_AA, _SUBPIXEL_BITS)
                if width:
                    cv2.polylines(canvas, body, True, rim, width, cv2.LINE_AA, _SUBPIXEL_BITS)
        if look.grain:
            frames = np.clip(frames + paper_grain(self.size_px, look.grain), 0, 255).astype(np.uint8)
        return frames

    @cached_property
    def sketch(self) -> NDArray[np.float32]:
        """Edges in [0, 1], bright on dark, about two pixels wide ``[f h w]``."""
        # Objects' areas start at 2 and backgrounds have up to three.
        areas = np.where(self._areas, self._areas + 1, self._backdrop[1])
        edges = np.zeros(areas.shape, np.bool_)
        across, down = areas[:, :, 1:] != areas[:, :, :-1], areas[:, 1:] != areas[:, :-1]
        edges[:, :, 1:] |= across
        edges[:, :, :-1] |= across
        edges[:, 1:] |= down
        edges[:, :-1] |= down
        return edges.astype(np.float32)

    @cached_property
    def depth(self) -> NDArray[np.float32]:
        """Relative inverse depth in [0, 1], larger is nearer ``[f h w]``."""
        depths = [BACKGROUND_INVERSE_DEPTH, *(sprite.inverse_depth for sprite in self.scene.sprites)]
        depth = np.array(depths, np.float32)[self.ids]
        kind = self.scene.background.kind
        if kind in SCENERY_INVERSE_DEPTHS:
            layers = np.array(SCENERY_INVERSE_DEPTHS[kind], np.float32)[self._backdrop[1]]
            depth = np.where(self.ids == 0, layers, depth)
        return depth

    @cached_property
    def flow(self) -> NDArray[np.float32]:
        """Pixels moved since the frame before, at the pixel arrived at ``[2 f h w]``; frame 0 is still."""
        side = self.size_px
        flow = np.zeros((2, self.num_frames, side, side), np.float32)
        y, x = np.mgrid[0:side, 0:side].astype(np.float32)
        grid = np.stack([x, y, np.ones_like(x)]) + np.array([0.5, 0.5, 0.0], np.float32)[:, None, None]
        to_pixels = np.diag([side, side, 1.0])
        for number, maps in enumerate([to_pixels @ self._cameras, *self._sprites]):
            for i in range(1, self.num_frames):
                back = (np.eye(3) - maps[i] @ np.linalg.inv(maps[i + 1]))[:2].astype(np.float32)
                if not np.abs(back).max() > 1e-7:
                    continue
                mask = self.ids[i] == number
                flow[:, i, mask] = back @ grid[:, mask]
        return flow

    @cached_property
    def foreground(self) -> NDArray[np.bool_]:
        """Where any object is ``[f h w]``."""
        return self.ids > 0


def _placed(maps: NDArray[np.float64], outlines: Sequence[Outline]) -> list[Borders]:
    """Outlines moved by maps ``[f 3 3]`` to pixels."""
    scale = 1 << _SUBPIXEL_BITS
    frames: list[Borders] = [[] for _ in maps]
    for points in outlines:
        # A pixel's centre, not its corner, is the integer position in OpenCV.
        placed = np.einsum("fij,nj->fni", maps[:, :2, :2], points) + maps[:, None, :2, 2] - 0.5
        for borders, corners in zip(frames, np.round(placed * scale).astype(np.int32), strict=True):
            borders.append(corners)
    return frames


def _square(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.vstack([matrix, [0.0, 0.0, 1.0]])


@dataclass(frozen=True, kw_only=True)
class DrawnDataset:
    """An endless, seeded collection: sample ``i`` is the same on every machine.

    Args:
        level: Name in :data:`vcomp.data.vocabulary.LEVELS`.
        seed: Another seed is another collection; training uses 0, evaluation 1.
        num_frames: Frames of each clip.
        size_px: Side of the frames.

    Raises:
        UsageError: ``level`` is unknown.
    """

    level: str = "styled"
    seed: int = 0
    num_frames: int = 16
    size_px: int = 128

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise UsageError(
                f"There is no level {self.level!r} of drawn video.", hint=f"Choose from {', '.join(LEVELS)}."
            )

    def __getitem__(self, index: int) -> DrawnVideo:
        rng = np.random.default_rng([self.seed, index])
        scene = draw_scene(rng, LEVELS[self.level])
        return DrawnVideo(scene, write_caption(rng, scene), self.num_frames, self.size_px, 0, self.num_frames)

    def still(self, index: int) -> DrawnVideo:
        """One frame, at a random time, of sample ``index``."""
        video = self[index]
        return replace(video, num_frames=1, first_frame=self.still_position(index))

    def still_position(self, index: int) -> int:
        """Which frame of sample ``index`` its `still` is."""
        return int(np.random.default_rng([self.seed, index, 2]).integers(self.num_frames))

    def style_picture(self, index: int) -> NDArray[np.uint8]:
        """A still of another scene that shares only the style of sample ``index`` ``[h w 3]``."""
        style = self[index].scene.style
        rng = np.random.default_rng([self.seed, index, 1])
        other = draw_scene(rng, LEVELS[self.level])
        scene = Scene(sprites=other.sprites, background=other.background, style=style)
        [still] = DrawnVideo(scene, "", 1, self.size_px, self.num_frames // 2, self.num_frames).frames
        return np.asarray(still)

    def words(self, num_captions: int = 10_000) -> tuple[str, ...]:
        """All words of the first captions, sorted: so many have the rarest of them, too."""
        captions = (self[index].caption for index in range(num_captions))
        return tuple(sorted({word for caption in captions for word in words_of(caption)}))

    def clips(self, start: int, stop: int) -> Iterator[DrawnVideo]:
        """Samples ``start`` to ``stop - 1``."""
        return (self[i] for i in range(start, stop))
