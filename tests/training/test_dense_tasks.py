"""The edge detector's and the depth estimator's tasks."""

from __future__ import annotations

from pathlib import Path

import micro
import pytest
import torch
from PIL import Image

from vcomp.training.dense import DenseTask, depth_task, edge_task
from vcomp.training.frames import FrameSampler
from vcomp.training.loop import Schedule, Trainer

TASKS = ("pidinet", "depth")


def build(name: str) -> DenseTask:
    torch.manual_seed(0)
    sampler = FrameSampler("styled", 3)
    return edge_task(micro.PIDINET, sampler) if name == "pidinet" else depth_task(micro.DEPTH, sampler)


@pytest.mark.parametrize("name", TASKS)
def test_targets_are_exact_and_frames_disturbed(name: str) -> None:
    task = build(name)
    batch, again = task.draw(2), task.draw(2)
    videos = task.sampler.scenes(2)
    for row, video in enumerate(videos):
        exact = video.sketch if name == "pidinet" else video.depth
        assert torch.equal(batch.target[row], torch.from_numpy(exact))
        assert not torch.equal(batch.frames[row].permute(1, 2, 0), torch.from_numpy(video.frames[0]) / 255)
    assert torch.equal(batch.frames, again.frames)
    assert batch.frames.min() >= 0
    assert batch.frames.max() <= 1
    assert batch.target.shape == (3, 1, 128, 128)
    assert task.size(batch) == 3
    assert task.name == name


@pytest.mark.parametrize("name", TASKS)
def test_a_few_steps_on_one_batch_reduce_the_loss(name: str, tmp_path: Path) -> None:
    task = build(name)
    batch = task.draw(0)
    task.draw = lambda step: batch  # type: ignore[method-assign]
    before = task.loss(batch).item()
    Trainer(task, Schedule(steps=25, learning_rate=1e-2, warmup=5), tmp_path).run()
    with torch.no_grad():
        assert task.loss(batch).item() < 0.8 * before


@pytest.mark.parametrize("name", TASKS)
def test_previews_show_frames_targets_and_results(name: str, tmp_path: Path) -> None:
    task = build(name)
    with torch.inference_mode():
        task.preview(tmp_path / "preview.png")
    assert Image.open(tmp_path / "preview.png").size == (3 * 128, 3 * 128)
