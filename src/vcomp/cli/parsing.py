"""The small languages of options: NAME,…[:SCALE], NAME=S[@FROM:TO], WxH, NAME,… and NAME[:FILE]."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from vcomp.engine.settings import Guide, Strength
from vcomp.errors import UsageError

_NUMBER = r"-?\d+(?:\.\d*)?|-?\.\d+"
_GUIDE = re.compile(rf"(?P<names>[^:]+)(?::(?P<scale>{_NUMBER}))?")
_STRENGTH = re.compile(rf"(?P<name>[^=]+)=(?P<factor>{_NUMBER})(?:@(?P<start>{_NUMBER}):(?P<end>{_NUMBER}))?")
_SIZE = re.compile(r"(?P<width>\d+)x(?P<height>\d+)")


def parse_guide(text: str) -> Guide:
    """`text,style`, or with its own scale, `motion:4`.

    Raises:
        UsageError: It is not of that form, or a value is out of range.
    """
    match = _GUIDE.fullmatch(text)
    if not match:
        raise UsageError(
            f"--guide {text} is not understood.", hint="Write NAME,…[:SCALE], as text,style or motion:4."
        )
    names = tuple(_condition_name(name) for name in match["names"].split(",") if name.strip())
    return Guide(names=names, scale=None if match["scale"] is None else float(match["scale"]))


def parse_strength(text: str) -> Strength:
    """`depth=0.6`, or in a part of the run, `depth=0.6@0:0.5`.

    Raises:
        UsageError: It is not of that form, or a value is out of range.
    """
    match = _STRENGTH.fullmatch(text)
    if not match:
        raise UsageError(
            f"--strength {text} is not understood.",
            hint="Write NAME=S[@FROM:TO], as depth=0.6 or depth=0.6@0:0.5.",
        )
    name, factor = _condition_name(match["name"]), float(match["factor"])
    if match["start"] is None:
        return Strength(name=name, factor=factor)
    return Strength(name=name, factor=factor, start=float(match["start"]), end=float(match["end"]))


def parse_size(text: str) -> tuple[int, int]:
    """Width and height from `128x128`.

    Raises:
        UsageError: It is not of that form.
    """
    match = _SIZE.fullmatch(text.lower())
    if not match:
        raise UsageError(
            f"--size {text} is not understood.", hint="Write WIDTHxHEIGHT in pixels, as 128x128."
        )
    return int(match["width"]), int(match["height"])


def parse_size_or_side(text: str) -> tuple[int, int] | int:
    """Width and height from `128x128`, or the length of the shorter side from `128`.

    Raises:
        UsageError: It is neither.
    """
    return int(text) if text.isdecimal() else parse_size(text)


def parse_rate(text: str, *, stored: str) -> float | None:
    """Frames per second; None for the word `stored`.

    Raises:
        UsageError: It is neither a number above 0 nor that word.
    """
    if text == stored:
        return None
    if not re.fullmatch(_NUMBER, text) or float(text) <= 0:
        raise UsageError(f"--fps {text} is not understood.", hint=f"Write a number above 0, or {stored}.")
    return float(text)


def parse_names(text: str | None) -> tuple[str, ...]:
    """The names of conditions from `sketch,depth`."""
    return tuple(_condition_name(name) for name in (text or "").split(",") if name.strip())


def parse_list(texts: Iterable[str]) -> tuple[str, ...]:
    """Names out of an option that is given several times, or has several with commas."""
    return tuple(name.strip() for text in texts for name in text.split(",") if name.strip())


def parse_extractor(text: str) -> tuple[str, Path | None]:
    """An extractor and its weight file from `hed:FILE`, or `canny`."""
    name, _, path = text.partition(":")
    return name.strip(), Path(path) if path else None


def _condition_name(text: str) -> str:
    return text.strip().replace("-", "_")
