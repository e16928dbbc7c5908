"""The sketch-simplification network (Simo-Serra et al., "Mastering Sketching", arXiv 1703.08966).

VideoComposer cleans PiDiNet's edges with it: rough, grey edges become thin, dark lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from vcomp.models.convert import arrange

STRIDE_PX = 8  # of the coarsest layer

# (channels, step) of every convolution: 2 halves the size, -2 doubles it. The first is 5x5, the rest 3x3 or,
# where they enlarge, transposed 4x4.
LAYERS = (
    (48, 2), (128, 1), (128, 1),
    (128, 2), (256, 1), (256, 1),
    (256, 2), (512, 1), (1024, 1), (1024, 1), (1024, 1), (1024, 1), (512, 1), (256, 1),
    (256, -2), (256, 1), (128, 1),
    (128, -2), (128, 1), (48, 1),
    (48, -2), (24, 1),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SimplificationConfig:
    """Size of a :class:`SketchSimplification`, and the statistics of its training drawings.

    Args:
        divisor: Divides every width; 1 is the published network.
        mean: Of the drawings' pixels, white being 1. The default is that of the published adversarial model.
        std: Their deviation.
    """

    divisor: int = 1
    mean: float = 0.9664114577640158
    std: float = 0.0858381272736797


SIMPLIFICATION = SimplificationConfig()


class SketchSimplification(nn.Module):
    """Twenty-three convolutions, down to an eighth of the size and back, each but the last with a ReLU."""

    def __init__(self, config: SimplificationConfig) -> None:
        super().__init__()
        self.config = config
        layers: list[nn.Module] = []
        channels = 1
        for width, step in LAYERS:
            out_channels = width // config.divisor
            kernel = 3 if layers else 5
            layers += [_convolution(channels, out_channels, kernel=kernel, step=step), nn.ReLU()]
            channels = out_channels
        self.layers = nn.Sequential(*layers, nn.Conv2d(channels, 1, 3, padding=1), nn.Sigmoid())

    def forward(self, drawing: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 h w"]:
        """Clean dark lines on white, in [0,1], of a rough drawing, dark on white in [0,1], of any size.

        Sides that are no multiple of eight are continued at the border, and the result is cropped.
        """
        height, width = drawing.shape[-2:]
        padding = (0, -width % STRIDE_PX, 0, -height % STRIDE_PX)
        padded = F.pad(drawing, padding, mode="replicate") if any(padding) else drawing
        normalised = (padded - self.config.mean) / self.config.std
        clean: Tensor = self.layers(normalised.contiguous(memory_format=torch.channels_last))
        return clean[..., :height, :width]


class CleanEdges(nn.Module):
    """PiDiNet and, after it, the simplification: the sketch of the published pipeline.

    It is called as PiDiNet is, and its last map is the sketch, so it stands wherever a PiDiNet does.
    """

    def __init__(self, pidinet: nn.Module, simplification: SketchSimplification) -> None:
        super().__init__()
        self.pidinet = pidinet
        self.simplification = simplification

    def forward(self, normalised: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b 1 h w"]]:
        """PiDiNet's five maps and ``1 - simplify(1 - fused)``, in [0,1], 1 on a line.

        Edges are bright on dark and the simplification works on dark lines, hence the inversions
        (gen_sketch.py of ali-vilab/videocomposer).
        """
        maps: list[Tensor] = list(self.pidinet(normalised))
        return [*maps, 1 - self.simplification(1 - maps[-1])]


def convert_simplification(
    state: Mapping[str, Tensor], *, shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, Tensor]:
    """Our state dict from the published one, whose names are the same: `layers.0.weight` to `layers.44.bias`.

    Raises:
        WeightsError: Tensors are left over, missing or misshapen.
    """
    return arrange(state, {name: name for name in state}, shapes=shapes)


def _convolution(in_channels: int, out_channels: int, *, kernel: int, step: int) -> nn.Module:
    if step < 0:
        return nn.ConvTranspose2d(in_channels, out_channels, 4, stride=-step, padding=1)
    return nn.Conv2d(in_channels, out_channels, kernel, stride=step, padding=kernel // 2)
