"""`vcomp eval`: videos in, figures out."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option

from vcomp.cli import measuring_options as by
from vcomp.cli import options as opt

_AGAINST, _OUTPUT = "Measured against", "Output"

EXAMPLES = """[bold]Examples[/bold]

How steady a video is, and how well it shows its own text:
[cyan]vcomp eval out.mp4 --metric frame-consistency,text-alignment[/cyan]

Motion against that of a clip, edges against a drawing; for a program:
[cyan]vcomp eval out.mp4 --metric motion-error --reference clip.mp4 --json[/cyan]
[cyan]vcomp eval out.mp4 --metric sketch-f1 --reference star.png[/cyan]

Two folders of results, their videos compared with those of the same name in a third:
[cyan]vcomp eval with/ without/ --metric psnr,ssim --reference true/ --csv > table.csv[/cyan]

Two sets of videos:
[cyan]vcomp eval made/ --metric fvd --reference real/[/cyan]

Through a pipe:
[cyan]vcomp generate --text "a red star" -o - | vcomp eval - --metric frame-consistency[/cyan]

All metrics, what they need and where they are from: docs/metrics.md.
"""


def evaluate(
    videos: Annotated[
        list[str],
        Argument(
            metavar="FILE|DIR…",
            help="Videos, animations, folders of frames, [b]-[/b] for a pipe; a folder of videos is a set.",
        ),
    ],
    *,
    metric: Annotated[
        list[str],
        Option(
            "--metric",
            "-m",
            metavar="NAME,…",
            help="frame-consistency, motion-error, text-alignment, style-similarity, sketch-f1, depth-error,"
            " psnr, ssim, lpips, fvd; several with commas, or the option again.",
        ),
    ],
    reference: Annotated[
        str | None,
        Option(
            metavar="FILE|DIR",
            help="What a video is compared with; of a folder the file of the same name."
            " [dim]default: the condition it was made from, where that is still there[/dim]",
            rich_help_panel=_AGAINST,
        ),
    ] = None,
    text: Annotated[
        str | None,
        Option(
            "--text",
            "-t",
            metavar="TEXT",
            help="What the videos should show. [dim]default: what they were made from[/dim]",
            rich_help_panel=_AGAINST,
        ),
    ] = None,
    style: Annotated[
        str | None,
        Option(
            metavar="FILE|DIR",
            help="A picture whose look they should have. [dim]default: what they were made from[/dim]",
            rich_help_panel=_AGAINST,
        ),
    ] = None,
    clip: by.Clip = "tiny",
    flow_by: by.FlowBy = "dis",
    depth_by: by.DepthBy = "tiny",
    as_json: Annotated[
        bool, Option("--json", help="Print one object instead of a table.", rich_help_panel=_OUTPUT)
    ] = False,
    as_csv: Annotated[
        bool, Option("--csv", help="Print a row for each figure of each video.", rich_help_panel=_OUTPUT)
    ] = False,
    quiet: opt.Quiet = False,
    device: opt.Device = "auto",
) -> None:
    """Measure videos: how steady they are, and how well they follow what they were made from.

    Of several videos the mean, the standard deviation and the 95 % interval of the mean are given too. Every
    figure says what computed it: figures of two towers cannot be compared.
    """
    from vcomp.cli.measuring import EvalJob, run_eval
    from vcomp.cli.parsing import parse_list

    run_eval(
        EvalJob(
            videos=tuple(videos),
            metrics=parse_list(metric),
            reference=reference,
            text=text,
            style=style,
            clip=clip,
            flow_by=flow_by,
            depth_by=depth_by,
            as_json=as_json,
            as_csv=as_csv,
            quiet=quiet,
            device=device,
        )
    )
