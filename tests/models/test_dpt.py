"""DPT: against controlnet_aux's own, from both files it was published in, and with the published scaling."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor

from vcomp.errors import WeightsError
from vcomp.models import dpt
from vcomp.models.dpt import DPTConfig, PublishedDepth, convert_dpt

SMALL = DPTConfig(image_size=64, width=16, num_layers=4, num_heads=2, neck=(4, 6, 8, 8), fusion=8, head=4)
Shapes = dict[str, tuple[int, ...]]


def shapes_of(network: torch.nn.Module) -> Shapes:
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


@pytest.fixture(scope="module")
def frames() -> Tensor:
    return torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.fixture(scope="module")
def network(frames: Tensor) -> PublishedDepth:
    torch.manual_seed(0)
    network = PublishedDepth(SMALL).eval().requires_grad_(False)
    # Its output is spread from below 0 to above 200, so that both ends are clamped.
    last = network.dpt.scratch.output_conv[4]
    last.weight.abs_()
    last.bias.zero_()
    depth = network.dpt(frames)
    scale = 400 / (depth.max() - depth.min())
    last.weight.mul_(scale)
    last.bias.fill_(-50 - scale * depth.min())
    return network


def test_threads_do_not_mix_up_their_frames(network: PublishedDepth) -> None:
    frames = [torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(seed)) for seed in range(64)]
    alone = [network(frame) for frame in frames]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(network, frames))
    assert all(torch.allclose(one, other, atol=1e-5) for one, other in zip(alone, together, strict=True))


def named_as_published_with_videocomposer(network: PublishedDepth) -> dict[str, Tensor]:
    """The clean re-implementation's names (modelscope, videocomposer/models/midas.py), written out."""
    state = {name.removeprefix("dpt."): tensor for name, tensor in network.state_dict().items()}
    pairs = {
        "patch_embedding": "pretrained.model.patch_embed.proj",
        "head.0": "scratch.output_conv.0",
        "head.2": "scratch.output_conv.2",
        "head.4": "scratch.output_conv.4",
    }
    for i in range(SMALL.num_layers):
        theirs, ours = f"blocks.{i}", f"pretrained.model.blocks.{i}"
        pairs |= {f"{theirs}.norm1": f"{ours}.norm1", f"{theirs}.norm2": f"{ours}.norm2"}
        pairs |= {f"{theirs}.attn.to_qkv": f"{ours}.attn.qkv", f"{theirs}.attn.proj": f"{ours}.attn.proj"}
        pairs |= {f"{theirs}.mlp.0": f"{ours}.mlp.fc1", f"{theirs}.mlp.2": f"{ours}.mlp.fc2"}
    for i in (1, 2, 3, 4):
        pairs[f"fc{i}.0"] = f"pretrained.act_postprocess{i}.0.project.0"
        pairs[f"conv{i}.0"] = f"pretrained.act_postprocess{i}.3"
        if i != 3:
            pairs[f"conv{i}.1"] = f"pretrained.act_postprocess{i}.4"
        pairs[f"conv{i}.{1 if i == 3 else 2}"] = f"scratch.layer{i}_rn"
        pairs[f"fusion{i}.conv_out"] = f"scratch.refinenet{i}.out_conv"
        for unit in (1, 2):
            for layer, convolution in ((1, "conv1"), (3, "conv2")):
                ours = f"scratch.refinenet{i}.resConfUnit{unit}.{convolution}"
                pairs[f"fusion{i}.layer{unit}.residual.{layer}"] = ours
    renamed = {
        "cls_embedding": state["pretrained.model.cls_token"],
        "pos_embedding": state["pretrained.model.pos_embed"],
    }
    for theirs, ours in pairs.items():
        for parameter in ("weight", "bias"):
            if f"{ours}.{parameter}" in state:
                renamed[f"{theirs}.{parameter}"] = state[f"{ours}.{parameter}"]
    renamed["head.4.weight"] = renamed["head.4.weight"].transpose(0, 1)
    assert len(renamed) == len(state)
    return renamed


