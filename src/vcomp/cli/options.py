"""The options of commands that generate, in the panels of their help."""

from __future__ import annotations

from typing import Annotated

from typer import Option

_CONDITIONS, _GUIDANCE, _VIDEO, _OUTPUT, _MODEL = "Conditions", "Guidance", "Video", "Output", "Model"

Text = Annotated[
    str | None,
    Option(
        "--text", "-t", metavar="TEXT", help="What is seen, and how it moves.", rich_help_panel=_CONDITIONS
    ),
]
Image = Annotated[
    str | None,
    Option(
        metavar="FILE", help="The first frame: a picture, or a video's first.", rich_help_panel=_CONDITIONS
    ),
]
Sketch = Annotated[
    str | None,
    Option(
        metavar="FILE",
        help="Edges: a picture for the first frame, a video for every frame. A drawing is used as it is,"
        " from a photograph or film edges are extracted.",
        rich_help_panel=_CONDITIONS,
    ),
]
Style = Annotated[
    str | None, Option(metavar="FILE", help="A picture whose look to take.", rich_help_panel=_CONDITIONS)
]
Depth = Annotated[
    str | None,
    Option(
        metavar="FILE",
        help="How near things are: a picture or a video. A grey depth map (light is near) is used as it is.",
        rich_help_panel=_CONDITIONS,
    ),
]
Motion = Annotated[
    list[str] | None,
    Option(
        metavar="FILE",
        help="A video whose motion to take, strokes drawn by hand ([b].json[/b], [b].svg[/b]) or an array"
        " ([b].flo[/b], [b].npz[/b]); several add up.",
        rich_help_panel=_CONDITIONS,
    ),
]
Camera = Annotated[
    str | None,
    Option(
        metavar="MOVES",
        help="Moves of the camera, for each frame: 'pan right 3, zoom in 1.02'; tilt, roll; [b]eased[/b];"
        " [b]@FROM:TO[/b]. Adds to the motion.",
        rich_help_panel=_CONDITIONS,
    ),
]
Video = Annotated[
    str | None,
    Option(
        metavar="FILE", help="A video to change in part; needs [b]--mask[/b].", rich_help_panel=_CONDITIONS
    ),
]
Mask = Annotated[
    str | None,
    Option(
        metavar="FILE",
        help="White where [b]--video[/b] is regenerated: a picture or a video.",
        rich_help_panel=_CONDITIONS,
    ),
]

Bundle = Annotated[
    str | None,
    Option(
        "--from",
        metavar="DIR",
        help="Conditions that [b]vcomp extract[/b] or [b]--save-conditions[/b] wrote; [b]-[/b] is a pipe."
        " What is given beside replaces them; motion adds up.",
        rich_help_panel=_CONDITIONS,
    ),
]
Use = Annotated[
    str | None,
    Option(
        metavar="NAME,…",
        help="Of [b]--from[/b]: text, style, image, single_sketch, sketch, depth, mask, motion (the codec's)"
        " or flow (dense). [dim]default: all, of the two flow[/dim]",
        rich_help_panel=_CONDITIONS,
    ),
]

Guides = Annotated[
    list[str] | None,
    Option(
        "--guide",
        metavar="NAME,…[:SCALE]",
        help="Strengthen these conditions together; several add up. [dim]default: the model's (tiny: all but"
        " mask; videocomposer: text,style)[/dim]",
        rich_help_panel=_GUIDANCE,
    ),
]
GuidanceScale = Annotated[
    float | None,
    Option(
        metavar="W",
        help="Scale of guides that have none of their own. [dim]default: the model's[/dim]",
        rich_help_panel=_GUIDANCE,
    ),
]
GuidanceRescale = Annotated[
    float | None,
    Option(
        metavar="F",
        help="From 0 to 1: keep large scales from glaring. [dim]default: the model's[/dim]",
        rich_help_panel=_GUIDANCE,
    ),
]
Strengths = Annotated[
    list[str] | None,
    Option(
        "--strength",
        metavar="NAME=S[@FROM:TO]",
        help="Scale what one condition gives, and leave it out outside a part of the run:"
        " depth=0.6@0:0.5 in its first half.",
        rich_help_panel=_GUIDANCE,
    ),
]

