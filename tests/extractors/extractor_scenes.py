"""Clips and pictures the extractor tests draw or, where they are at hand, read."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

VIDEOS = Path(__file__).parents[3] / "shared" / "videos"
REAL_CLIPS = ("motion_transfer.mp4", "video_5360763.mp4")


def textured_pan(*, num_frames: int, height: int, width: int, dx: int, dy: int) -> NDArray[np.uint8]:
    """A smooth random texture whose content moves by (dx, dy) pixels a frame."""
    margin = num_frames * max(abs(dx), abs(dy), 1)
    noise = np.random.default_rng(0).random((height + 2 * margin, width + 2 * margin, 3), dtype=np.float32)
    texture = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX).astype(
        np.uint8
    )
    return np.stack(
        [texture[margin - i * dy :, margin - i * dx :][:height, :width] for i in range(num_frames)]
    )


def real_frames(name: str, *, num_frames: int = 4, step: int = 12) -> NDArray[np.uint8]:
    """Every `step`-th frame of a real clip; skips the test where the clip is absent."""
    path = VIDEOS / name
    if not path.exists():
        pytest.skip(f"{name} is not here")
    frames: list[NDArray[np.uint8]] = []
    with av.open(str(path), metadata_errors="ignore") as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index % step == 0:
                frames.append(frame.to_ndarray(format="rgb24"))
            if len(frames) == num_frames:
                break
    return np.stack(frames)


def drawing(
    *,
    page: tuple[int, int, int] = (255, 255, 255),
    ink: tuple[int, int, int] = (0, 0, 0),
    size: tuple[int, int] = (240, 320),
    thickness: int = 3,
) -> NDArray[np.uint8]:
    """A house, a sun and a hill, in lines."""
    height, width = size
    picture = np.full((height, width, 3), page, dtype=np.uint8)
    unit = height // 12

    def line(*points: tuple[int, int]) -> None:
        corners = np.array([[unit * x, unit * y] for x, y in points], dtype=np.int32)
        cv2.polylines(picture, [corners], False, ink, thickness, cv2.LINE_AA)

    line((2, 10), (2, 6), (4, 4), (6, 6), (6, 10), (2, 10))
    line((3, 10), (3, 8), (4, 8), (4, 10))
    cv2.circle(picture, (unit * 12, unit * 3), unit * 2, ink, thickness, cv2.LINE_AA)
    hill = (unit * 11, unit * 11)
    cv2.ellipse(picture, hill, (unit * 4, unit * 3), 0, 180, 360, ink, thickness, cv2.LINE_AA)
    return picture


def scanned(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture on grainy, yellowish, unevenly lit paper, through JPEG."""
    height, width = picture.shape[:2]
    light = np.linspace(1, 0.7, width, dtype=np.float32)[None, :, None] * np.float32([0.93, 0.89, 0.8])
    grain = np.random.default_rng(1).normal(0, 4, (height, width, 1)).astype(np.float32)
    photographed = np.clip(picture * light + grain, 0, 255).astype(np.uint8)
    _, encoded = cv2.imencode(".jpg", photographed, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), dtype=np.uint8)


def coloured_shapes() -> NDArray[np.uint8]:
    """A flat drawing in colours: a red disc and a green block on blue."""
    picture = np.full((240, 320, 3), (90, 140, 230), dtype=np.uint8)
    cv2.circle(picture, (100, 100), 50, (220, 40, 30), -1, cv2.LINE_AA)
    cv2.rectangle(picture, (180, 120), (280, 220), (40, 160, 60), -1)
    return picture


def depth_map() -> NDArray[np.uint8]:
    """A floor that comes nearer downwards and two flat things standing on it, in grey."""
    grey = np.repeat(np.linspace(20, 180, 240)[:, None], 320, axis=1).astype(np.uint8)
    cv2.circle(grey, (100, 120), 50, 200, -1, cv2.LINE_AA)
    cv2.rectangle(grey, (200, 60), (260, 200), 140, -1)
    return np.repeat(grey[..., None], 3, axis=-1)
