"""Joins the packages below it: reads and extracts conditions, packs, samples, decodes. Prints nothing.

The names below load their module when first used: a bad option is told without waiting for torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vcomp.engine.engine import Engine as Engine
    from vcomp.engine.engine import Result as Result
    from vcomp.engine.progress import OnProgress as OnProgress
    from vcomp.engine.progress import Progress as Progress
    from vcomp.engine.reading import Reader as Reader
    from vcomp.engine.settings import Guide as Guide
    from vcomp.engine.settings import Settings as Settings
    from vcomp.engine.settings import Strength as Strength
    from vcomp.engine.shortcut import generate as generate
    from vcomp.engine.sources import Sources as Sources

_NAMES = {
    "engine": ("Engine", "Result"),
    "shortcut": ("generate",),
    "progress": ("OnProgress", "Progress"),
    "reading": ("Reader",),
    "settings": ("Guide", "Settings", "Strength"),
    "sources": ("Sources",),
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_MODULE_OF)
