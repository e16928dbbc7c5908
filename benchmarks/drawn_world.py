"""Draw docs/drawn_world.png: every named thing of drawn video, about as large as it is in a frame."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from vcomp.data.drawn import DrawnVideo
from vcomp.data.figures import sprite_drawings
from vcomp.data.scene import Background, Scene, Sprite
from vcomp.data.vocabulary import COLOURS
from vcomp.media import Frame, contact_sheet

OUT = Path(__file__).parents[1] / "docs" / "drawn_world.png"
TILE_PX = 72
PAPER = Background(kind="plain", colour="white", second_colour="white")


def tile(thing: str, colour: str) -> Frame:
    """A still of one thing ``[h w 3]``."""
    sprite = Sprite(shape=thing, colour=colour, size_word="", radius=0.42, centre=(0.5, 0.5), motion="still")
    return DrawnVideo(Scene(sprites=(sprite,), background=PAPER), "", 1, TILE_PX).frames[0]


def main() -> None:
    """Draw, arrange, write."""
    things = list(sprite_drawings())
    colours = [colour for colour in COLOURS if colour != "white"]
    tiles = [tile(thing, colours[i % len(colours)]) for i, thing in enumerate(things)]
    sheet = Image.fromarray(contact_sheet(tiles, columns=15, labels=things))
    # Flat colours need no more than a palette, at a quarter of the size.
    sheet.quantize(96, dither=Image.Dither.NONE).save(OUT, optimize=True)
    print(OUT)


if __name__ == "__main__":
    main()
