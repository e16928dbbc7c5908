"""The classifier of drawn frames: its batches, and that it learns."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image

from vcomp.models.judge import Judge
from vcomp.models.system import load_exactly
from vcomp.training.judge import JudgeTask, train_judge
from vcomp.training.loop import Schedule, Trainer
from vcomp.training.progress import Progress
from vcomp.weights import read_tensors


def test_batches_are_a_function_of_the_step() -> None:
    task = JudgeTask(batch_size=6)
    batch, again, other = task.draw(3), task.draw(3), task.draw(4)
    assert torch.equal(batch.frames, again.frames)
    assert torch.equal(batch.kinds, again.kinds)
    assert not torch.equal(batch.frames, other.frames)
    assert batch.frames.shape == (6, 3, 128, 128)
    assert -1 <= batch.frames.min() < batch.frames.max() <= 1
    assert task.size(batch) == 6


def test_a_few_steps_on_one_batch_reduce_the_loss(tmp_path: Path) -> None:
    torch.manual_seed(0)
    task = JudgeTask(batch_size=8)
    batch = task.draw(0)
    task.draw = lambda step: batch  # type: ignore[method-assign]
    before = task.loss(batch).item()
    Trainer(task, Schedule(steps=25, learning_rate=3e-3, warmup=5, ema_decay=0.5), tmp_path).run()
    with torch.no_grad():
        assert task.loss(batch).item() < 0.6 * before


def test_what_is_written_can_be_loaded(tmp_path: Path) -> None:
    told: list[Progress] = []
    schedule = Schedule(steps=1, learning_rate=1e-3)
    train_judge(tmp_path / "run", tmp_path / "judge.safetensors", schedule=schedule, report=told.append)
    state = read_tensors(tmp_path / "judge.safetensors")
    assert {tensor.dtype for tensor in state.values()} == {torch.float16}
    judge = Judge(num_kinds=10, num_styles=6)
    load_exactly(judge, state, source="test")
    verdict = judge(torch.zeros(2, 3, 128, 128))
    assert (verdict.kind.shape, verdict.style.shape) == ((2, 10), (2, 6))
    assert (tmp_path / "run" / "judge.ckpt").is_file()
    assert told[-1].step == 1


def test_previews_show_frames(tmp_path: Path) -> None:
    JudgeTask(batch_size=3).preview(tmp_path / "preview.png")
    assert Image.open(tmp_path / "preview.png").size == (3 * 128, 128)
