"""Videos that can be heard: a second of moving grey, and silence with one click in it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = 44_100
CLICK_S = 0.5


def write_sounding_video(
    path: Path,
    *,
    codec: str = "aac",
    frames: np.ndarray | None = None,
    times_s: Sequence[float] = tuple(i / 10 for i in range(10)),
    sound_from_s: float = 0.0,
) -> Path:
    """A video whose click is at `CLICK_S`, however much sooner or later than the pictures sound begins."""
    if frames is None:
        frames = np.stack([np.full((48, 64, 3), 20 * i, np.uint8) for i in range(len(times_s))])
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("libx264", rate=10)
        pictures.height, pictures.width = frames.shape[1:3]
        pictures.pix_fmt = "yuv420p"
        pictures.codec_context.time_base = Fraction(1, 90_000)
        sound = container.add_stream(codec, rate=RATE)
        sound.codec_context.layout = "stereo"
        for pixels, time_s in zip(frames, times_s, strict=True):
            picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            picture.pts, picture.time_base = round(time_s * 90_000), Fraction(1, 90_000)
            container.mux(pictures.encode(picture))
        container.mux(pictures.encode(None))
        samples = np.zeros((1, 2 * round(RATE * (times_s[-1] + 0.1 - sound_from_s))), np.int16)
        click = round(RATE * (CLICK_S - sound_from_s))
        samples[0, 2 * click : 2 * click + 400] = 20_000
        heard = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
        heard.sample_rate, heard.time_base = RATE, Fraction(1, RATE)
        heard.pts = round(sound_from_s * RATE)
        container.mux(sound.encode(heard))
        container.mux(sound.encode(None))
    return path


def sound_codec(path: Path) -> str | None:
    """Of the sound of a file; None where there is none."""
    with av.open(str(path)) as container:
        return container.streams.audio[0].codec_context.name if container.streams.audio else None


def click_s(path: Path) -> float:
    """When the click is heard, counted from the first picture."""
    with av.open(str(path)) as container:
        origin_s = float((container.streams.video[0].start_time or 0) * container.streams.video[0].time_base)
        for frame in container.decode(audio=0):
            loud = np.abs(frame.to_ndarray().astype(np.float64)).max(axis=0)
            loud = loud if frame.format.is_planar else loud.reshape(-1, 2).max(axis=1)
            if loud.max() > 0.2 * (1 if frame.format.name.startswith("flt") else 32_768):
                return frame.time - origin_s + int(np.argmax(loud > 0.5 * loud.max())) / frame.sample_rate
    raise AssertionError("no click is heard")
