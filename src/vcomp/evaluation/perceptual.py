"""LPIPS (Zhang et al., arXiv 1801.03924): torchmetrics' network over a backbone out of the store."""

from __future__ import annotations

from pathlib import Path

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from vcomp.errors import WeightsError
from vcomp.media.clip import Frames
from vcomp.media.pixels import to_tensor
from vcomp.models.system import load_exactly
from vcomp.weights.loading import read_checkpoint

MIN_SIDE_PX = 32  # AlexNet's pooling leaves nothing of less
_FEATURES = "features."


def load_lpips(path: Path, device: torch.device) -> nn.Module:
    """The network: two batches of RGB in [-1,1] to a distance each.

    Args:
        path: torchvision's AlexNet.
        device: Where to run it.

    Raises:
        WeightsError: The file is missing, damaged or another network's.
    """
    # torchmetrics' public class fetches its backbone by itself; the network beneath takes one without.
    from torchmetrics.functional.image.lpips import _LPIPS

    network: nn.Module = _LPIPS(net="alex", pnet_rand=True)
    state = read_checkpoint(path, expected="torchvision's AlexNet")
    # Its slices keep the numbers that the layers have in torchvision's network.
    given = {
        name.removeprefix(_FEATURES): tensor for name, tensor in state.items() if name.startswith(_FEATURES)
    }
    backbone = network.get_submodule("net")
    own = {name: name.split(".", 1)[1] for name in backbone.state_dict()}
    if set(own.values()) != set(given):
        raise WeightsError(
            f"{path} is not torchvision's AlexNet.", hint="Fetch it: vcomp weights pull lpips-alexnet"
        )
    load_exactly(backbone, {name: given[layer] for name, layer in own.items()}, source=str(path))
    return network.to(device).eval().requires_grad_(False)


@torch.inference_mode()
def lpips_distances(
    network: nn.Module, frames: Frames, reference: Frames, device: torch.device
) -> Float[Tensor, " f"]:
    """The distance of each frame to its reference.

    Raises:
        ValueError: The shapes differ.
    """
    if frames.shape != reference.shape:
        raise ValueError(f"Shapes {list(frames.shape)} and {list(reference.shape)} cannot be compared.")
    pixels, given = (rearrange(to_tensor(x), "c f h w -> f c h w").to(device) for x in (frames, reference))
    distances: Tensor = network(pixels, given)
    return distances.flatten().cpu()
