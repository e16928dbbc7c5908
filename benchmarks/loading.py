"""Seconds until the published model's networks are ready, in a new process, from files already converted.

It needs a home whose weights are pulled and were used once, or the one that `benchmarks/dress_rehearsal.py
FOLDER` leaves: `VCOMP_HOME=FOLDER/home`.
"""

from __future__ import annotations

import subprocess
import sys
from time import perf_counter
from typing import Annotated

import typer
from measuring import DTYPES, report, report_unknown

from vcomp.errors import WeightsError

ROUNDS = 3
PAGE_BYTES = 4096


def load(dtype: str) -> float:
    """Load what a generation needs and touch every page of it; seconds."""
    from vcomp.models.system import load_system

    start = perf_counter()
    system = load_system("videocomposer")
    networks = (system.towers(), system.unet(dtype=DTYPES[dtype]), system.autoencoder())
    # Mapped weights are read from disk when they are first used.
    for network in networks:
        for parameter in network.parameters():
            values = parameter.as_strided((parameter.numel(),), (1,))
            values[:: PAGE_BYTES // values.itemsize].sum()
    return perf_counter() - start


def main(
    dtype: Annotated[str, typer.Option(help="Of the UNet: fp32 or bf16.")] = "bf16",
    once: Annotated[bool, typer.Option(help="Measure in this process and print the bare seconds.")] = False,
) -> None:
    """Measure starts; the first, which warms the disk's cache, does not count."""
    from vcomp.models.system import load_system

    if once:
        print(load(dtype))
        return
    try:
        load_system("videocomposer")
    except WeightsError as error:
        report_unknown("warm_load_s", str(error))
        return
    command = [sys.executable, __file__, "--dtype", dtype, "--once"]
    starts = [float(subprocess.check_output(command, text=True)) for _ in range(1 + ROUNDS)]
    report("warm_load_s", starts[1:])


if __name__ == "__main__":
    typer.run(main)
