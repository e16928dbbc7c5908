"""Media out: whole files or none, in the format that the ending names."""

from __future__ import annotations

import sys
from pathlib import Path

import av

from vcomp.errors import OutputError
from vcomp.media.clip import Clip, Frame
from vcomp.media.encode import encode_folder, encode_gif, encode_mp4, encode_png, encode_webp
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
        _write_to_pipe(clip, comment)
        return
    with atomically(out) as temporary:
        _ENCODERS[kind](clip, temporary, comment=comment)


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


def _write_to_pipe(clip: Clip, comment: str | None) -> None:
    stdout = sys.stdout.buffer
    try:
        encode_mp4(clip, stdout, comment=comment)
        stdout.flush()
    except (OSError, av.FFmpegError) as error:
        raise OutputError(
            f"The video could not be written to standard output ({STDOUT}): {error.strerror}.",
            hint="The command that reads it ended too soon.",
        ) from error
