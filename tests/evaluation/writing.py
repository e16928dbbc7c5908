"""Writing a video to be measured."""

from __future__ import annotations

from collections.abc import Callable

from vcomp.media.clip import Frames

Write = Callable[[str, Frames], str]
