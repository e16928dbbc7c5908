"""Models that need no folder. Needs no torch."""

NAMES = ("tiny", "videocomposer")
