"""`vcomp report`: a folder of results in, one page out."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option

from vcomp.cli import measuring_options as by
from vcomp.cli import options as opt

_MEASURES = "Metrics"
DEFAULT_METRICS = ("frame-consistency", "text-alignment")

EXAMPLES = """[bold]Examples[/bold]

Everything in a folder, to look at and to send (open results/report.html):
[cyan]vcomp report results/[/cyan]

Also how well edges and motion follow what the results were made from:
[cyan]vcomp report results/ --metric frame-consistency,sketch-f1,motion-error -o page.html[/cyan]

Pictures and commands alone:
[cyan]vcomp report results/ --no-metrics -o - > page.html[/cyan]
"""


def report(
    folder: Annotated[
        str, Argument(metavar="DIR", help="A folder of videos, animations and folders of frames.")
    ],
    *,
    out: Annotated[
        str | None,
        Option(
            "--out",
            "-o",
            metavar="OUT",
            help="[b].html[/b], or [b]-[/b] for standard output. [dim]default: DIR/report.html[/dim]",
            rich_help_panel="Output",
        ),
    ] = None,
    metric: Annotated[
        list[str] | None,
        Option(
            "--metric",
            "-m",
            metavar="NAME,…",
            help="Of [b]vcomp eval[/b]: frame-consistency, text-alignment, style-similarity, sketch-f1,"
            " depth-error, motion-error. [dim]default: the first two[/dim]",
            rich_help_panel=_MEASURES,
        ),
    ] = None,
    metrics: Annotated[
        bool, Option("--metrics/--no-metrics", help="Measure the results.", rich_help_panel=_MEASURES)
    ] = True,
    clip: by.Clip = "tiny",
    flow_by: by.FlowBy = "dis",
    depth_by: by.DepthBy = "tiny",
    quiet: opt.Quiet = False,
    device: opt.Device = "auto",
) -> None:
    """Write one page about a folder of results: videos, conditions, commands and figures.

    The page needs no other file. Conditions are what [b]--strip[/b] or [b]--save-conditions[/b] wrote beside
    a result, else the files its recipe names. Videos that vcomp did not make appear without a recipe.
    """
    from vcomp.cli.parsing import parse_list
    from vcomp.cli.reporting import ReportJob, run_report

    run_report(
        ReportJob(
            folder=folder,
            out=out,
            metrics=(DEFAULT_METRICS if metric is None else parse_list(metric)) if metrics else (),
            clip=clip,
            flow_by=flow_by,
            depth_by=depth_by,
            quiet=quiet,
            device=device,
        )
    )
