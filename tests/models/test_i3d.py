"""I3D: names, sizes and padding, as the checkpoints in circulation expect them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from vcomp.errors import WeightsError
from vcomp.models.i3d import I3D, Unit, load_i3d

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def network() -> I3D:
    torch.manual_seed(0)
    return I3D().eval().requires_grad_(False)


def published(network: I3D) -> dict[str, torch.Tensor]:
    """As a checkpoint names its tensors."""
    return {name.removeprefix("features."): tensor for name, tensor in network.state_dict().items()}


def test_names_and_sizes_are_the_published_ones(network: I3D) -> None:
    shapes = {name: tuple(tensor.shape) for name, tensor in published(network).items()}
    assert shapes["Conv3d_1a_7x7.conv3d.weight"] == (64, 3, 7, 7, 7)
    assert shapes["Conv3d_2c_3x3.bn.running_mean"] == (192,)
    assert shapes["Mixed_3b.b1b.conv3d.weight"] == (128, 96, 3, 3, 3)
    assert shapes["Mixed_4f.b3b.conv3d.weight"] == (128, 528, 1, 1, 1)
    assert shapes["Mixed_5c.b0.conv3d.weight"] == (384, 832, 1, 1, 1)
    assert shapes["logits.conv3d.weight"] == (400, 1024, 1, 1, 1)
    assert shapes["logits.conv3d.bias"] == (400,)


def test_it_is_as_large_as_the_paper_says(network: I3D) -> None:
    """12 M parameters without the logits (table 1 of the paper rounds)."""
    count = sum(parameter.numel() for parameter in network.features.parameters())
    assert round(count / 1e6) == 12


@pytest.mark.parametrize(
    ("size", "kernel", "stride"), [(8, 7, 2), (9, 7, 2), (7, 3, 1), (10, 3, 2), (11, 2, 2)]
)
def test_padding_is_tensorflows_same(size: int, kernel: int, stride: int) -> None:
    """Output size ceil(n / s), and the odd zero behind: the sum over each window, by a loop."""
    unit = Unit(1, 1, kernel=(kernel,) * 3, stride=(stride,) * 3).eval()
    torch.nn.init.ones_(unit.conv3d.weight)
    line = torch.arange(1.0, size + 1)
    out_size = -(-size // stride)
    before = max((out_size - 1) * stride + kernel - size, 0) // 2
    sums = torch.tensor(
        [
            sum(
                float(line[i])
                for i in range(k * stride - before, k * stride - before + kernel)
                if 0 <= i < size
            )
            for k in range(out_size)
        ]
    )
    video = torch.einsum("i,j,k->ijk", line, line, line)[None, None]
    expected = torch.einsum("i,j,k->ijk", sums, sums, sums)
    with torch.inference_mode():
        assert torch.allclose(unit(video)[0, 0], F.relu(expected), rtol=1e-4)


def test_logits_of_sixteen_frames_and_too_few(network: I3D) -> None:
    video = torch.rand(2, 3, 16, 224, 224, generator=torch.Generator().manual_seed(0)) * 2 - 1
    logits = network(video)
    assert logits.shape == (2, 400)
    assert torch.isfinite(logits).all()
    assert not torch.allclose(logits[0], logits[1])
    with pytest.raises(ValueError, match="9 frames or more, not 8"):
        network(video[:, :, :8])


def test_a_checkpoint_comes_back(network: I3D, tmp_path: Path) -> None:
    """Also one without the counts that older versions of torch did not write."""
    state = {name: t for name, t in published(network).items() if not name.endswith("num_batches_tracked")}
    torch.save(state, tmp_path / "i3d.pt")
    loaded = load_i3d(tmp_path / "i3d.pt", CPU)
    assert all(torch.equal(published(loaded)[name], tensor) for name, tensor in state.items())
    assert not loaded.training


def test_another_network_is_refused(network: I3D, tmp_path: Path) -> None:
    torch.save({**published(network), "extra.weight": torch.zeros(1)}, tmp_path / "other.pt")
    with pytest.raises(WeightsError, match=r"1 tensors differ: features\.extra\.weight"):
        load_i3d(tmp_path / "other.pt", CPU)
