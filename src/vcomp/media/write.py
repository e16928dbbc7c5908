"""Media out: whole files or none, in the format that the ending names."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import av

from vcomp.errors import OutputError
from vcomp.media.clip import Clip, Frame
from vcomp.media.encode import (
    encode_film,
    encode_folder,
    encode_gif,
    encode_mp4,
    encode_pictures,
    encode_png,
    encode_webp,
)
from vcomp.media.film import Film
from vcomp.media.outputs import STDOUT, OutputKind, atomically, check_output, check_parent

_ENCODERS = {
    OutputKind.MP4: encode_mp4,
    OutputKind.GIF: encode_gif,
    OutputKind.WEBP: encode_webp,
    OutputKind.FOLDER: encode_folder,
}


def write_clip(clip: Clip, out: str | Path, *, comment: str | None = None, overwrite: bool = False) -> None:
    """Write a clip; on any failure or Ctrl-C nothing is left behind, and what was there before stays.

    Args:
        clip: What to write.
        out: `.mp4` (H.264; odd sides grow by one pixel), `.gif`, `.webp`, a folder for PNGs (no ending, or
            ending in `/`), or `-` for fragmented MP4 on standard output.
        comment: Text to embed; `read_comment` gets it back from every format.
        overwrite: Replace the frames in a folder. Files are always replaced.

    Raises:
        OutputError: if it cannot be written there (see `check_output`), or the reader of the pipe went away.
        ResourceError: if the disk is full.
    """
    kind = check_output(out, overwrite=overwrite)
    if kind is OutputKind.PIPE:
        with _into_pipe() as stdout:
            encode_mp4(clip, stdout, comment=comment)
        return
    with atomically(out) as temporary:
        _ENCODERS[kind](clip, temporary, comment=comment)


def write_film(film: Film, out: str | Path, *, comment: str | None = None, overwrite: bool = False) -> None:
    """Write a film as `write_clip` writes a clip; on any failure nothing is left behind.

    Only MP4 has sound, and frames at times of their own; everything else is at a constant rate. Memory does
    not grow with the length, but for GIF and WebP, which are encoded from all frames at once.

    Raises:
        OutputError: As `write_clip`.
        ResourceError: As `write_clip`.
        MediaError: What the film is made of cannot be read.
    """
    kind = check_output(out, overwrite=overwrite)
    if kind is OutputKind.PIPE:
        with _into_pipe() as stdout:
            encode_film(film, stdout, comment=comment)
        return
    with atomically(out) as temporary:
        if kind is OutputKind.MP4:
            encode_film(film, temporary, comment=comment)
        elif kind is OutputKind.FOLDER:
            frames = (frame.pixels for frame in film.even_frames())
            encode_pictures(frames, temporary, fps=film.fps, comment=comment)
        else:
            _ENCODERS[kind](film.clip(), temporary, comment=comment)


def write_picture(picture: Frame, out: str | Path, *, comment: str | None = None) -> None:
    """Write uint8 RGB `[h w 3]` as a PNG, whole or not at all.

    Raises:
        OutputError: if the ending is not `.png`, or it cannot be written there.
        ResourceError: if the disk is full.
    """
    if Path(out).suffix.lower() != ".png":
        raise OutputError(f"Pictures are written as PNG, not as {out}.", hint="End the name in .png.")
    check_parent(out)
    with atomically(out) as temporary:
        encode_png(picture, temporary, texts={} if comment is None else {"Comment": comment})


@contextmanager
def _into_pipe() -> Iterator[BinaryIO]:
    stdout = sys.stdout.buffer
    try:
        yield stdout
        stdout.flush()
    except (OSError, av.FFmpegError) as error:
        raise OutputError(
            f"The video could not be written to standard output ({STDOUT}): {error.strerror}.",
            hint="The command that reads it ended too soon.",
        ) from error
