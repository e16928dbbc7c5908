"""Make docs/gallery.md: each command as it is typed, and a strip of frames from its source to its result.

Everything starts from the files in examples/, so that anybody can make it again. The clip there and the mask
of its star are drawn here, where they are missing.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

from vcomp.data.drawn import DrawnVideo
from vcomp.data.scene import Background, Scene, Sprite
from vcomp.media import Clip, Frames, fit, grey_to_rgb, read_clip, strip, write_clip, write_picture

ROOT = Path(__file__).parents[1]
CLIP, STAR_MASK = "examples/clip.mp4", "examples/clip_star.png"
PAGE, PICTURES = ROOT / "docs" / "gallery.md", ROOT / "docs" / "gallery"
FPS, NUM_FRAMES, SIZE_PX = 16.0, 32, 256
COLUMNS, HEIGHT_PX = 6, 104
COLOURS = 128  # of a strip's palette: a third of the bytes, and nobody sees it
STAR = Sprite(
    shape="star",
    colour="yellow",
    size_word="",
    radius=0.17,
    centre=(0.5, 0.4),
    motion="move",
    direction="right",
    travel=0.4,
)
SCENE = Scene(sprites=(STAR,), background=Background(kind="plain", colour="blue", second_colour="blue"))


@dataclass(frozen=True)
class Exhibit:
    """One entry.

    Args:
        name: Of its picture.
        title: What is done.
        says: A sentence or two.
        commands: Lines for a shell, in a folder with `examples/`.
        rows: Label to the video or picture that a row shows, in that folder.
    """

    name: str
    title: str
    says: str
    commands: tuple[str, ...]
    rows: Mapping[str, str]


EXHIBITS = (
    Exhibit(
        "extract",
        "Extract the conditions of a clip",
        "Edges, depth and motion of every frame, as tensors, videos, strips and one page: `clip/index.html`.",
        (f"vcomp extract {CLIP} --size 128 -o clip/",),
        {
            "source": CLIP,
            "sketch": "clip/sketch.mp4",
            "depth": "clip/depth.mp4",
            "flow": "clip/flow.mp4",
        },
    ),
    Exhibit(
        "generate_from",
        "Generate from what was extracted",
        "Another picture with the clip's outlines and motion.",
        (
            'vcomp generate --from clip/ --use sketch,flow --text "a red star moves right over a green'
            ' background" --seed 1 -o red.mp4',
        ),
        {"source": CLIP, "result": "red.mp4"},
    ),
    Exhibit(
        "inpaint",
        "Make a box anew",
        "Only the box changes. The clip has 256x256 pixels and 16 frames a second, the model makes 128x128"
        " and 8; sizes and rates meet without your doing.",
        (
            f'vcomp inpaint {CLIP} --mask 16,24,224,160 --text "a red heart moves right over a blue'
            ' background" --seed 1 --preview-mask box_area.mp4 -o box.mp4',
        ),
        {"source": CLIP, "area": "box_area.mp4", "result": "box.mp4"},
    ),
    Exhibit(
        "track",
        "Replace what moves",
        "A mask of the first frame goes with what it covers.",
        (
            f'vcomp inpaint {CLIP} --mask {STAR_MASK} --track --dilate 6 --text "a pink star moves right over'
            ' a blue background" --seed 1 --preview-mask star_area.mp4 -o pink.mp4',
        ),
        {"source": CLIP, "area": "star_area.mp4", "result": "pink.mp4"},
    ),
    Exhibit(
        "outpaint",
        "Widen the picture",
        "The frame becomes 16:9; what was there stays as it is.",
        (f"vcomp inpaint {CLIP} --outpaint 16:9 --seed 1 -o wide.mp4",),
        {"source": CLIP, "result": "wide.mp4"},
    ),
    Exhibit(
        "stylize",
        "Take the look of a picture",
        "The clip's edges, depth and motion, in the look of `examples/neon_style.png`.",
        (
            f'vcomp stylize {CLIP} --style examples/neon_style.png --text "a yellow star moves right, in'
            ' neon style" --seed 1 -o neon.mp4',
        ),
        {"source": CLIP, "style": "examples/neon_style.png", "result": "neon.mp4"},
    ),
    Exhibit(
        "stroke",
        "Draw the motion",
        "A line drawn in any vector program, before it is used and after.",
        (
            "vcomp motion preview --motion examples/stroke.svg -o arrows.mp4",
            'vcomp generate --motion examples/stroke.svg --text "a red circle on a white background"'
            " --seed 1 -o moved.mp4",
        ),
        {"motion": "arrows.mp4", "result": "moved.mp4"},
    ),
)


def draw_examples() -> None:
    """The clip and the mask of its star in its first frame, where they are missing."""
    video = DrawnVideo(SCENE, "", num_frames=NUM_FRAMES, size_px=SIZE_PX, total_frames=NUM_FRAMES)
    if not (ROOT / CLIP).exists():
        write_clip(Clip(video.frames, FPS), ROOT / CLIP)
    if not (ROOT / STAR_MASK).exists():
        write_picture(grey_to_rgb(video.foreground[:1].astype(np.float32))[0], ROOT / STAR_MASK)


def run(command: str, folder: Path, *, steps: int, model: str) -> None:
    """Run a line as a shell would, with the `vcomp` beside this Python."""
    _, *words = shlex.split(command)
    extra = () if words[0] in ("extract", "motion") else ("--steps", str(steps))
    program = Path(sys.executable).with_name("vcomp")
    subprocess.run(
        [program, *words, *extra, "--model", model, "-q"], cwd=folder, check=True, stdout=subprocess.DEVNULL
    )


@contextmanager
def folder_with_examples() -> Iterator[Path]:
    """An empty folder beside `examples/`, as the commands want it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "examples").symlink_to(ROOT / "examples", target_is_directory=True)
        yield folder


