"""Draw docs/contact_sheet.png: a dozen videos of the bundled model, each below its conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from vcomp import Conditions, Engine, Settings, load_system
from vcomp.conditions.preview import preview_rows
from vcomp.data.drawn import DrawnDataset, DrawnVideo
from vcomp.engine.moving import given_motion
from vcomp.engine.progress import no_note
from vcomp.evaluation.held_out import HELD_OUT_SEED, exact_conditions
from vcomp.extractors.drawing import sketch_from_drawing
from vcomp.media import contact_sheet, read_picture, strip, write_picture

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "contact_sheet.png"


def drawing(name: str) -> Tensor:
    """A hand-drawn sketch among the examples ``[1 1 h w]``."""
    return sketch_from_drawing(read_picture(ROOT / "examples" / name)[None])


def examples(scene: Callable[[int], DrawnVideo], settings: Settings) -> Iterator[Conditions]:
    """What the sheet shows; ``scene`` gives held-out drawn videos."""
    star = drawing("star_sketch.png")
    neon = read_picture(ROOT / "examples" / "neon_style.png")

    def given(index: int, *names: str) -> Conditions:
        return exact_conditions(scene(index), ("text", *names))

    yield Conditions(
        text="a yellow circle moves right over a blue background",
        single_sketch=drawing("circle_sketch.png"),
        motion=given_motion(ROOT / "examples" / "circle_path.svg", settings, no_note),
    )
    yield Conditions(text="a yellow star over a blue background", single_sketch=star)
    yield given(41)
    yield given(59, "single_sketch")
    yield given(31, "sketch")
    yield replace(given(51, "sketch"), text="a yellow star on a green background, in pastel style")
    yield given(29, "image")
    yield given(38, "image", "motion")
    yield given(62, "motion")
    yield given(27, "depth")
    yield replace(given(57, "sketch"), text="a pink drop moves upwards", style=neon)
    yield replace(given(63, "mask"), text="a yellow cross moves up")


def main() -> None:
    """Generate, arrange, write."""
    engine = Engine(load_system("tiny"))
    settings = engine.default_settings
    dataset = DrawnDataset(level=engine.system.card.level, seed=HELD_OUT_SEED)
    tiles = []
    for conditions in examples(lambda index: dataset[index], settings):
        rows = preview_rows(conditions, num_frames=settings.num_frames, size=settings.size)
        rows["video"] = engine.generate(conditions, settings).clip.frames
        tiles.append(strip(rows, columns=6, caption=conditions.text, height_px=72))
    write_picture(contact_sheet(tiles, columns=2), OUT)
    print(OUT)


if __name__ == "__main__":
    main()
