"""The extractors that come with a model, with their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcomp.extractors.named import NamedExtractor, file_sha256

if TYPE_CHECKING:
    from vcomp.engine.engine import Engine


def described(engine: Engine, extractor: str) -> str:
    """What to call one of the model's extractors: "the bundled PiDiNet"."""
    model = engine.system.card.name
    return f"the bundled {extractor}" if model == "tiny" else f"the {extractor} of {model}"


def own_sketch(engine: Engine) -> NamedExtractor:
    """The model's edge detector."""
    return NamedExtractor(described(engine, "PiDiNet"), engine.sketch, _sha256(engine, "pidinet"))


def own_depth(engine: Engine) -> NamedExtractor:
    """The model's depth estimator."""
    return NamedExtractor(described(engine, "depth estimator"), engine.depth, _sha256(engine, "depth"))


def _sha256(engine: Engine, part: str) -> str | None:
    path = engine.system.folder / f"{part}.safetensors"
    return file_sha256(path) if path.is_file() else None