def test_forward_is_that_of_controlnet_aux(network: PublishedDepth, frames: Tensor) -> None:
    theirs = dpt._midas_module("dpt_depth").DPT.forward
    network.dpt.channels_last = False
    torch.testing.assert_close(network.dpt(frames), theirs(network.dpt, frames))


def test_published_size_is_dpt_large() -> None:
    with torch.device("meta"):
        ours = PublishedDepth(DPTConfig())
        theirs = dpt._midas_module("dpt_depth").DPTDepthModel(path=None, backbone="vitl16_384")
    unused = {f"pretrained.model.{part}.{p}" for part in ("norm", "head") for p in ("weight", "bias")}
    wanted = {f"dpt.{name}": shape for name, shape in shapes_of(theirs).items() if name not in unused}
    assert shapes_of(ours) == wanted
    # The file published with VideoComposer has exactly these tensors, and a table of contents.
    assert 0 < 1_372_239_913 - 4 * sum(tensor.numel() for tensor in ours.parameters()) < 300_000


def test_depth_is_divided_and_clamped_as_published(network: PublishedDepth, frames: Tensor) -> None:
    depth = network(frames)
    assert depth.shape == (2, 1, 64, 96)
    torch.testing.assert_close(depth, (network.dpt(frames) / 20).clamp(0, 10))
    assert depth.min() == 0
    assert depth.max() == 10


@pytest.mark.parametrize("size", [(50, 70), (17, 200), (8, 8)])
def test_any_size_is_brought_to_one_it_can_take(network: PublishedDepth, size: tuple[int, int]) -> None:
    depth = network(torch.rand(1, 3, *size) * 2 - 1)
    assert depth.shape == (1, 1, *size)
    assert depth.isfinite().all()


def test_nothing_of_the_frames_is_kept(network: PublishedDepth, frames: Tensor) -> None:
    network(frames)
    assert not network.dpt.pretrained.activations


def test_midas_own_file(network: PublishedDepth) -> None:
    own = {name.removeprefix("dpt."): tensor for name, tensor in network.state_dict().items()}
    own["pretrained.model.norm.weight"] = torch.ones(16)
    own["pretrained.model.head.bias"] = torch.ones(1000)
    converted = convert_dpt(own, shapes=shapes_of(network))
    assert all(torch.equal(converted[name], tensor) for name, tensor in network.state_dict().items())


def test_the_file_published_with_videocomposer(network: PublishedDepth) -> None:
    published = named_as_published_with_videocomposer(network)
    converted = convert_dpt(published, shapes=shapes_of(network))
    assert converted.keys() == network.state_dict().keys()
    assert all(torch.equal(converted[name], tensor) for name, tensor in network.state_dict().items())
    assert published["head.4.weight"].shape == (4, 1, 1, 1), "the caller's tensors stay as they are"


def test_what_does_not_fit_is_named(network: PublishedDepth) -> None:
    published = named_as_published_with_videocomposer(network)
    with pytest.raises(WeightsError, match=r"no MiDaS DPT-Large has: blocks\.0\.gate"):
        convert_dpt({**published, "blocks.0.gate": torch.ones(1)}, shapes=shapes_of(network))
    del published["fusion4.layer1.residual.3.bias"]
    with pytest.raises(
        WeightsError, match=r"lacks tensors: dpt\.scratch\.refinenet4\.resConfUnit1\.conv2\.bias"
    ):
        convert_dpt(published, shapes=shapes_of(network))


def test_building_is_quiet_and_does_not_run_the_whole_of_controlnet_aux() -> None:
    script = (
        "import sys; from vcomp.models.dpt import DPT, DPTConfig;"
        "DPT(DPTConfig(image_size=32, width=8, num_layers=4, num_heads=1, neck=(4,) * 4, fusion=4, head=4));"
        "print('controlnet_aux' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
    assert result.stderr == ""
