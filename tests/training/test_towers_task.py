"""The towers' task, and the vocabulary of the bundled towers."""

from __future__ import annotations

import math
from pathlib import Path

import micro
import pytest
import torch
from PIL import Image

from vcomp.data.drawn import DrawnDataset
from vcomp.data.vocabulary import LEVELS
from vcomp.models.clip import byte_pair_ids
from vcomp.training.frames import FrameSampler
from vcomp.training.loop import Schedule, Trainer
from vcomp.training.towers import TowersTask, tiny_towers


@pytest.fixture
def task() -> TowersTask:
    torch.manual_seed(0)
    return TowersTask(config=micro.TOWERS, sampler=FrameSampler("plain", 8), dtype=torch.float32)


def test_batches_pair_frames_with_their_captions(task: TowersTask) -> None:
    batch = task.draw(3)
    assert batch.pixels.shape == (8, 3, 64, 64)
    assert task.size(batch) == len(batch.captions) == 8
    assert batch.captions == task.draw(3).captions
    scenes = task.sampler.scenes(3)
    spoken = [
        video.scene.sprites[0].colour in caption
        for video, caption in zip(scenes, batch.captions, strict=True)
    ]
    assert sum(spoken) >= 6  # some captions leave words out


def test_a_few_steps_tell_a_batchs_pairs_apart(task: TowersTask, tmp_path: Path) -> None:
    batch = task.draw(0)
    task.draw = lambda step: batch  # type: ignore[method-assign]
    before = task.loss(batch).item()
    Trainer(task, Schedule(steps=60, learning_rate=5e-3, warmup=5), tmp_path).run()
    assert before > 0.8 * math.log(8)
    assert task.loss(batch).item() < 0.6 * before


def test_previews_are_the_matrix_of_similarities(task: TowersTask, tmp_path: Path) -> None:
    with torch.inference_mode():
        task.preview(tmp_path / "preview.png")
    assert Image.open(tmp_path / "preview.png").size == (8 * 16, 8 * 16)


def test_the_bundled_towers_know_the_words_of_every_level() -> None:
    known = set(tiny_towers().vocabulary)
    for level in LEVELS:
        captions = [video.caption for video in DrawnDataset(level=level, seed=1).clips(0, 200)]
        assert set(byte_pair_ids(captions)) <= known
