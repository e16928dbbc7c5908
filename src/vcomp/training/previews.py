"""Pictures of a model in training."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from vcomp.media.pixels import to_frames


def grid(rows: list[Tensor]) -> NDArray[np.uint8]:
    """Rows of pictures ``[n 3 h w]`` in [-1, 1], one above the other, as ``[h w 3]``."""
    return np.concatenate([np.concatenate(list(to_frames(row.transpose(0, 1))), axis=1) for row in rows])
