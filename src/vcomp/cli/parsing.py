"""The small languages of options: NAME,…[:SCALE], NAME=S[@FROM:TO] and WxH."""

from __future__ import annotations

import re

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


def _condition_name(text: str) -> str:
    return text.strip().replace("-", "_")
