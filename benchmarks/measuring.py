"""What the speed benchmarks share: times taken in turn, the machine's own rate, operations, memory, JSON."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from time import perf_counter

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from vcomp.engine.devices import arithmetic_dtype
from vcomp.evaluation.statistics import median_of_runs, unknown

CPU = torch.device("cpu")
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
CUBE = 2048
SLOW_CUBE = 256  # a larger one would take a minute where products of a precision are not in hardware

Call = Callable[[], object]


def has_units(dtype: torch.dtype) -> bool:
    """Whether this CPU multiplies a precision in hardware."""
    return arithmetic_dtype(dtype, CPU) == dtype


def in_each_dtype(script: str, measure: Callable[..., None], dtype: str | None, *, rounds: int) -> None:
    """Measure in one precision; without one in all, each in a process that has its own peak memory.

    Args:
        script: The benchmark, which takes `--dtype` and `--rounds`.
        measure: Called with the name of a precision and `rounds`.
        dtype: Of `DTYPES`, or None.
        rounds: Passes of which the median counts.
    """
    if dtype is not None:
        measure(dtype, rounds=rounds)
        return
    for name in DTYPES:
        subprocess.run([sys.executable, script, "--dtype", name, "--rounds", str(rounds)], check=True)


def matrix_product(dtype: torch.dtype) -> tuple[Call, int]:
    """A product of two square matrices, the yardstick of a machine's speed, and its operations."""
    side = CUBE if has_units(dtype) else SLOW_CUBE
    a, b = (torch.randn(side, side).to(dtype) for _ in range(2))
    return lambda: a @ b, 2 * side**3


@dataclass(frozen=True)
class Interleaved:
    """A network's pass and a yardstick, measured in turn within one pass.

    Args:
        own_s: The pass without the yardstick.
        yardstick_s: The yardstick, once; the mean over a pass.
    """

    own_s: float
    yardstick_s: float


def seconds_interleaved(call: Call, yardstick: Call, layers: Iterable[nn.Module]) -> Interleaved:
    """Seconds of a call, and of a yardstick that runs after each of its layers.

    A product takes a hundredth of a second and a pass several: on a crowded machine, whose speed may double
    from one second to the next, they are comparable only if both are spread over the same time.
    """
    spent: list[float] = []

    def measure(*_: object) -> None:
        start = perf_counter()
        yardstick()
        spent.append(perf_counter() - start)

    hooks = [layer.register_forward_hook(measure) for layer in layers]
    start = perf_counter()
    call()
    total = perf_counter() - start
    for hook in hooks:
        hook.remove()
    return Interleaved(own_s=total - sum(spent), yardstick_s=mean(spent))


def seconds_in_turn(
    calls: Mapping[str, Call], *, rounds: int, warm_up: bool = True
) -> dict[str, list[float]]:
    """Seconds of each call; one round runs each once, so that a noisy machine disturbs all alike."""
    if warm_up:
        for call in calls.values():
            call()
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = perf_counter()
            call()
            seconds[name].append(perf_counter() - start)
    return seconds


def ratios(numerators: Sequence[float], denominators: Sequence[float]) -> list[float]:
    """Round by round."""
    return [top / bottom for top, bottom in zip(numerators, denominators, strict=True)]


def count_flop(call: Call) -> int:
    """Floating-point operations of matrix products, convolutions and attention in one call."""
    with FlopCounterMode(display=False) as counter:
        call()
    return int(counter.get_total_flops())


def peak_gb() -> float:
    """Most memory this process has held so far, in 1e9 bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e9


def report(name: str, values: Sequence[float], **facts: object) -> None:
    """One JSON line on stdout: the median of a few runs, their range, and what else is to be known."""
    print(json.dumps({**json.loads(median_of_runs(values).to_json(name)), **facts}), flush=True)


def report_unknown(name: str, reason: str) -> None:
    """A number that cannot be had here."""
    print(unknown(reason).to_json(name), flush=True)
