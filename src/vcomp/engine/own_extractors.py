"""The extractors that come with a model, with their names."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from vcomp.engine.devices import fast_dtype
from vcomp.extractors.named import NamedExtractor, file_sha256
from vcomp.media.clip import Frames
from vcomp.models.published import PublishedSystem

if TYPE_CHECKING:
    from vcomp.engine.engine import Engine


def described(engine: Engine, extractor: str) -> str:
    """What to call one of the model's extractors: "the bundled PiDiNet"."""
    model = engine.system.card.name
    return f"the bundled {extractor}" if model == "tiny" else f"the {extractor} of {model}"


def own_sketch(engine: Engine) -> NamedExtractor:
    """The model's edge detector, in the precision that is fastest here."""
    return NamedExtractor(
        described(engine, "PiDiNet"), _quick(engine, engine.sketch), partial(_sha256, engine, "pidinet")
    )


def own_depth(engine: Engine) -> NamedExtractor:
    """The model's depth estimator, likewise."""
    return NamedExtractor(
        described(engine, "depth estimator"), _quick(engine, engine.depth), partial(_sha256, engine, "depth")
    )


def depth_caveat(engine: Engine) -> str | None:
    """What the model's depth estimator is limited to, in words; None where it knows photographs."""
    return "knows drawn scenes only" if engine.system.card.name == "tiny" else None


def _quick(engine: Engine, run: Callable[[Frames], Float[Tensor, "1 f h w"]]) -> Callable[[Frames], Tensor]:
    """The same, with half-precision products where they are faster: errors of some hundredths at most."""
    dtype = fast_dtype(engine.device)

    def quick(frames: Frames) -> Tensor:
        with torch.autocast(engine.device.type, dtype, enabled=dtype != torch.float32):
            return run(frames)

    return quick


def _sha256(engine: Engine, part: str) -> str | None:
    """Of the file that a network is from; None where there is no such file."""
    system = engine.system
    if isinstance(system, PublishedSystem):
        located = system.files.find(part)
        return located.sha256 or file_sha256(located.source)
    path = system.folder / f"{part}.safetensors"
    return file_sha256(path) if path.is_file() else None
