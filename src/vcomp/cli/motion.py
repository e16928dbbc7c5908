"""`vcomp motion`: motion drawn by hand, before it is used."""

from __future__ import annotations

from typing import Annotated

from typer import Option, Typer

from vcomp.cli import options as opt
from vcomp.cli.usage import Commands

EXAMPLES = """[bold]Examples[/bold]

A stroke drawn in any vector program, over the picture that is to move:
[cyan]vcomp motion preview --motion stroke.svg --over still.png -o preview.mp4[/cyan]

Camera and stroke together, as a strip of frames:
[cyan]vcomp motion preview --motion stroke.json --camera "pan right 3, zoom in 1.02" -o preview.png[/cyan]

[bold]Strokes[/bold] are JSON, with points as fractions of width and height:
[cyan]{"strokes": [{"points": [[0.2, 0.5], [0.8, 0.5]], "radius": 0.1}]}[/cyan]
See docs/motion.md for all of it.
"""

app = Typer(cls=Commands, no_args_is_help=True, help="Motion drawn by hand, before it is used.")


@app.command(epilog=EXAMPLES)
def preview(
    *,
    motion: opt.Motion = None,
    camera: opt.Camera = None,
    bundle: opt.Bundle = None,
    over: Annotated[
        str | None, Option(metavar="FILE", help="A picture, or a video's first frame, to draw over.")
    ] = None,
    frames: opt.NumFrames = None,
    fps: opt.Fps = None,
    size: opt.Size = None,
    out: Annotated[
        str,
        Option(
            "--out",
            "-o",
            metavar="OUT",
            help="[b].mp4[/b], [b].gif[/b], [b].webp[/b], a folder or [b]-[/b]: arrows beside colours;"
            " [b].png[/b]: a strip of frames.",
        ),
    ],
    overwrite: opt.Overwrite = False,
    quiet: opt.Quiet = False,
    model: opt.Model = "tiny",
) -> None:
    """Draw the motion that the model will be given, as arrows and as colours.

    All that is named adds up. The path of the result is printed on stdout.
    """
    from vcomp.cli.motion_preview import PreviewJob, run_preview

    run_preview(
        PreviewJob(
            motion=tuple(motion or ()),
            camera=camera,
            bundle=bundle,
            over=over,
            num_frames=frames,
            fps=fps,
            size=size,
            out=out,
            overwrite=overwrite,
            quiet=quiet,
            model=model,
        )
    )
