"""Pictures out of files that PyAV's FFmpeg has no decoder for, by an FFmpeg of their own process.

PyAV's build leaves out decoders that need further libraries, as those of JPEG XL, SVG and AVS2.
imageio-ffmpeg brings an executable that may have them, or runs the one that `IMAGEIO_FFMPEG_EXE` names.
"""

from __future__ import annotations

from collections.abc import Iterator

from PIL import Image

from vcomp.errors import MediaError
from vcomp.media.clip import Frame
from vcomp.media.inputs import Input
from vcomp.media.pictures import flatten

_HINT = "Convert it first, with what made it, or name an FFmpeg that can read it in IMAGEIO_FFMPEG_EXE."
_ONLY_FILES = ("-protocol_whitelist", "file")
_SQUARE_PIXELS = ("-vf", "scale=trunc(iw*sar+0.5):ih,setsar=1")


def decoded_outside(source: Input, *, fps: float | None, max_pixels: int) -> Iterator[Frame]:
    """Decode from the beginning: upright, its pixels square, over white where transparent.

    Args:
        source: The file.
        fps: The rate at which frames are taken; None for the one frame of a picture.
        max_pixels: Of a frame.

    Raises:
        MediaError: No decoder is found, the frames are too large, or the file is damaged.
    """
    from imageio_ffmpeg import read_frames  # 0.1 s that hardly any file needs

    when = ("-frames:v", "1") if fps is None else ("-r", str(fps))
    stream = read_frames(
        f"file:{source.path}",
        pix_fmt="rgba",
        bits_per_pixel=32,
        input_params=[*_ONLY_FILES],
        output_params=[*_SQUARE_PIXELS, *when],
    )
    try:
        width, height = next(stream)["size"]
        if width * height > max_pixels:
            raise MediaError(
                f"{source.name} has frames of {width}x{height} pixels.", hint="Make it smaller first."
            )
        for pixels in stream:
            yield flatten(Image.frombytes("RGBA", (width, height), pixels))
    except (OSError, RuntimeError) as error:  # no executable; no decoder in it; a frame that ends too soon
        raise MediaError(f"{source.name} is in a codec that no FFmpeg here decodes.", hint=_HINT) from error
    finally:
        stream.close()