NumFrames = Annotated[
    int | None,
    Option(metavar="N", help="How many frames. [dim]default: the model's[/dim]", rich_help_panel=_VIDEO),
]
Window = Annotated[
    int | None,
    Option(
        metavar="N",
        help="Frames the model sees at once; longer videos are made of windows that overlap."
        " [dim]default: the model's length[/dim]",
        rich_help_panel=_VIDEO,
    ),
]
Overlap = Annotated[
    int | None,
    Option(
        metavar="N",
        help="Frames that a window shares with the one before. [dim]default: half a window[/dim]",
        rich_help_panel=_VIDEO,
    ),
]
Fps = Annotated[
    float | None,
    Option(metavar="R", help="Frames per second. [dim]default: the model's[/dim]", rich_help_panel=_VIDEO),
]
Size = Annotated[
    str | None,
    Option(
        metavar="WxH",
        help="Width and height in pixels, multiples of 8. [dim]default: the model's[/dim]",
        rich_help_panel=_VIDEO,
    ),
]
Steps = Annotated[int, Option(metavar="N", help="Denoising steps.", rich_help_panel=_VIDEO)]
Sampler = Annotated[str, Option(metavar="S", help="[b]dpm++[/b], unipc or ddim.", rich_help_panel=_VIDEO)]
Seed = Annotated[
    int | None,
    Option(
        metavar="N", help="One seed, one video. [dim]default: drawn, and told[/dim]", rich_help_panel=_VIDEO
    ),
]

Out = Annotated[
    str,
    Option(
        "--out",
        "-o",
        metavar="OUT",
        help="[b].mp4[/b], [b].gif[/b], [b].webp[/b], a folder for PNGs, or [b]-[/b] for MP4 into a pipe.",
        rich_help_panel=_OUTPUT,
    ),
]
Strip = Annotated[
    bool,
    Option(
        "--strip",
        help="Also write OUT_strip.png: conditions and result, row by row.",
        rich_help_panel=_OUTPUT,
    ),
]
SaveConditions = Annotated[
    str | None,
    Option(metavar="DIR", help="Keep the conditions, as tensors and pictures.", rich_help_panel=_OUTPUT),
]
Overwrite = Annotated[
    bool,
    Option(
        "--overwrite",
        help="Replace the frames in a folder; files are always replaced.",
        rich_help_panel=_OUTPUT,
    ),
]
AsJson = Annotated[
    bool,
    Option(
        "--json",
        help="Print an object with path, seed, model, conditions and timings instead of the path.",
        rich_help_panel=_OUTPUT,
    ),
]
Quiet = Annotated[
    bool, Option("--quiet", "-q", help="Say nothing on stderr but errors.", rich_help_panel=_OUTPUT)
]
DryRun = Annotated[
    bool,
    Option(
        "--dry-run",
        help="Only print what memory it would need, and how it would go about it; also as [b]--json[/b].",
        rich_help_panel=_OUTPUT,
    ),
]

Model = Annotated[
    str,
    Option(metavar="MODEL", help="[b]tiny[/b], videocomposer or a model's folder.", rich_help_panel=_MODEL),
]
Device = Annotated[
    str, Option(metavar="DEVICE", help="auto, cpu, cuda, cuda:1, mps.", rich_help_panel=_MODEL)
]
Dtype = Annotated[
    str, Option(metavar="DTYPE", help="auto, float32, bfloat16 or float16.", rich_help_panel=_MODEL)
]
Offload = Annotated[
    bool,
    Option(
        "--offload",
        help="Have each network on the device only while it works: the least memory, a little slower.",
        rich_help_panel=_MODEL,
    ),
]
