"""The whole way in one call: files in, a video out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vcomp.engine.engine import Engine, Result
from vcomp.engine.progress import OnProgress, no_note
from vcomp.engine.reading import Reader
from vcomp.engine.settings import Settings
from vcomp.engine.sources import Sources
from vcomp.models.system import load_system


def generate(
    sources: Sources,
    settings: Settings | None = None,
    *,
    model: str | Path = "tiny",
    device: str = "auto",
    dtype: str = "auto",
    offload: bool = False,
    on_note: Callable[[str], None] = no_note,
    on_progress: OnProgress | None = None,
) -> Result:
    """Generate a video from the files and the text that `sources` names.

    To make several with one model, keep an `Engine` and give it `Conditions`.

    Args:
        sources: Text, pictures and videos.
        settings: None takes what the model was trained on.
        model: A model's name or folder.
        device: A device's name, or `auto`.
        dtype: Precision of the UNet, or `auto`.
        offload: Have each network on the device only while it works.
        on_note: Gets a sentence for each decision that is made.
        on_progress: Gets the progress.

    Raises:
        VcompError: Of the kind that says what is wrong.
    """
    engine = Engine(load_system(model), device=device, dtype=dtype, offload=offload)
    settings = settings or engine.default_settings
    engine.check(settings)
    conditions = Reader(engine, settings, on_note).read(sources)
    return engine.generate(conditions, settings, on_progress=on_progress, on_note=on_note)
