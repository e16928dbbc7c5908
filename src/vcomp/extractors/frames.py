"""What the extractors that run a network over frames have in common."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Barrier, Lock

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from vcomp.errors import MediaError
from vcomp.media.clip import Frames
from vcomp.media.pixels import to_tensor

# Frames a network sees at once. On a CPU one keeps the cores busy, and its features are small enough for the
# allocator to use their memory again: those of four were new pages for every layer, at twice the time.
_CHUNK_FRAMES_CPU = 1
_CHUNK_FRAMES_ELSEWHERE = 4
_MOST_WORKERS = 4  # each holds the features of a frame
_starting = Lock()


def check_frames(frames: Frames) -> None:
    """Raise unless `frames` is a non-empty uint8 RGB clip.

    Raises:
        ValueError: For another dtype or number of axes.
        MediaError: If there is no frame, or the frames have no pixels.
    """
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] != 3:
        raise ValueError(f"frames must be uint8 [f h w 3], not {frames.dtype} {list(frames.shape)}.")
    if not frames.size:
        raise MediaError("The clip has no frames.", hint="Check that the file holds a video or a picture.")


def map_frames(
    frames: Frames,
    estimate: Callable[[Float[Tensor, "b 3 h w"]], Float[Tensor, "b 1 h w"]],
    *,
    device: torch.device,
) -> Float[Tensor, "1 f h w"]:
    """Apply `estimate`, which takes RGB in [-1,1] on `device`, to a few frames at a time; gather on the CPU.

    On a CPU several threads do, each with its share of the cores.

    Raises:
        ValueError: If `frames` is not a uint8 RGB clip.
        MediaError: If it is empty.
    """
    check_frames(frames)
    on_cpu = device.type == "cpu"
    length = _CHUNK_FRAMES_CPU if on_cpu else _CHUNK_FRAMES_ELSEWHERE
    autocast = torch.autocast(
        device.type,
        torch.get_autocast_dtype(device.type),
        enabled=torch.is_autocast_enabled(device.type),
    )

    def run(start: int) -> Float[Tensor, "b 1 h w"]:
        # Threads do not inherit these modes.
        with torch.inference_mode(), autocast:
            batch = rearrange(to_tensor(frames[start : start + length]), "c f h w -> f c h w")
            # Networks of few channels are several times as fast with the channels last.
            batch = batch.to(device).contiguous(memory_format=torch.channels_last)
            return estimate(batch).float().cpu()

    starts = range(0, len(frames), length)
    if on_cpu and len(starts) > 1:
        chunks = list(_workers().map(run, starts))
    else:
        chunks = [run(start) for start in starts]
    # A clone taken outside inference mode is an ordinary tensor, which training may use too.
    return rearrange(torch.cat(chunks), "f 1 h w -> 1 f h w").clone()


def _workers() -> ThreadPoolExecutor:
    """The threads that all networks' frames are shared out to, each with its share of the cores.

    Threads that compute one small layer together wait for each other after it; each with a frame of its own,
    they need not, and lose less to what else runs.
    """
    with _starting:
        return _started_workers()


@cache
def _started_workers() -> ThreadPoolExecutor:
    threads = torch.get_num_threads()
    count = min(threads, _MOST_WORKERS)
    pool = ThreadPoolExecutor(count, thread_name_prefix="frames")
    all_there = Barrier(count + 1)

    def begin() -> None:
        torch.get_num_threads()  # a thread's first use of torch gives it the process's number: get that over
        torch.set_num_threads(threads // count)  # of this thread, but also of any that is yet to start
        all_there.wait()

    for _ in range(count):
        pool.submit(begin)
    all_there.wait()
    torch.set_num_threads(threads)
    return pool
