"""The ways to generate: each smaller one needs less memory and more time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from vcomp.wording import counted

# Frames decoded at once have so many pixels together: memory stays flat however long the video is.
DECODED_PIXELS = 2**19


class Residency(Enum):
    """How long networks stay on the device."""

    KEPT = "kept"  # all of them, for the next video
    FREED = "freed"  # towers and extractors leave for the networks that generate
    OFFLOADED = "offloaded"  # each is there only while it works


@dataclass(frozen=True, kw_only=True)
class Ways:
    """How memory is used; smaller ways give the same video, but for rounding.

    Args:
        batched: Whether the condition sets of guidance are evaluated in one pass of the UNet.
        decoded_frames: How many frames the autoencoder decodes at once.
        residency: How long networks stay.
    """

    batched: bool = False
    decoded_frames: int = 1
    residency: Residency = Residency.KEPT

    def smaller(self, stage: str) -> Ways | None:
        """The next way in which `stage` needs less memory; None if this is the smallest."""
        if stage == "denoise" and self.batched:
            return replace(self, batched=False)
        if stage == "decode" and self.decoded_frames > 1:
            return replace(self, decoded_frames=self.decoded_frames // 2)
        if self.residency is not Residency.OFFLOADED:
            return replace(self, residency=Residency.OFFLOADED)
        return None

    def change_from(self, larger: Ways) -> str:
        """What this way does that `larger` does not, for the user."""
        changes = []
        if larger.batched and not self.batched:
            changes.append("condition sets one after another")
        if self.decoded_frames < larger.decoded_frames:
            changes.append(f"{counted(self.decoded_frames, 'frame')} decoded at a time")
        if self.residency is Residency.OFFLOADED and larger.residency is not Residency.OFFLOADED:
            changes.append("each network on the device only while it works")
        return ", ".join(changes)


def decoded_frames(size: tuple[int, int], num_frames: int) -> int:
    """How many frames of a width and height are decoded at once, where memory is not short."""
    width, height = size
    return min(num_frames, max(1, DECODED_PIXELS // (width * height)))
