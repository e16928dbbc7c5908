"""The full-size UNet beside diffusers' UNet3DConditionModel of the same sizes, in one run, as JSON lines.

Where a CPU has no units for bfloat16, diffusers would take hours in it. There both are measured on two frames
of 8x8 latents, which every line says.
"""

from __future__ import annotations

from typing import Annotated

import typer
from measuring import CPU, DTYPES, has_units, in_each_dtype, matrix_product, ratios, report, seconds_in_turn
from networks import FULL, Size, conditioned_unet, diffusers_unet, one_pass, random_weights

from vcomp.engine.devices import arithmetic_dtype, dtype_name

SLOW_SIZE = Size(num_frames=2, side=8)


def measure(name: str, *, rounds: int) -> None:
    """Report one precision."""
    dtype = DTYPES[name]
    size, rounds = (FULL, rounds) if has_units(dtype) else (SLOW_SIZE, 1)
    weights = random_weights(dtype)
    product, flop = matrix_product(dtype)
    calls = {
        "ours": one_pass(conditioned_unet(weights, size=size), size=size),
        "diffusers": diffusers_unet(weights, size=size),
        "matmul": product,
    }
    seconds = seconds_in_turn(calls, rounds=rounds, warm_up=size == FULL)
    arithmetic = dtype_name(arithmetic_dtype(dtype, CPU))
    report(f"peers_unet_{name}_s", seconds["ours"], size=str(size), arithmetic=arithmetic)
    report(f"peers_diffusers_{name}_s", seconds["diffusers"], size=str(size), arithmetic=dtype_name(dtype))
    report(f"peers_matmul_{name}_tflops", [flop / s / 1e12 for s in seconds["matmul"]])
    ratio = ratios(seconds["ours"], seconds["diffusers"])
    report(f"unet_{name}_vs_diffusers", ratio, size=str(size), arithmetic=arithmetic)


def main(
    dtype: Annotated[str | None, typer.Option(help="fp32 or bf16; both if not given.")] = None,
    rounds: Annotated[int, typer.Option(help="Passes of which the median counts.", min=1)] = 3,
) -> None:
    """Measure both UNets."""
    in_each_dtype(__file__, measure, dtype, rounds=rounds)


if __name__ == "__main__":
    typer.run(main)
