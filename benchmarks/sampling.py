"""What guided sampling with the full-size UNet costs beyond its forward passes, as JSON lines.

After each step, which has two passes in it, a single one is timed: a machine that slows down disturbs both.
What is disturbed at random compares in sums alone: the median of single passes is below the mean of those in
steps.
"""

from __future__ import annotations

from statistics import mean
from time import perf_counter
from typing import Annotated

import typer
from measuring import CPU, DTYPES, report
from networks import conditioned_unet, guided_sampling, one_pass, random_weights

from vcomp.engine.devices import arithmetic_dtype, dtype_name


def main(
    dtype: Annotated[str, typer.Option(help="fp32 or bf16.")] = "bf16",
    steps: Annotated[int, typer.Option(help="Of the sampler.", min=1)] = 20,
) -> None:
    """Measure guided sampling."""
    conditioned = conditioned_unet(random_weights(DTYPES[dtype]), num_steps=steps)
    forward = one_pass(conditioned)
    passes: list[float] = []

    def time_one(*_: int) -> None:
        start = perf_counter()
        forward()
        passes.append(perf_counter() - start)

    sampling = guided_sampling(conditioned, on_step=time_one)
    forward()
    start = perf_counter()
    sampling()
    sampled = perf_counter() - start - sum(passes)
    all_passes = 2 * steps * mean(passes)
    facts = {"steps": steps, "arithmetic": dtype_name(arithmetic_dtype(DTYPES[dtype], CPU))}
    report("sampling_s", [sampled], **facts)
    report("sampling_passes_s", [all_passes], **facts)
    report("sampling_overhead", [sampled / all_passes - 1], **facts)


if __name__ == "__main__":
    typer.run(main)
