"""Out of memory is answered by the next smaller way, and that is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch

from vcomp.engine.networks import empty_cache
from vcomp.engine.ways import Ways
from vcomp.errors import ResourceError

T = TypeVar("T")

# What devices say that have no error of their own for it: the CPU's allocator, and Apple's GPU.
_OTHER_WORDS = ("can't allocate memory", "out of memory")


@dataclass
class Fallback:
    """Runs the stages of one generation, each again in a smaller way where memory runs out.

    Args:
        ways: To begin with; later stages go on with those that an earlier one came to.
        on_note: Gets a sentence for each change.
    """

    ways: Ways
    on_note: Callable[[str], None]

    def run(self, stage: str, work: Callable[[Ways], T]) -> T:
        """What `work` gives. It is called from the start each time, so it must depend on nothing but its way.

        Raises:
            ResourceError: Memory runs out in the smallest way too.
        """
        while True:
            try:
                return work(self.ways)
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
            # Only here are the tensors free that the error's traceback kept alive.
            empty_cache()
            smaller = self.ways.smaller(stage)
            if smaller is None:
                raise ResourceError(
                    f"Memory ran out in the stage {stage!r}, in the smallest way there is.",
                    hint="Ask for fewer or smaller frames.",
                )
            self.on_note(f"{stage}: out of memory, once more with {smaller.change_from(self.ways)}")
            self.ways = smaller


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether an error says that a device has no memory left."""
    return isinstance(error, torch.OutOfMemoryError) or any(word in str(error) for word in _OTHER_WORDS)
