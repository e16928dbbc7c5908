"""One forward pass of the full-size UNet, as JSON lines: seconds, rate, share of the machine's rate, memory.

The memory is the whole process's, so each precision is measured in a process of its own.
"""

from __future__ import annotations

from typing import Annotated

import typer
from measuring import (
    CPU,
    DTYPES,
    count_flop,
    has_units,
    in_each_dtype,
    matrix_product,
    peak_gb,
    ratios,
    report,
    report_unknown,
    seconds_interleaved,
)
from networks import conditioned_unet, one_pass, random_weights

from vcomp.engine.devices import arithmetic_dtype, dtype_name


def measure(name: str, *, rounds: int) -> None:
    """Report one precision."""
    dtype = DTYPES[name]
    conditioned = conditioned_unet(random_weights(dtype))
    forward = one_pass(conditioned)
    forward()
    peak = peak_gb()  # before anything else is held
    product, product_flop = matrix_product(dtype)
    product()
    unet = conditioned.unet
    layers = [*unet.down_layers, unet.middle_layer, unet.middle_residual, *unet.up_layers]
    passes = [seconds_interleaved(forward, product, layers) for _ in range(rounds)]
    flop = count_flop(forward)
    rates = [flop / p.own_s / 1e12 for p in passes]
    own_rates = [product_flop / p.yardstick_s / 1e12 for p in passes]
    arithmetic = dtype_name(arithmetic_dtype(dtype, CPU))
    report(f"unet_{name}_s", [p.own_s for p in passes], arithmetic=arithmetic)
    report(f"unet_{name}_tflops", rates, arithmetic=arithmetic)
    report(f"matmul_{name}_tflops", own_rates)
    report(f"unet_{name}_peak_gb", [peak], arithmetic=arithmetic)
    if has_units(dtype):
        report(f"unet_{name}_utilisation", ratios(rates, own_rates), arithmetic=arithmetic)
    else:
        reason = f"this CPU has no units for {dtype_name(dtype)}: the arithmetic is {arithmetic}"
        report_unknown(f"unet_{name}_utilisation", reason)


def main(
    dtype: Annotated[str | None, typer.Option(help="fp32 or bf16; both if not given.")] = None,
    rounds: Annotated[int, typer.Option(help="Passes of which the median counts.", min=1)] = 3,
) -> None:
    """Measure the full-size UNet."""
    in_each_dtype(__file__, measure, dtype, rounds=rounds)


if __name__ == "__main__":
    typer.run(main)
