"""Networks over frames: on a CPU, how many threads compute."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from vcomp.extractors.frames import map_frames


def test_workers_have_only_their_share_of_the_cores() -> None:
    seen: list[int] = []

    def estimate(batch: Tensor) -> Tensor:
        seen.append(torch.get_num_threads())
        return batch[:, :1]

    available = torch.get_num_threads()
    map_frames(np.zeros((8, 16, 16, 3), np.uint8), estimate, device=torch.device("cpu"))

    assert seen == [max(available // 4, 1)] * 8
    assert torch.get_num_threads() == available
