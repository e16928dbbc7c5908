"""The options that only the commands have which edit a video; the others are those of generating."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option

_CONDITIONS, _AREA, _VIDEO, _OUTPUT, _MODEL = "Conditions", "Area", "Video", "Output", "Model"

Edited = Annotated[
    str,
    Argument(metavar="VIDEO", help="A video, an animation, a folder of pictures, or [b]-[/b] for a pipe."),
]
Area = Annotated[
    str | None,
    Option(
        "--mask",
        "-m",
        metavar="MASK",
        help="What is made anew: a picture or a video that is white there, [b]x,y,width,height[/b] in pixels,"
        " or a side, as [b]'left 30%'[/b].",
        rich_help_panel=_AREA,
    ),
]
Outpaint = Annotated[
    str | None,
    Option(
        metavar="W:H|L,T,R,B",
        help="Enlarge the frame: to proportions, as [b]16:9[/b], or by pixels on each side.",
        rich_help_panel=_AREA,
    ),
]
Track = Annotated[
    bool,
    Option(
        "--track",
        help="The mask is the first frame's, and goes with what it covers, by optical flow.",
        rich_help_panel=_AREA,
    ),
]
Invert = Annotated[bool, Option("--invert", help="Make anew what is not in the mask.", rich_help_panel=_AREA)]
Dilate = Annotated[
    int, Option(metavar="PX", help="Grow the area by so many pixels on all sides.", rich_help_panel=_AREA)
]
Feather = Annotated[
    int | None,
    Option(
        metavar="PX",
        help="Fade into the source over so many pixels, inside the area."
        " [dim]default: 2 of the model's[/dim]",
        rich_help_panel=_AREA,
    ),
]
PreviewMask = Annotated[
    str | None,
    Option(
        metavar="FILE",
        help="Draw the area over the video: [b].mp4[/b], [b].gif[/b], [b].webp[/b], or [b].png[/b] for a"
        " strip. Without [b]--out[/b], that is all that is done.",
        rich_help_panel=_AREA,
    ),
]
Look = Annotated[
    str,
    Option("--style", metavar="FILE", help="A picture whose look to take.", rich_help_panel=_CONDITIONS),
]
Keep = Annotated[
    str,
    Option(
        metavar="NAME,…",
        help="What to take from the video: sketch, depth, motion.",
        rich_help_panel=_CONDITIONS,
    ),
]
EditOut = Annotated[
    str | None,
    Option(
        "--out",
        "-o",
        metavar="OUT",
        help="[b].mp4[/b], [b].gif[/b], [b].webp[/b], a folder for PNGs, or [b]-[/b] for MP4 into a pipe."
        " Sound goes into MP4 alone.",
        rich_help_panel=_OUTPUT,
    ),
]
ResultFrames = Annotated[
    int | None,
    Option(metavar="N", help="At most so many frames. [dim]default: all[/dim]", rich_help_panel=_VIDEO),
]
ResultFps = Annotated[
    float | None,
    Option(metavar="R", help="Frames per second. [dim]default: the video's[/dim]", rich_help_panel=_VIDEO),
]
ResultSize = Annotated[
    str | None,
    Option(
        metavar="WxH",
        help="Width and height in pixels. [dim]default: the video's[/dim]",
        rich_help_panel=_VIDEO,
    ),
]
Audio = Annotated[
    bool, Option("--audio/--no-audio", help="Take the video's sound along.", rich_help_panel=_OUTPUT)
]
ModelSize = Annotated[
    int | None,
    Option(
        metavar="PX",
        help="The model works on about PX times PX pixels. [dim]default: as it was trained[/dim]",
        rich_help_panel=_MODEL,
    ),
]
ModelFps = Annotated[
    float | None,
    Option(
        metavar="R",
        help="The model makes so many frames for a second; those between follow their motion."
        " [dim]default: near what it was trained on[/dim]",
        rich_help_panel=_MODEL,
    ),
]
