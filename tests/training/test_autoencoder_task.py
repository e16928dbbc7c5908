"""The autoencoder's task: its loss, the statistics of latents, previews."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import micro
import pytest
import torch
from PIL import Image

from vcomp.models.autoencoder import HAAR_CHANNELS, TinyAutoencoder, TinyAutoencoderConfig
from vcomp.training.autoencoder import AutoencoderTask, measure_latents, reconstruction_loss
from vcomp.training.frames import FrameSampler, pixels_of
from vcomp.training.loop import Schedule, Trainer


@pytest.fixture
def task() -> AutoencoderTask:
    torch.manual_seed(0)
    return AutoencoderTask(
        config=micro.AUTOENCODER, sampler=FrameSampler("plain", 4), dtype=torch.float32, kl_weight=1e-4
    )


def test_loss_is_zero_for_what_is_equal_and_counts_outlines() -> None:
    target = torch.zeros(1, 3, 8, 8)
    assert reconstruction_loss(target, target) == 0
    shifted = target + 0.5
    assert reconstruction_loss(shifted, target) == pytest.approx(0.5 + 4 * 0.25)
    edged = target.clone()
    edged[..., 4:] = 1.0
    assert reconstruction_loss(edged, target) == pytest.approx(0.5 + 4 * 0.5 + 1 / 7)


def test_a_few_steps_reduce_the_loss(task: AutoencoderTask, tmp_path: Path) -> None:
    batch = task.draw(500)
    with torch.no_grad():
        before = task.loss(batch).item()
    Trainer(task, Schedule(steps=30, learning_rate=5e-3, warmup=5), tmp_path).run()
    assert task.size(batch) == 4
    assert task.loss(batch).item() < 0.7 * before


@pytest.mark.parametrize("encoder", ["learned", "haar"])
def test_measured_latents_are_normalised(encoder: Literal["learned", "haar"]) -> None:
    channels = HAAR_CHANNELS if encoder == "haar" else 4
    config = TinyAutoencoderConfig(latent_channels=channels, widths=(16, 8), encoder=encoder)
    model, sampler = TinyAutoencoder(config), FrameSampler("plain", 4)
    measure_latents(model, sampler, batches=3)
    with torch.no_grad():
        latents = torch.cat([model.encode(pixels_of(sampler.scenes(step))) for step in range(3)])
    torch.testing.assert_close(latents.mean((0, 2, 3)), torch.zeros(channels), atol=1e-4, rtol=0)
    torch.testing.assert_close(latents.std((0, 2, 3)), model.proportions, atol=1e-3, rtol=1e-3)


def test_previews_show_frames_above_their_reconstructions(task: AutoencoderTask, tmp_path: Path) -> None:
    with torch.inference_mode():
        task.preview(tmp_path / "preview.png")
    assert Image.open(tmp_path / "preview.png").size == (4 * 128, 2 * 128)
