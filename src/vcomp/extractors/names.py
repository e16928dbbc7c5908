"""What can be extracted, by name; checking a name needs no torch."""

from __future__ import annotations

from vcomp.errors import ConditionError, UsageError, did_you_mean

NAMES = ("sketch", "single_sketch", "depth", "motion", "flow", "style", "image", "mask")
"""As `--only` names them: the conditions but text; motion is the codec's, flow the dense one."""

OF_PICTURES = ("single_sketch", "depth", "style", "image")
OF_VIDEOS = ("sketch", "depth", "motion", "flow", "style", "image")
_MOVING = ("motion", "flow")


def check_names(names: tuple[str, ...], *, has_mask: bool) -> None:
    """Raise unless all can be extracted.

    Raises:
        UsageError: A name is unknown, or `mask` is asked for without one.
    """
    for name in names:
        if name not in NAMES:
            guess = did_you_mean(name, NAMES)
            raise UsageError(
                f"There is no condition {name!r} to extract.", hint=f"{guess}Choose from {', '.join(NAMES)}."
            )
    if "mask" in names and not has_mask:
        raise UsageError(
            "A mask condition is made from a mask.", hint="Name one with --mask: white is regenerated."
        )


def names_of(kind: str, wanted: tuple[str, ...], *, has_mask: bool) -> tuple[str, ...]:
    """The conditions to extract from a `picture` or a `video`; none wanted are all that it has.

    Raises:
        ConditionError: Motion is wanted of a picture.
    """
    if kind == "video":
        chosen = set(wanted or OF_VIDEOS)
    else:
        chosen = {"single_sketch" if name == "sketch" else name for name in wanted or OF_PICTURES}
        if moving := sorted(chosen.intersection(_MOVING)):
            raise ConditionError(
                f"A picture has no {moving[0]}: it does not move.", hint="Name a video, or leave that out."
            )
    if has_mask:
        chosen.add("mask")
    return tuple(name for name in NAMES if name in chosen)
