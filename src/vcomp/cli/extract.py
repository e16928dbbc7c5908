"""`vcomp extract`: a video or a picture in, its conditions out."""

from __future__ import annotations

from typing import Annotated, Literal

from typer import Argument, Option

from vcomp.cli import options as opt

_WHAT, _FRAMES, _BY = "What", "Frames", "Extractors"

EXAMPLES = """[bold]Examples[/bold]

Everything a clip has, to look at (open clip/index.html) and to generate from:
[cyan]vcomp extract clip.mp4 -o clip/[/cyan]
[cyan]vcomp generate --from clip/ --use depth,flow --text "a castle of sand" -o out.mp4[/cyan]

Two conditions of the two seconds after the tenth, at another size:
[cyan]vcomp extract clip.mp4 --only sketch,depth --start 10 --frames 16 --size 320x320 -o two/[/cyan]

Through a pipe:
[cyan]vcomp extract clip.mp4 -o - | vcomp generate --from - --text "a castle of sand" -o out.mp4[/cyan]
"""


def extract(
    source: Annotated[
        str, Argument(help="A video, an animation, a picture, a folder of pictures, or [b]-[/b] for a pipe.")
    ],
    *,
    out: Annotated[
        str,
        Option(
            "--out",
            "-o",
            metavar="DIR",
            help="A folder for the bundle; [b].safetensors[/b] or [b]-[/b] gets the tensors alone.",
            rich_help_panel="Output",
        ),
    ],
    only: Annotated[
        str | None,
        Option(
            metavar="NAME,…",
            help="sketch, single_sketch (of a video only where named here), depth, motion (the codec's), flow"
            " (dense), style, image, mask. [dim]default: all there is[/dim]",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    mask: Annotated[
        str | None,
        Option(
            metavar="FILE",
            help="White where the video is to be regenerated: a picture or a video.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    fps: Annotated[
        str,
        Option(metavar="R", help="Frames per second; [b]stored[/b] takes all.", rich_help_panel=_FRAMES),
    ] = "8",
    frames: Annotated[
        int | None,
        Option(metavar="N", help="At most so many. [dim]default: all[/dim]", rich_help_panel=_FRAMES),
    ] = None,
    start: Annotated[
        float, Option(metavar="S", help="Where to begin, in seconds.", rich_help_panel=_FRAMES)
    ] = 0.0,
    size: Annotated[
        str,
        Option(
            metavar="WxH|N",
            help="Width and height in pixels, or the shorter side, which is not enlarged.",
            rich_help_panel=_FRAMES,
        ),
    ] = "256",
    fit: Annotated[
        Literal["crop", "pad", "stretch"],
        Option(
            metavar="HOW",
            help="Into a WxH of other proportions: crop, pad or stretch.",
            rich_help_panel=_FRAMES,
        ),
    ] = "crop",
    sketch_by: Annotated[
        str | None,
        Option(
            metavar="NAME[:FILE]",
            help="canny, or pidinet, hed, teed with a weight file. [dim]default: the model's PiDiNet[/dim]",
            rich_help_panel=_BY,
        ),
    ] = None,
    flow_by: Annotated[
        str,
        Option(metavar="NAME[:FILE]", help="dis, or raft with its weight file.", rich_help_panel=_BY),
    ] = "dis",
    vectors: Annotated[
        Literal["block", "sparse"],
        Option(
            metavar="HOW",
            help="Motion vectors over their blocks, or at their centres: [b]block[/b] or sparse.",
            rich_help_panel=_BY,
        ),
    ] = "block",
    half: Annotated[
        bool, Option("--half", help="Tensors in half precision: half the disk.", rich_help_panel="Output")
    ] = False,
    pictures: Annotated[
        bool,
        Option("--pictures/--no-pictures", help="Videos, strips and a page.", rich_help_panel="Output"),
    ] = True,
    overwrite: Annotated[
        bool, Option("--overwrite", help="Replace an earlier bundle.", rich_help_panel="Output")
    ] = False,
    as_json: Annotated[
        bool, Option("--json", help="Print the manifest instead of the path.", rich_help_panel="Output")
    ] = False,
    quiet: opt.Quiet = False,
    model: opt.Model = "tiny",
    device: opt.Device = "auto",
) -> None:
    """Extract the conditions of a video or a picture: sketch, depth, motion, flow, style, first image, mask.

    Writes a bundle: tensors, a manifest, a video and a strip of each, and a page with all side by side.
    """
    from vcomp.cli.extraction import ExtractJob, run_extraction
    from vcomp.cli.parsing import parse_names, parse_rate, parse_size_or_side

    run_extraction(
        ExtractJob(
            source=source,
            out=out,
            names=parse_names(only),
            mask=mask,
            fps=parse_rate(fps, stored="stored"),
            num_frames=frames,
            start_s=start,
            size=parse_size_or_side(size),
            fit=fit,
            sketch_by=sketch_by,
            flow_by=flow_by,
            vectors=vectors,
            half=half,
            pictures=pictures,
            overwrite=overwrite,
            as_json=as_json,
            quiet=quiet,
            model=model,
            device=device,
        )
    )
