"""The training loop: exact resume, averaging, checkpoints, what it reports."""

from __future__ import annotations

import itertools
import math
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor
from toy_task import ToyTask

from vcomp.errors import ResourceError, WeightsError
from vcomp.training.loop import Schedule, Trainer, read_checkpoint
from vcomp.training.progress import Progress

SCHEDULE = Schedule(steps=12, learning_rate=1e-2, warmup=3)


def interrupt_at(call: int) -> Callable[[], None]:
    calls = itertools.count()

    def on_loss() -> None:
        if next(calls) == call:
            raise KeyboardInterrupt

    return on_loss


def flattened(state: object) -> list[Tensor | float]:
    """Every number of a checkpoint, in order."""
    if isinstance(state, dict):
        return [leaf for key in sorted(state, key=str) for leaf in flattened(state[key])]
    if isinstance(state, list | tuple):
        return [leaf for item in state for leaf in flattened(item)]
    return [state]  # type: ignore[list-item]


def assert_same(first: object, second: object) -> None:
    for a, b in zip(flattened(first), flattened(second), strict=True):
        assert torch.equal(a, b) if isinstance(a, Tensor) else a == b


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_an_interrupted_run_goes_on_as_if_it_had_not_been(tmp_path: Path, dtype: torch.dtype) -> None:
    straight = ToyTask(dtype=dtype)
    assert Trainer(straight, SCHEDULE, tmp_path / "straight").run()

    with pytest.raises(KeyboardInterrupt):
        Trainer(ToyTask(on_loss=interrupt_at(5), dtype=dtype), SCHEDULE, tmp_path / "parts").run()
    torch.manual_seed(77)  # whatever the process did in between
    resumed = ToyTask(dtype=dtype)
    trainer = Trainer(resumed, SCHEDULE, tmp_path / "parts")
    assert trainer.step == 5
    assert trainer.run()

    assert_same(read_checkpoint(tmp_path / "straight/toy.ckpt"), read_checkpoint(tmp_path / "parts/toy.ckpt"))
    assert_same(straight.model.state_dict(), resumed.model.state_dict())


def test_previews_change_nothing(tmp_path: Path) -> None:
    Trainer(ToyTask(), SCHEDULE, tmp_path / "without").run()
    Trainer(ToyTask(), SCHEDULE, tmp_path / "with", preview_every=5).run()
    assert {p.name for p in (tmp_path / "with").iterdir()} == {"toy.ckpt", "toy_000005.png", "toy_000010.png"}
    assert_same(read_checkpoint(tmp_path / "without/toy.ckpt"), read_checkpoint(tmp_path / "with/toy.ckpt"))


def test_a_finished_run_holds_the_average(tmp_path: Path) -> None:
    task = ToyTask()
    Trainer(task, SCHEDULE, tmp_path).run()
    state = read_checkpoint(tmp_path / "toy.ckpt")
    assert_same(dict(task.model.named_parameters()), state["averaged"])
    assert not torch.equal(state["averaged"]["0.weight"], state["weights"]["masters"][0])
    assert not task.model.training


def test_training_learns(tmp_path: Path) -> None:
    task = ToyTask()
    probe = task.draw(999)
    before = task.loss(probe).item()
    Trainer(task, Schedule(steps=150, learning_rate=3e-2, warmup=10), tmp_path).run()
    assert task.loss(probe).item() < 0.3 * before


def test_no_time_is_no_step_and_a_checkpoint_to_go_on_from(tmp_path: Path) -> None:
    assert not Trainer(ToyTask(), SCHEDULE, tmp_path).run(max_minutes=0)
    assert read_checkpoint(tmp_path / "toy.ckpt")["step"] == 0


def test_start_from_takes_the_weights_and_not_the_progress(tmp_path: Path) -> None:
    Trainer(ToyTask(), SCHEDULE, tmp_path / "first").run()
    averaged = read_checkpoint(tmp_path / "first/toy.ckpt")["averaged"]
    task = ToyTask()
    trainer = Trainer(task, SCHEDULE, tmp_path / "second")
    trainer.start_from(averaged)
    assert trainer.step == 0
    assert_same(dict(task.model.named_parameters()), averaged)
    assert_same(trainer.weights.averaged_state(), averaged)


def test_an_interrupted_write_leaves_the_checkpoint_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer(ToyTask(), SCHEDULE, tmp_path)
    trainer.save()
    before = trainer.checkpoint.read_bytes()

    def disk_full(state: object, path: Path) -> None:
        path.write_bytes(b"half a checkpoint")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", disk_full)
    with pytest.raises(OSError, match="No space"):
        trainer.save()
    assert trainer.checkpoint.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 and no more"])
def test_a_damaged_checkpoint_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "toy.ckpt").write_bytes(content)
    with pytest.raises(WeightsError, match=r"toy.ckpt is damaged. Delete it"):
        Trainer(ToyTask(), SCHEDULE, tmp_path)


