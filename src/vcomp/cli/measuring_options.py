"""The options of commands that measure: what the figures are computed by."""

from __future__ import annotations

from typing import Annotated

from typer import Option

_BY = "Computed by"

Clip = Annotated[
    str,
    Option(
        metavar="TOWER",
        help="[b]tiny[/b], ViT-H-14, a name of open_clip as ViT-B-32:openai, or a model's folder.",
        rich_help_panel=_BY,
    ),
]
FlowBy = Annotated[
    str, Option(metavar="NAME[:FILE]", help="dis, or raft with its weight file.", rich_help_panel=_BY)
]
DepthBy = Annotated[
    str,
    Option(
        metavar="MODEL",
        help="Whose depth estimator: [b]tiny[/b], videocomposer (MiDaS) or a model's folder.",
        rich_help_panel=_BY,
    ),
]
