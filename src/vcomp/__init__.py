"""Compositional video generation: text, style, pictures, sketches, depth, motion and masks steer one model.

An implementation of VideoComposer (Wang et al., NeurIPS 2023, arXiv 2306.02018). Start with `generate`, or
keep an `Engine` and give it `Conditions`. The names load their module when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vcomp.conditions.container import Conditions as Conditions
    from vcomp.engine.editing.area import Area as Area
    from vcomp.engine.editing.editing import Edited as Edited
    from vcomp.engine.editing.options import Remake as Remake
    from vcomp.engine.editing.options import Working as Working
    from vcomp.engine.editing.shortcut import inpaint as inpaint
    from vcomp.engine.editing.shortcut import stylize as stylize
    from vcomp.engine.engine import Engine as Engine
    from vcomp.engine.reading import Reader as Reader
    from vcomp.engine.settings import Guide as Guide
    from vcomp.engine.settings import Settings as Settings
    from vcomp.engine.settings import Strength as Strength
    from vcomp.engine.shortcut import generate as generate
    from vcomp.engine.sources import Sources as Sources
    from vcomp.errors import VcompError as VcompError
    from vcomp.media.clip import Clip as Clip
    from vcomp.media.film import Film as Film
    from vcomp.media.read import read_clip as read_clip
    from vcomp.media.write import write_clip as write_clip
    from vcomp.media.write import write_film as write_film
    from vcomp.models.system import load_system as load_system

_MODULE_OF = {
    "Area": "vcomp.engine.editing.area",
    "Clip": "vcomp.media.clip",
    "Conditions": "vcomp.conditions.container",
    "Edited": "vcomp.engine.editing.editing",
    "Engine": "vcomp.engine.engine",
    "Film": "vcomp.media.film",
    "Guide": "vcomp.engine.settings",
    "Reader": "vcomp.engine.reading",
    "Remake": "vcomp.engine.editing.options",
    "Settings": "vcomp.engine.settings",
    "Sources": "vcomp.engine.sources",
    "Strength": "vcomp.engine.settings",
    "VcompError": "vcomp.errors",
    "Working": "vcomp.engine.editing.options",
    "generate": "vcomp.engine.shortcut",
    "inpaint": "vcomp.engine.editing.shortcut",
    "load_system": "vcomp.models.system",
    "read_clip": "vcomp.media.read",
    "stylize": "vcomp.engine.editing.shortcut",
    "write_clip": "vcomp.media.write",
    "write_film": "vcomp.media.write",
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        return import_module("importlib.metadata").version("vcomp")
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return [*sorted(_MODULE_OF), "__version__"]
