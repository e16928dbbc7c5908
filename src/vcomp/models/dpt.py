"""MiDaS 3.0's DPT-Large, the depth estimator of the published pipeline (Ranftl et al., arXiv 2103.13413).

Its blocks are those `controlnet_aux` carries; they are put together here so that any size can be built and
nothing is fetched.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import re
import sys
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace

import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from vcomp.models.convert import arrange, translated

# As the published pipeline brings MiDaS's inverse depth to the range its UNet was trained on.
DEPTH_DIVISOR, DEPTH_LIMIT = 20.0, 10.0
STRIDE_PX = 32  # sides are multiples of it: patches of 16 px, whose grid is halved once

# Where a thread's transformer leaves the features that the decoder takes. The library has one place for all
# threads, in which two that work on frames of their own would find each other's.
_leaving: ContextVar[dict[str, Tensor] | None] = ContextVar("leaving", default=None)


@dataclass(frozen=True, kw_only=True)
class DPTConfig:
    """Sizes of a DPT; the defaults are DPT-Large."""

    image_size: int = 384  # for which positions were learnt; others are interpolated
    width: int = 1024  # of the vision transformer
    num_layers: int = 24  # a multiple of four: features leave after every quarter
    num_heads: int = 16
    neck: tuple[int, int, int, int] = (256, 512, 1024, 1024)  # channels of the features, finest first
    fusion: int = 256  # channels where they are joined
    head: int = 32  # channels before the last convolution


class DPT(nn.Module):
    """A vision transformer, and a convolutional decoder over the features of four of its layers."""

    def __init__(self, config: DPTConfig) -> None:
        super().__init__()
        blocks, vit = _midas_module("blocks"), _midas_module("vit")
        self.config = config
        leaving = [quarter * config.num_layers // 4 - 1 for quarter in (1, 2, 3, 4)]
        self.pretrained = vit._make_vit_b16_backbone(
            _transformer(config),
            features=config.neck,
            size=(config.image_size, config.image_size),
            hooks=leaving,
            vit_features=config.width,
            use_readout="project",
        )
        for quarter, index in enumerate(leaving, start=1):
            self.pretrained.model.blocks[index].register_forward_hook(_keeping(str(quarter)))
        self.scratch = blocks._make_scratch(config.neck, config.fusion)
        for index in (1, 2, 3, 4):
            block = blocks.FeatureFusionBlock_custom(config.fusion, nn.ReLU(), align_corners=True)
            self.scratch.add_module(f"refinenet{index}", block)
        self.scratch.output_conv = nn.Sequential(
            nn.Conv2d(config.fusion, config.fusion // 2, 3, padding=1),
            blocks.Interpolate(scale_factor=2, mode="bilinear", align_corners=True),
            nn.Conv2d(config.fusion // 2, config.head, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(config.head, 1, 1),
            nn.ReLU(),
        )

    def forward(self, frames: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1 h w"]:
        """Inverse depth up to scale and shift, larger = nearer, not negative.

        Args:
            frames: RGB in [-1,1], sides multiples of 32.
        """
        vit, scratch = _midas_module("vit"), self.scratch
        leaving: dict[str, Tensor] = {}
        token = _leaving.set(leaving)
        try:
            parts = SimpleNamespace(**dict(self.pretrained.named_children()), activations=leaving)
            features = vit.forward_vit(parts, frames)
        finally:
            _leaving.reset(token)
        # What the library's own hooks saw would otherwise stay in memory until the next call.
        self.pretrained.activations.clear()
        path: Tensor = scratch.refinenet4(scratch.layer4_rn(features[3]))
        path = scratch.refinenet3(path, scratch.layer3_rn(features[2]))
        path = scratch.refinenet2(path, scratch.layer2_rn(features[1]))
        path = scratch.refinenet1(path, scratch.layer1_rn(features[0]))
        depth: Tensor = scratch.output_conv(path)
        return depth


class PublishedDepth(nn.Module):
    """DPT and the published scaling: the depth condition of VideoComposer, a `DepthEstimator`."""

    def __init__(self, config: DPTConfig) -> None:
        super().__init__()
        self.dpt = DPT(config)

    def forward(self, frames: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1 h w"]:
        """Inverse depth divided by 20 and clamped to [0,10], of RGB frames in [-1,1], at their size.

        Sizes that DPT cannot take are resized to the nearest it can, and the result back. Source:
        tools/videocomposer/inference_single.py of ali-vilab/videocomposer.
        """
        height, width = frames.shape[-2:]
        size = tuple(max(1, round(side / STRIDE_PX)) * STRIDE_PX for side in (height, width))
        if size != (height, width):
            frames = F.interpolate(frames, size, mode="bicubic", antialias=True).clamp(-1, 1)
        depth: Tensor = (self.dpt(frames) / DEPTH_DIVISOR).clamp(0, DEPTH_LIMIT)
        if size != (height, width):
            depth = F.interpolate(depth, (height, width), mode="bilinear", antialias=True)
        return depth


def _keeping(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
    """A hook that keeps what leaves a layer, under a name, for the thread it runs in."""

    def keep(layer: nn.Module, inputs: tuple[Tensor, ...], features: Tensor) -> None:
        if (leaving := _leaving.get()) is not None:
            leaving[name] = features

    return keep


def convert_dpt(state: Mapping[str, Tensor], *, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Tensor]:
    """State dict of a `PublishedDepth` from MiDaS's own file or from the one that came with VideoComposer.

    The latter renames everything, drops the transformer's last norm and its classifier, which no depth
    depends on, and has a transposed convolution for the last one, of width 1, which is the same map.

    Raises:
        WeightsError: Tensors are left over, missing or misshapen.
    """
    state = {key: tensor for key, tensor in state.items() if not _UNUSED.fullmatch(key)}
    last = state.get("head.4.weight")
    if last is not None and last.ndim == 4:
        state["head.4.weight"] = rearrange(last, "i o h w -> o i h w")
    names = translated(state, _ours, network="MiDaS DPT-Large")
    return arrange(state, names, shapes=shapes)


_UNUSED = re.compile(r"pretrained\.model\.(norm|head)\.(weight|bias)")
_PARTS = (
    (r"patch_embedding\.(\w+)", "pretrained.model.patch_embed.proj.{}"),
    (r"cls_embedding", "pretrained.model.cls_token"),
    (r"pos_embedding", "pretrained.model.pos_embed"),
    (r"(blocks\.\d+\.norm[12]\.\w+)", "pretrained.model.{}"),
    (r"(blocks\.\d+\.attn)\.to_qkv\.(\w+)", "pretrained.model.{}.qkv.{}"),
    (r"(blocks\.\d+\.attn\.proj\.\w+)", "pretrained.model.{}"),
    (r"(blocks\.\d+\.mlp)\.0\.(\w+)", "pretrained.model.{}.fc1.{}"),
    (r"(blocks\.\d+\.mlp)\.2\.(\w+)", "pretrained.model.{}.fc2.{}"),
    (r"fc([1-4])\.0\.(\w+)", "pretrained.act_postprocess{}.0.project.0.{}"),
    (r"conv([1-4])\.0\.(\w+)", "pretrained.act_postprocess{}.3.{}"),
    (r"conv([124])\.1\.(\w+)", "pretrained.act_postprocess{}.4.{}"),
    (r"conv([124])\.2\.(\w+)", "scratch.layer{}_rn.{}"),
    (r"conv(3)\.1\.(\w+)", "scratch.layer{}_rn.{}"),
    (r"fusion([1-4])\.layer([12])\.residual\.1\.(\w+)", "scratch.refinenet{}.resConfUnit{}.conv1.{}"),
    (r"fusion([1-4])\.layer([12])\.residual\.3\.(\w+)", "scratch.refinenet{}.resConfUnit{}.conv2.{}"),
    (r"fusion([1-4])\.conv_out\.(\w+)", "scratch.refinenet{}.out_conv.{}"),
    (r"head\.([024]\.\w+)", "scratch.output_conv.{}"),
    (r"((?:pretrained|scratch)\..+)", "{}"),
)


def _ours(key: str) -> str | None:
    for pattern, name in _PARTS:
        if found := re.fullmatch(pattern, key):
            return "dpt." + name.format(*found.groups())
    return None


def _transformer(config: DPTConfig) -> nn.Module:
    """timm's vision transformer without what comes after its last block, which DPT does not look at."""
    from timm.models.vision_transformer import VisionTransformer

    model: nn.Module = VisionTransformer(
        img_size=config.image_size,
        patch_size=16,
        embed_dim=config.width,
        depth=config.num_layers,
        num_heads=config.num_heads,
        num_classes=0,
        global_pool="",
        final_norm=False,
    )
    return model


@functools.cache
def _midas_module(name: str) -> ModuleType:
    """A module of `controlnet_aux.midas.midas`, without running the package around it (see pidinet)."""
    package_name = "vcomp.models._controlnet_aux_midas"
    if package_name not in sys.modules:
        package = importlib.util.find_spec("controlnet_aux")
        if package is None or not package.submodule_search_locations:
            raise ModuleNotFoundError("DPT needs the package controlnet_aux.", name="controlnet_aux")
        folder = Path(package.submodule_search_locations[0]) / "midas" / "midas"
        spec = importlib.util.spec_from_file_location(
            package_name, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        if spec is None or spec.loader is None:
            raise ModuleNotFoundError(f"{folder} is not a Python package.", name="controlnet_aux.midas")
        sys.modules[package_name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[package_name])
    return importlib.import_module(f"{package_name}.{name}")
