"""The towers' task, and the vocabulary of the bundled towers."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import micro
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from vcomp.data.drawn import DrawnDataset, DrawnVideo
from vcomp.data.vocabulary import BACKGROUND_COLOURS, COLOURS, LEVELS
from vcomp.models.clip import byte_pair_ids
from vcomp.training.frames import normalised
from vcomp.training.lookalikes import LookalikeSampler
from vcomp.training.loop import Schedule, Trainer
from vcomp.training.towers import TowersTask, tiny_towers


@pytest.fixture(scope="module")
def sampler() -> LookalikeSampler:
    return LookalikeSampler("plain", num_pictures=300, batch_size=8, group_size=3)


@pytest.fixture
def task(sampler: LookalikeSampler) -> TowersTask:
    torch.manual_seed(0)
    return TowersTask(config=micro.TOWERS, sampler=sampler, dtype=torch.float32)


def test_batches_pair_frames_with_their_captions(task: TowersTask) -> None:
    batch = task.draw(3)
    assert batch.pixels.shape == (8, 3, 64, 64)
    assert task.size(batch) == len(batch.captions) == 8
    again = task.draw(3)
    assert batch.captions == again.captions
    assert torch.equal(batch.pixels, again.pixels)
    dataset = DrawnDataset(level="plain", seed=0)
    stills = torch.stack([small_still(dataset.still(row)) for row in range(300)])
    for pixels, caption in zip(batch.pixels, batch.captions, strict=True):
        row = int((stills - pixels).abs().mean((1, 2, 3)).argmin())
        assert torch.equal(stills[row], pixels)
        assert dataset[row].scene.sprites[0].shape in caption


def small_still(video: DrawnVideo) -> Tensor:
    [frame] = video.frames
    return normalised(cv2.resize(frame, (64, 64), interpolation=cv2.INTER_AREA)[None])[0]


def test_frames_of_a_group_share_their_colours(sampler: LookalikeSampler) -> None:
    group = LookalikeSampler("plain", num_pictures=300, batch_size=3, group_size=3)
    shared = 0
    for step in range(20):
        [first, *others] = [colour_words(caption) for caption in group.draw(step).captions]
        shared += all(first == other for other in others)
    chance = sum(
        len({*map(tuple, map(colour_words, sampler.draw(step).captions))}) == 1 for step in range(20)
    )
    assert shared >= 10  # captions leave words out, and not every group has three
    assert chance == 0  # a batch has several groups


def colour_words(caption: str) -> list[str]:
    return sorted(
        word for word in caption.replace(",", "").split() if word in {*COLOURS, *BACKGROUND_COLOURS}
    )


def test_a_few_steps_tell_a_batchs_pairs_apart(task: TowersTask, tmp_path: Path) -> None:
    batch = task.draw(0)
    task.draw = lambda step: batch  # type: ignore[method-assign]
    before = task.loss(batch).item()
    Trainer(task, Schedule(steps=60, learning_rate=5e-3, warmup=5), tmp_path).run()
    assert before > 0.8 * math.log(8)
    assert task.loss(batch).item() < 0.6 * before


def test_tokens_learn_to_tell_their_words_which_pairs_do_not_teach(task: TowersTask, tmp_path: Path) -> None:
    words = "moves right", "moves left"
    Trainer(task, Schedule(steps=60, learning_rate=5e-3, warmup=5), tmp_path).run()
    with torch.inference_mode():
        right, left = F.normalize(task.model.text_tokens(words), dim=-1)[:, 2]
    assert (right @ left).item() < 0.8


def test_previews_are_the_matrix_of_similarities(task: TowersTask, tmp_path: Path) -> None:
    with torch.inference_mode():
        task.preview(tmp_path / "preview.png")
    assert Image.open(tmp_path / "preview.png").size == (8 * 16, 8 * 16)


def test_the_bundled_towers_know_the_words_of_every_level() -> None:
    known = set(tiny_towers().vocabulary)
    for level in LEVELS:
        captions = [video.caption for video in DrawnDataset(level=level, seed=1).clips(0, 200)]
        assert set(byte_pair_ids(captions)) <= known
