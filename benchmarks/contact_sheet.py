"""Draw docs/contact_sheet.png: a dozen videos of the bundled model, each below its conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vcomp import Conditions, Engine, load_system
from vcomp.conditions.preview import preview_rows
from vcomp.data.drawn import DrawnDataset, DrawnVideo
from vcomp.extractors.drawing import sketch_from_drawing
from vcomp.media import contact_sheet, read_picture, strip, write_picture

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "contact_sheet.png"
HELD_OUT_SEED = 1


def sketch_of(video: DrawnVideo) -> Tensor:
    """Exact edges ``[1 f h w]``."""
    return torch.from_numpy(video.sketch)[None]


def image_of(video: DrawnVideo) -> Tensor:
    """The first frame ``[3 1 h w]`` in [0, 1]."""
    return torch.from_numpy(video.frames[:1]).permute(3, 0, 1, 2).float() / 255


def motion_of(video: DrawnVideo) -> Tensor:
    """Exact motion ``[2 f h w]`` in pixels per frame."""
    return torch.from_numpy(video.flow)


def mask_of(video: DrawnVideo) -> Tensor:
    """The clip without its objects, and where it is kept ``[4 f h w]``."""
    kept = torch.from_numpy((~video.foreground).astype(np.float32))
    pixels = torch.from_numpy(video.frames).permute(3, 0, 1, 2).float() / 127.5 - 1
    return torch.cat([pixels * kept, kept[None]])


def drawing(name: str) -> Tensor:
    """A hand-drawn sketch among the examples ``[1 1 h w]``."""
    return sketch_from_drawing(read_picture(ROOT / "examples" / name)[None])


def examples(scene: Callable[[int], DrawnVideo]) -> Iterator[Conditions]:
    """What the sheet shows; ``scene`` gives held-out drawn videos."""
    star = drawing("star_sketch.png")
    yield Conditions(text="a yellow star moves right over a blue background", single_sketch=star)
    yield Conditions(text="a pink star slides up on a black background, in neon style", single_sketch=star)
    yield Conditions(text="a red circle moves left on a white background")
    yield Conditions(text="a large green heart grows on a pink background, in pastel style")
    yield Conditions(text=scene(0).caption, sketch=sketch_of(scene(0)))
    yield Conditions(text="an orange shape on a purple background", sketch=sketch_of(scene(2)))
    yield Conditions(text=scene(3).caption, image=image_of(scene(3)))
    yield Conditions(text=scene(4).caption, image=image_of(scene(4)), motion=motion_of(scene(4)))
    yield Conditions(text="a cyan square on a brown background", motion=motion_of(scene(5)))
    yield Conditions(text=scene(6).caption, depth=torch.from_numpy(scene(6).depth)[None])
    neon = read_picture(ROOT / "examples" / "neon_style.png")
    yield Conditions(text="a blue heart moves down", style=neon, sketch=sketch_of(scene(7)))
    yield Conditions(text="a yellow circle", mask=mask_of(scene(8)))


def main() -> None:
    """Generate, arrange, write."""
    engine = Engine(load_system("tiny"))
    settings = engine.default_settings
    dataset = DrawnDataset(level=engine.system.card.level, seed=HELD_OUT_SEED)
    tiles = []
    for conditions in examples(lambda index: dataset[index]):
        rows = preview_rows(conditions, num_frames=settings.num_frames, size=settings.size)
        rows["video"] = engine.generate(conditions, settings).clip.frames
        tiles.append(strip(rows, columns=6, caption=conditions.text, height_px=72))
    write_picture(contact_sheet(tiles, columns=2), OUT)
    print(OUT)


if __name__ == "__main__":
    main()
