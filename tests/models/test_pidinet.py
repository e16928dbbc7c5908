"""PiDiNet: shapes, training, the published weights."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from vcomp.models.pidinet import (
    BUNDLED,
    TABLE5,
    TABLE5_TINY,
    PiDiNetConfig,
    build_pidinet,
    convert_published,
    edge_loss,
    edge_maps,
    edges,
    folded,
)

PUBLISHED = Path(__file__).parents[3] / "shared" / "weights" / "pidinet"


def squares(*, count: int, size_px: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Squares of random colours with their exact one-pixel outlines."""
    frames = torch.empty(count, 3, size_px, size_px)
    outlines = torch.zeros(count, 1, size_px, size_px)
    for frame, outline in zip(frames, outlines, strict=True):
        paper, ink = torch.rand(2, 3, 1, 1, generator=generator)
        top, left = torch.randint(4, size_px // 2, (2,), generator=generator).tolist()
        side = size_px // 3
        frame[:] = paper
        frame[:, top : top + side, left : left + side] = ink
        outline[:, top : top + side, left : left + side] = 1
        outline[:, top + 1 : top + side - 1, left + 1 : left + side - 1] = 0
    return frames, outlines


@pytest.mark.parametrize("config", [BUNDLED, PiDiNetConfig(channels=4, dil=None, sa=False)])
@pytest.mark.parametrize("size", [(32, 32), (37, 51)])
def test_maps_have_the_size_of_the_frames_and_are_probabilities(
    config: PiDiNetConfig, size: tuple[int, int]
) -> None:
    maps = edge_maps(build_pidinet(config), torch.rand(2, 3, *size))
    assert [tuple(one.shape) for one in maps] == [(2, 1, *size)] * 5
    assert all(one.min() >= 0 and one.max() <= 1 for one in maps)


def test_edges_is_the_fused_map() -> None:
    model, frames = build_pidinet(BUNDLED), torch.rand(1, 3, 16, 16)
    assert torch.equal(edges(model, frames), edge_maps(model, frames)[-1])


@pytest.mark.parametrize("config", [BUNDLED, PiDiNetConfig(channels=4, dil=None, sa=False)])
def test_folding_changes_nothing_but_the_convolutions(config: PiDiNetConfig) -> None:
    torch.manual_seed(0)
    model, frames = build_pidinet(config), torch.rand(2, 3, 37, 51)
    expected = edge_maps(model, frames)
    kernels = {conv.kernel_size for conv in folded(model).modules() if isinstance(conv, torch.nn.Conv2d)}
    assert kernels == {(1, 1), (3, 3), (5, 5)}
    assert not any("pdc" in vars(module) for module in model.modules())
    for found, given in zip(edge_maps(model, frames), expected, strict=True):
        torch.testing.assert_close(found, given, rtol=1e-4, atol=1e-5)


def test_training_learns_the_outlines_of_squares() -> None:
    torch.manual_seed(0)
    frames, outlines = squares(count=8, size_px=32, generator=torch.Generator().manual_seed(1))
    model = build_pidinet(PiDiNetConfig(channels=8, dil=4, sa=True)).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    losses = []
    for _ in range(40):
        loss = edge_loss(edge_maps(model, frames), outlines)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
    found = edges(model.eval(), frames)
    assert found[outlines == 1].mean() > found[outlines == 0].mean() + 0.4


def test_loss_is_zero_for_the_truth_and_ignores_doubtful_pixels() -> None:
    target = torch.zeros(1, 1, 8, 8)
    target[..., 4] = 1
    assert edge_loss([target], target).item() == pytest.approx(0, abs=1e-4)
    doubtful = target.clone()
    doubtful[..., 5] = 0.1
    wrong_there = target.clone()
    wrong_there[..., 5] = 1
    assert edge_loss([wrong_there], doubtful).item() == pytest.approx(0, abs=1e-4)


def test_loss_balances_the_classes() -> None:
    target = torch.zeros(1, 1, 8, 8)
    target[..., 0, 0] = 1
    all_off, all_on = torch.full_like(target, 0.1), torch.full_like(target, 0.9)
    ratio = edge_loss([all_off], target, balance=1.0) / edge_loss([all_on], target, balance=1.0)
    assert ratio.item() == pytest.approx(1, rel=1e-3)


def test_loss_of_pictures_without_edges_is_finite() -> None:
    output = torch.full((1, 1, 8, 8), 0.4, requires_grad=True)
    loss = edge_loss([output], torch.zeros(1, 1, 8, 8))
    loss.backward()
    assert loss.isfinite()
    assert output.grad is not None
    assert output.grad.isfinite().all()


@pytest.mark.parametrize(
    ("filename", "config"), [("table5_pidinet.pth", TABLE5), ("table5_pidinet-tiny.pth", TABLE5_TINY)]
)
def test_published_weights_load_strictly_and_find_the_outline(filename: str, config: PiDiNetConfig) -> None:
    path = PUBLISHED / filename
    if not path.exists():
        pytest.skip(f"{filename} is not here")
    model = build_pidinet(config)
    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(convert_published(checkpoint["state_dict"]), strict=True)
    frames = torch.full((1, 3, 96, 96), 0.2)
    frames[:, 0, 32:64, 32:64] = 0.9
    with torch.inference_mode():
        found = edges(model, frames)[0, 0]
    assert found[32, 40:56].mean() > 0.6
    assert found[48, 48] < 0.2
    assert found[8:24, 8:24].max() < 0.2


def test_building_does_not_run_the_whole_of_controlnet_aux() -> None:
    script = (
        "import sys; from vcomp.models.pidinet import BUNDLED, build_pidinet; build_pidinet(BUNDLED);"
        "print('controlnet_aux' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
    assert result.stderr == ""