def draw(exhibit: Exhibit, folder: Path) -> None:
    """The strip, in a palette of its own colours."""
    rows: dict[str, Frames] = {label: read_clip(folder / file).frames for label, file in exhibit.rows.items()}
    if "motion" in rows:  # its preview has arrows and colours side by side; arrows will do
        rows["motion"] = rows["motion"][:, :, : rows["motion"].shape[1]]
    shapes = [frames.shape[1:3] for frames in rows.values()]
    height, width = max(shapes, key=lambda shape: shape[1] / shape[0])
    rows = {label: fit(frames, (width, height), "pad") for label, frames in rows.items()}
    picture = Image.fromarray(strip(rows, columns=COLUMNS, height_px=HEIGHT_PX))
    palette = picture.quantize(COLOURS, dither=Image.Dither.NONE)
    palette.save(PICTURES / f"{exhibit.name}.png", optimize=True)


def section(exhibit: Exhibit) -> str:
    """Its part of the page."""
    lines = "\n".join(exhibit.commands)
    return (
        f"## {exhibit.title}\n\n{exhibit.says}\n\n```sh\n{lines}\n```\n\n"
        f"![{exhibit.title}: {', '.join(exhibit.rows)}](gallery/{exhibit.name}.png)\n"
    )


def main(
    only: Annotated[str, typer.Option(metavar="NAME,…", help="Draw these again.")] = ",".join(
        exhibit.name for exhibit in EXHIBITS
    ),
    steps: Annotated[int, typer.Option(help="Denoising steps.", min=1)] = 20,
    model: Annotated[str, typer.Option(help="tiny or a model's folder.")] = "tiny",
) -> None:
    """Run every command, and write the page."""
    PICTURES.mkdir(exist_ok=True)
    draw_examples()
    with folder_with_examples() as folder:
        for exhibit in EXHIBITS:
            # What was extracted is generated from.
            if exhibit.name in only.split(",") or exhibit.name == "extract":
                for command in exhibit.commands:
                    run(command, folder, steps=steps, model=model)
                draw(exhibit, folder)
                print(PICTURES / f"{exhibit.name}.png", flush=True)
    head = (
        "# Gallery\n\nMade by `make gallery` with the bundled model, from the files in `examples/`.\n"
        "Each line is the whole command.\n\n"
    )
    PAGE.write_text(head + "\n".join(section(exhibit) for exhibit in EXHIBITS))
    print(PAGE)


if __name__ == "__main__":
    typer.run(main)
