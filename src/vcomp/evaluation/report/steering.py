"""What steered a result, as pictures: what was saved beside it, else the files its recipe names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vcomp.conditions.container import Conditions
from vcomp.conditions.folder import MANIFEST_NAME, TITLES
from vcomp.conditions.looks import Thinned
from vcomp.conditions.motion_view import motion_rows
from vcomp.conditions.packing import pack
from vcomp.engine.moving import given_motion
from vcomp.engine.progress import no_note
from vcomp.errors import VcompError
from vcomp.evaluation.report.entries import Entry
from vcomp.evaluation.report.looks import Look
from vcomp.media.clip import Frames
from vcomp.media.inline import file_uri, picture_uri
from vcomp.media.inputs import STDIN
from vcomp.media.preview import strip
from vcomp.media.read import iter_frames, media_kind, read_picture

_HEIGHT_PX = 112


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A condition on the page.

    Args:
        title: Its name.
        note: What it is, or why it is not seen.
        uri: The picture; None where there is none to show.
    """

    title: str
    note: str
    uri: str | None = None


def steering(entry: Entry, look: Look, bundle: Path | None) -> Sequence[Shown]:
    """What to show of the conditions of a result whose strip was not saved.

    Args:
        entry: The result.
        look: What is seen of it.
        bundle: The folder of its conditions, if they were saved.
    """
    if bundle is not None:
        return list(_of_bundle(bundle))
    return [shown for name, path in entry.files for shown in _of_file(name, path, look)]


def _of_bundle(folder: Path) -> Iterator[Shown]:
    for name, (title, meaning) in TITLES.items():
        file = folder / f"{name}.png"
        if file.is_file():
            yield Shown(title=title, note=meaning, uri="".join(file_uri(file)))


def _of_file(name: str, path: str, look: Look) -> Iterator[Shown]:
    file = Path(path)
    if path == STDIN or not file.exists():
        yield Shown(title=name, note="was piped in" if path == STDIN else f"{path} is no longer there")
    elif (file / MANIFEST_NAME).is_file():
        yield from _of_bundle(file)
    elif name == "from":
        yield Shown(title=name, note=f"{path}, tensors alone")
    else:
        try:
            picture = strip({name: _frames(name, path, look)}, height_px=_HEIGHT_PX)
        except VcompError as error:
            yield Shown(title=name, note=error.message)
        else:
            yield Shown(title=name, note=file.name, uri=picture_uri(picture, "webp"))


def _frames(name: str, path: str, look: Look) -> Frames:
    """The part of a file that steered the result, its motion as arrows."""
    if name == "motion" and (motion := given_motion(path, look, no_note)) is not None:
        packed = pack(Conditions(motion=motion), num_frames=look.num_frames, size=look.size)
        return motion_rows(packed["motion"][0])["arrows"]
    if media_kind(path) == "picture":
        return read_picture(path)[None]
    thinned = Thinned()
    for frame in iter_frames(path, num_frames=look.num_frames, fps=look.fps):
        thinned.add(frame.pixels)
    return thinned.frames
