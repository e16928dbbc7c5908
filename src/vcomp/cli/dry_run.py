"""`vcomp generate --dry-run`: what a generation would need, and the ways it would go."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer
from rich.filesize import decimal

from vcomp.cli.job import check_named
from vcomp.cli.parsing import parse_names
from vcomp.engine.devices import dtype_name, widening_note
from vcomp.engine.ways import Residency
from vcomp.media.inputs import STDIN
from vcomp.media.read import media_kind
from vcomp.wording import counted

if TYPE_CHECKING:
    from vcomp.cli.recipe import AnyRecipe, Recipe
    from vcomp.engine.plan import Plan

_RESIDENCY = {
    Residency.KEPT: "all networks stay loaded",
    Residency.FREED: "towers and extractors leave before the UNet runs",
    Residency.OFFLOADED: "each network is on the device only while it works",
}


def dry_run(recipe: Recipe, *, offload: bool, as_json: bool) -> None:
    """Print the plan on stdout; nothing is loaded or written, and of files only what they are is read.

    Raises:
        ResourceError: Memory would not do; the plan is printed all the same.
        VcompError: Whatever the generation would say before it reads its conditions.
    """
    from vcomp.engine.engine import Engine
    from vcomp.models.system import load_system

    system = load_system(recipe.model, complete=False)
    engine = Engine(system, device=recipe.device, dtype=recipe.dtype, offload=offload)
    settings, names = recipe.settings(engine.default_settings), names_in(recipe)
    if recipe.bundle is None:
        check_named(recipe, settings, names)
    extracting = [part for part, path in (("pidinet", recipe.sketch), ("depth", recipe.depth)) if path]
    print_plan(engine.plan(settings, names, extracting=extracting), as_json=as_json)


def print_plan(plan: Plan, *, as_json: bool) -> None:
    """On stdout.

    Raises:
        ResourceError: Memory would not do.
    """
    typer.echo(json.dumps(plan_object(plan)) if as_json else plan_text(plan))
    plan.check()


def names_in(recipe: AnyRecipe) -> frozenset[str]:
    """The conditions that the options name; of a bundle those to use, or else nothing is known."""
    names = {
        name
        for name in ("text", "style", "image", "sketch", "depth", "mask", "motion", "camera")
        if getattr(recipe, name, None)
    }
    names.update(parse_names(getattr(recipe, "use", None)))
    sketch = getattr(recipe, "sketch", None)
    if sketch is not None and sketch != STDIN and media_kind(sketch) == "picture":
        names = names - {"sketch"} | {"single_sketch"}
    return frozenset({"camera": "motion", "flow": "motion"}.get(name, name) for name in names)


def plan_object(plan: Plan) -> dict[str, object]:
    """For programs; sizes are in bytes."""
    settings = plan.load.settings
    return {
        "model": plan.card.name,
        "device": str(plan.device),
        "dtype": dtype_name(plan.dtypes["unet"]),
        "arithmetic": dtype_name(plan.arithmetic["unet"]),
        "frames": settings.num_frames,
        "window": settings.window_frames,
        "overlap": settings.overlap_frames,
        "size": list(settings.size),
        "networks": [
            {
                "name": need.name,
                "dtype": dtype_name(need.dtype),
                "arithmetic": dtype_name(need.arithmetic),
                "weights_bytes": need.weights_bytes,
                "activations_bytes": need.activations_bytes,
            }
            for need in plan.needs.values()
        ],
        "stages": plan.stages,
        "peak_bytes": plan.peak_bytes,
        "available_bytes": plan.available,
        "fits": plan.fits,
        "condition_sets": plan.load.num_sets,
        "guidance": "batched" if plan.ways.batched else "sequential",
        "decoded_frames": plan.ways.decoded_frames,
        "networks_are": plan.ways.residency.value,
    }


def plan_text(plan: Plan) -> str:
    """For people."""
    settings, ways = plan.load.settings, plan.ways
    width, height = settings.size
    lines = [
        f"{plan.card.name} on {plan.device}: {settings.num_frames} frames of {width}x{height}",
        *([f"in {plan.in_windows}"] if plan.in_windows else []),
        "",
        f"{'network':<12}  {'precision':<9}  {'weights':>9}  {'activations':>11}",
    ]
    lines += [
        f"{need.name:<12}  {dtype_name(need.dtype):<9}  {decimal(need.weights_bytes):>9}"
        f"  {decimal(need.activations_bytes):>11}"
        for need in plan.needs.values()
    ]
    lines += ["", f"{'stage':<12}  {'peak':>9}"]
    lines += [f"{stage:<12}  {decimal(size):>9}" for stage, size in plan.stages.items()]
    free = "unknown" if plan.available is None else decimal(plan.available)
    together = "in one pass" if ways.batched else "one after another"
    count = plan.load.num_sets
    sets = f"{count} condition sets {together}" if count > 1 else "one condition set"
    frames = counted(ways.decoded_frames, "frame")
    lines += ["", f"about {decimal(plan.peak_bytes)} of memory; free: {free}"]
    lines += [f"{sets}; {frames} decoded at a time; {_RESIDENCY[ways.residency]}"]
    if note := widening_note(plan.dtypes["unet"], plan.arithmetic["unet"]):
        lines += [note]
    if plan.short_of:
        lines += [f"because memory is short: {plan.short_of}"]
    return "\n".join(lines)
