"""The UNet's task: its loss, how conditions enter, previews."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import micro
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from vcomp.diffusion.schedule import NoiseSchedule
from vcomp.training.cache import VideoCache
from vcomp.training.dropout import ConditionDropout
from vcomp.training.loop import Schedule, Trainer
from vcomp.training.unet import Frozen, UNetTask, draw_timesteps, loss_weights
from vcomp.training.videos import KeptCondition, VideoBatch, VideoSampler

KEEP_ALL = ConditionDropout(keep_all_p=1, drop_all_p=0)


def task_on(
    cache: VideoCache,
    frozen: Frozen,
    *,
    dropout: ConditionDropout | None = KEEP_ALL,
    frames: int = 4,
    size: int = 4,
    dtype: torch.dtype = torch.float32,
) -> UNetTask:
    torch.manual_seed(0)
    return UNetTask(
        name="task",
        config=micro.UNET,
        sampler=VideoSampler(cache=cache, shapes=((frames, size),), weights=(1.0,), dropout=dropout),
        frozen=frozen,
        schedule=NoiseSchedule.scaled_linear(zero_terminal_snr=True),
        prediction_type="x0",
        dtype=dtype,
    )


def mean_loss(task: UNetTask, batch: VideoBatch) -> float:
    """Over the same timesteps and noise each time."""
    torch.manual_seed(1)
    with torch.no_grad():
        return sum(task.loss(batch).item() for _ in range(8)) / 8


@pytest.mark.parametrize("dropout", [None, KEEP_ALL])
def test_a_few_steps_on_one_batch_reduce_the_loss(
    cache: VideoCache, frozen: Frozen, tmp_path: Path, dropout: ConditionDropout | None
) -> None:
    task = task_on(cache, frozen, dropout=dropout, size=2)
    batch = task.draw(1)
    task.draw = lambda step: batch  # type: ignore[method-assign]
    before = mean_loss(task, batch)
    Trainer(task, Schedule(steps=40, learning_rate=6e-3, warmup=5), tmp_path).run()
    assert mean_loss(task, batch) < 0.85 * before


def test_an_untrained_model_predicts_nothing(cache: VideoCache, frozen: Frozen) -> None:
    task = task_on(cache, frozen)
    batch = task.draw(0)
    torch.manual_seed(2)
    loss = task.loss(batch)
    torch.manual_seed(2)
    noise, timesteps = torch.randn_like(batch.latents), draw_timesteps(torch.ones(4), num_timesteps=1000)
    signal, sigma = task.schedule.signal_and_noise(timesteps, noise)
    expected = (loss_weights(signal, sigma) * batch.latents.square()).mean()
    torch.testing.assert_close(loss, expected)


def test_what_noise_hides_counts_less() -> None:
    schedule = NoiseSchedule.scaled_linear(zero_terminal_snr=True)
    shown = schedule.alphas_cumprod.float()
    weights = loss_weights(shown.sqrt(), (1 - shown).sqrt())
    assert weights[-1] == 1
    assert (weights.diff() < 0).all()
    assert 4 < weights[500] < 6


@pytest.mark.parametrize(("shift", "median"), [(1.0, 500), (4.0, 800)])
def test_timesteps_fill_the_schedule_and_shift_to_noise(shift: float, median: int) -> None:
    torch.manual_seed(0)
    timesteps = draw_timesteps(torch.full((20_000,), shift), num_timesteps=1000)
    assert timesteps.dtype == torch.long
    assert timesteps.min() == 0
    assert timesteps.max() == 999
    assert timesteps.float().median().item() == pytest.approx(median, abs=15)


def test_samples_with_the_text_alone_have_a_shift_of_their_own(cache: VideoCache, frozen: Frozen) -> None:
    task = task_on(cache, frozen, size=3)
    task.timestep_shift, task.text_timestep_shift = 2.0, 5.0
    batch = task.draw(0)
    sketch = KeptCondition(torch.tensor([1]), batch.conditions["sketch"].values[1:2])
    assert task._shifts(replace(batch, conditions={"sketch": sketch})).tolist() == [5.0, 2.0, 5.0]


def test_size_counts_frames(cache: VideoCache, frozen: Frozen) -> None:
    task = task_on(cache, frozen, frames=8, size=3)
    assert task.size(task.draw(0)) == 24


def test_conditions_enter_only_the_samples_that_keep_them(cache: VideoCache, frozen: Frozen) -> None:
    dropout = ConditionDropout(keep_all_p=0, drop_all_p=0)
    task = task_on(cache, frozen, dropout=dropout, size=6)
    batch = task.draw(1)
    with torch.no_grad():
        total = task._condition(batch)
        expected = torch.zeros(6, micro.UNET.condition_channels, 4, 16, 16)
        for name, kept in batch.conditions.items():
            encoder = task.model.condition_encoders[name]
            for row, values in zip(kept.rows.tolist(), kept.values, strict=True):
                frames = values[None].repeat(1, 1, 4 // values.shape[1], 1, 1)
                expected[row] += encoder(frames, latent_size=(16, 16))[0]
    assert total is not None
    torch.testing.assert_close(total, expected, rtol=1e-4, atol=1e-5)


def test_every_parameter_gets_a_gradient(cache: VideoCache, frozen: Frozen) -> None:
    task = task_on(cache, frozen)
    # What starts at zero hides what is behind it.
    for parameter in task.model.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.1)
    task.loss(task.draw(0)).backward()
    without = [name for name, p in task.model.named_parameters() if p.grad is None or not p.grad.any()]
    assert without == []


def test_bfloat16_gives_nearly_the_same_loss(cache: VideoCache, frozen: Frozen) -> None:
    losses = []
    for dtype in (torch.float32, torch.bfloat16):
        task = task_on(cache, frozen, dtype=dtype)
        losses.append(mean_loss(task, task.draw(0)))
    assert losses[0] == pytest.approx(losses[1], rel=0.02)


def test_frozen_networks_learn_nothing(cache: VideoCache, frozen: Frozen) -> None:
    before: dict[str, Tensor] = {name: p.clone() for name, p in frozen.towers.named_parameters()}
    task = task_on(cache, replace(frozen))
    task.loss(task.draw(0)).backward()
    assert all(p.grad is None for p in frozen.towers.parameters())
    assert all(torch.equal(p, before[name]) for name, p in frozen.towers.named_parameters())


@pytest.mark.parametrize(("frames", "size"), [(1, (8 * 128, 2 * 128)), (4, (2 * 128, 8 * 128))])
def test_previews_show_targets_and_results(
    cache: VideoCache, frozen: Frozen, tmp_path: Path, frames: int, size: tuple[int, int]
) -> None:
    task = task_on(cache, frozen, frames=frames, size=8, dropout=None if frames == 1 else KEEP_ALL)
    with torch.inference_mode():
        task.preview(tmp_path / "preview.png")
    assert Image.open(tmp_path / "preview.png").size == size


def test_previews_of_few_clips_show_those(cache: VideoCache, frozen: Frozen, tmp_path: Path) -> None:
    task = task_on(cache, frozen, frames=16, size=2, dropout=KEEP_ALL)
    with torch.inference_mode():
        task.preview(tmp_path / "preview.png")
    assert Image.open(tmp_path / "preview.png").size == (8 * 128, 2 * 2 * 128)