def test_a_checkpoint_with_a_flaw_is_named(tmp_path: Path) -> None:
    trainer = Trainer(ToyTask(), SCHEDULE, tmp_path)
    trainer.save()
    content = bytearray(trainer.checkpoint.read_bytes())
    start = content.index(b"data.pkl")
    content[start + 40 : start + 400] = bytes(360)
    trainer.checkpoint.write_bytes(content)
    with pytest.raises(WeightsError, match=r"toy.ckpt is damaged"):
        Trainer(ToyTask(), SCHEDULE, tmp_path)


def test_a_checkpoint_of_another_model_is_refused(tmp_path: Path) -> None:
    Trainer(ToyTask(), SCHEDULE, tmp_path).save()
    other = ToyTask()
    other.model[2] = torch.nn.Linear(8, 2)
    with pytest.raises(WeightsError, match=r"2 parameters differ, as 2.bias \(need \(2,\), got \(1,\)\)"):
        Trainer(other, SCHEDULE, tmp_path)


def test_the_rate_grows_falls_and_ends_at_a_twentieth() -> None:
    schedule = Schedule(steps=1000, learning_rate=2.0, warmup=100)
    rates = [schedule.rate(step) for step in range(1001)]
    assert rates[0] == pytest.approx(0.02)
    assert rates[49] == pytest.approx(1.0)
    assert max(rates) == rates[100] == 2.0
    assert rates[550] == pytest.approx(1.05)
    assert rates[1000] == pytest.approx(0.1)
    assert all(a >= b for a, b in itertools.pairwise(rates[100:]))


def test_progress_is_reported_with_speed_and_time_left(tmp_path: Path) -> None:
    reports: list[Progress] = []
    Trainer(ToyTask(), SCHEDULE, tmp_path, report=reports.append).run()
    [last] = reports
    assert (last.task, last.step, last.steps, last.left_s) == ("toy", 12, 12, 0.0)
    assert last.samples_per_s > 0
    assert last.loss is not None
    assert math.isfinite(last.loss)
    line = str(Progress("toy", 30, 120, 0.51234, 8.04, 90.0))
    assert line == "toy 30/120  loss 0.5123  8.0 samples/s  1.5 min left"


@pytest.mark.parametrize(("batches", "dtype"), [(2, torch.float32), (2, torch.bfloat16), (3, torch.float32)])
def test_more_processes_change_nothing(tmp_path: Path, batches: int, dtype: torch.dtype) -> None:
    schedule = Schedule(steps=6, learning_rate=1e-2, warmup=3, batches=batches)
    threads = torch.get_num_threads()
    torch.set_num_threads(batches)
    try:
        Trainer(ToyTask(dtype=dtype), schedule, tmp_path / "alone").run()
        make_task = partial(ToyTask, dtype=dtype)
        Trainer(ToyTask(dtype=dtype), schedule, tmp_path / "paired", make_task=make_task).run()
    finally:
        torch.set_num_threads(threads)
    assert_same(read_checkpoint(tmp_path / "alone/toy.ckpt"), read_checkpoint(tmp_path / "paired/toy.ckpt"))


def test_a_step_of_two_batches_averages_their_gradients(tmp_path: Path) -> None:
    task = ToyTask()
    trainer = Trainer(task, Schedule(steps=1, learning_rate=1e-2, batches=2), tmp_path)
    expected = []
    for index in range(2):
        torch.manual_seed(index)
        task.loss(task.draw(index)).backward()  # type: ignore[no-untyped-call]
    expected = [p.grad / 2 for p in task.model.parameters() if p.grad is not None]
    task.model.zero_grad()
    seen: list[Tensor] = []
    publish = trainer.weights.step

    def note(*, step: int, learning_rate: float, clip_norm: float) -> float:
        seen.extend(p.grad.clone() for p in task.model.parameters() if p.grad is not None)
        return publish(step=step, learning_rate=learning_rate, clip_norm=clip_norm)

    trainer.weights.step = note  # type: ignore[method-assign]
    trainer.run()
    for mine, theirs in zip(seen, expected, strict=True):
        torch.testing.assert_close(mine, theirs)


def die() -> ToyTask:
    raise SystemExit(3)


def test_a_process_that_dies_is_told(tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with pytest.raises(ResourceError, match="A training process died"):
            Trainer(
                ToyTask(), Schedule(steps=6, learning_rate=1e-2, batches=2), tmp_path, make_task=die
            ).run()
    finally:
        torch.set_num_threads(threads)


def test_an_interruption_waits_for_the_end_of_a_step(tmp_path: Path) -> None:
    trainer = Trainer(ToyTask(), SCHEDULE, tmp_path)
    publish = trainer.weights.step

    def interrupted(*, step: int, learning_rate: float, clip_norm: float) -> float:
        if step == 2:
            signal.raise_signal(signal.SIGINT)
        return publish(step=step, learning_rate=learning_rate, clip_norm=clip_norm)

    trainer.weights.step = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        trainer.run()
    assert read_checkpoint(tmp_path / "toy.ckpt")["step"] == 3
    Trainer(ToyTask(), SCHEDULE, tmp_path).run()
    Trainer(ToyTask(), SCHEDULE, tmp_path / "whole").run()
    assert_same(read_checkpoint(tmp_path / "toy.ckpt"), read_checkpoint(tmp_path / "whole/toy.ckpt"))
