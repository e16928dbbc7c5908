"""Training of the classifier that tells what generated frames show: on drawn frames alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vcomp.data.drawn import DrawnVideo
from vcomp.data.scene import draw_scene
from vcomp.data.vocabulary import LEVELS, SHAPES, STYLES
from vcomp.media.clip import Frame
from vcomp.models.judge import Judge
from vcomp.training.frames import normalised
from vcomp.training.loop import Schedule, Trainer
from vcomp.training.progress import Progress
from vcomp.weights import write_tensors

JUDGED = replace(LEVELS["bold"], max_sprites=1)
"""What it learns from: one plain shape, large enough to be told from others, in any style."""

SCHEDULE = Schedule(steps=2200, learning_rate=3e-3, warmup=50, ema_decay=0.99)
BATCH_SIZE = 48
_TOTAL_FRAMES = 16


@dataclass(frozen=True)
class JudgedFrames:
    """Frames ``[n 3 h w]`` in [-1, 1], and the numbers of their kinds and styles ``[n]``."""

    frames: Tensor
    kinds: Tensor
    styles: Tensor


def judged_frame(rng: np.random.Generator, *, size_px: int = 128) -> DrawnVideo:
    """One frame of a scene it is made for, at a random time."""
    scene, first = draw_scene(rng, JUDGED), int(rng.integers(_TOTAL_FRAMES))
    return DrawnVideo(scene, "", 1, size_px, first, _TOTAL_FRAMES)


class JudgeTask:
    """Learn the kind of the object and the style of a frame, which is at times as soft as generated ones.

    Args:
        batch_size: Frames a batch.
        seed: Of the scenes.
        size_px: Side of the frames.
    """

    name = "judge"

    def __init__(self, *, batch_size: int = BATCH_SIZE, seed: int = 0, size_px: int = 128) -> None:
        self._batch_size, self._seed, self._size_px = batch_size, seed, size_px
        self.model = new_judge()

    def draw(self, step: int) -> JudgedFrames:
        """Frames and what they show."""
        rng = np.random.default_rng([self._seed, step, 53])
        videos = [judged_frame(rng, size_px=self._size_px) for _ in range(self._batch_size)]
        frames = np.stack([_softened(rng, video.frames[0]) for video in videos])
        return JudgedFrames(
            normalised(frames).contiguous(memory_format=torch.channels_last),
            torch.tensor([SHAPES.index(video.scene.sprites[0].shape) for video in videos]),
            torch.tensor([STYLES.index(video.scene.style) for video in videos]),
        )

    def loss(self, batch: JudgedFrames) -> Tensor:
        """Cross-entropy of both answers."""
        verdict = self.model(batch.frames)
        return F.cross_entropy(verdict.kind, batch.kinds) + F.cross_entropy(verdict.style, batch.styles)

    def size(self, batch: JudgedFrames) -> int:
        """Frames."""
        return len(batch.frames)

    def preview(self, path: Path) -> None:
        """Frames that it learns from."""
        from vcomp.media import write_picture
        from vcomp.training.previews import grid

        write_picture(grid([self.draw(10**6).frames[:8]]), path)


def new_judge() -> Judge:
    """One that has learnt nothing yet."""
    judge = Judge(num_kinds=len(SHAPES), num_styles=len(STYLES))
    return judge.to(memory_format=torch.channels_last)


def train_judge(
    folder: Path, out: Path, *, schedule: Schedule = SCHEDULE, report: Callable[[Progress], None]
) -> None:
    """Train one, or go on with it, and write its weights in half precision.

    Args:
        folder: For the checkpoint.
        out: A safetensors file.
        schedule: For how long.
        report: Called with the progress about every ten seconds.

    Raises:
        WeightsError: The checkpoint is damaged.
    """
    torch.manual_seed(0)
    task = JudgeTask()
    Trainer(task, schedule, folder, report=report).run()
    write_tensors(out, {name: tensor.half() for name, tensor in task.model.state_dict().items()})


def _softened(rng: np.random.Generator, frame: Frame) -> Frame:
    """A frame with the blur and the noise of a generated one, or without."""
    picture = frame.astype(np.float32)
    if rng.random() < 0.5:
        picture = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.4, 1.4)))
    if rng.random() < 0.5:
        picture = picture + rng.standard_normal(picture.shape).astype(np.float32) * rng.uniform(1, 8)
    return np.clip(picture, 0, 255).astype(np.uint8)
