"""The sound of a video, carried over to an edited one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import av
from av.audio import AudioStream
from av.codec import Codec

from vcomp.errors import MediaError
from vcomp.media.inputs import Input
from vcomp.media.sources import VideoSource, open_source

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet

    _Packet: TypeAlias = Packet[AudioStream]

# What players understand inside an MP4; everything else becomes AAC.
COPIED_CODECS = frozenset({"aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"})
_AAC_BIT_RATE = 192_000
# A decoder needs some sound before the first that is heard; an edit list then hides it.
_LEAD_S = 0.1


@dataclass(frozen=True)
class Sound:
    """The best audio stream of a video, timed from the first frame of its pictures."""

    source: VideoSource

    def check(self) -> None:
        """Make sure, before long work, that all of it can be read.

        Raises:
            MediaError: It cannot.
        """
        with self._opened() as (container, stream, _):
            for _ in container.demux(stream) if _is_copied(stream) else container.decode(stream):
                pass

    def packets_for(self, target: OutputContainer) -> Iterator[tuple[float, _Packet]]:
        """Add the sound's stream to a container, and give its packets, each with its time in seconds.

        Args:
            target: An MP4 that takes them, before anything was written to it.

        Raises:
            MediaError: The sound is damaged.
        """
        with self._opened() as (container, stream, origin_s):
            pack = _copied if _is_copied(stream) else _encoded
            for packet in pack(container, stream, target, origin_s=origin_s):
                yield float((packet.pts or 0) * (packet.time_base or 0)), packet

    @contextmanager
    def _opened(self) -> Iterator[tuple[InputContainer, AudioStream, float]]:
        with self.source.opened() as (container, pictures):
            origin_s = float((pictures.start_time or 0) * (pictures.time_base or 0))
            stream = _best(container)
            if stream is None or stream.codec_context is None:
                raise _unreadable(self.source.source, "it is in a format that nobody here knows")
            try:
                yield container, stream, origin_s
            except av.FFmpegError as error:
                raise _unreadable(self.source.source, error.strerror or str(error)) from error


def sound_of(path: str | Path) -> Sound | None:
    """The sound of a file; None of pictures, animations and silent videos.

    Raises:
        MediaError: The file is missing or unreadable.
    """
    source = open_source(path, untimed_fps=1.0)
    if not isinstance(source, VideoSource):
        return None
    with source.opened() as (container, _):
        return Sound(source) if _best(container) is not None else None


def _best(container: InputContainer) -> AudioStream | None:
    """The one players choose."""
    stream = container.streams.best("audio")
    assert stream is None or isinstance(stream, AudioStream)
    return stream


def _is_copied(stream: AudioStream) -> bool:
    return stream.codec_context.codec.canonical_name in COPIED_CODECS


def _copied(
    container: InputContainer, stream: AudioStream, target: OutputContainer, *, origin_s: float
) -> Iterator[_Packet]:
    copy = target.add_stream_from_template(stream)
    for packet in container.demux(stream):
        if packet.dts is None or packet.pts is None or packet.time_base is None:
            continue  # the demuxer's last word
        start_s = float(packet.pts * packet.time_base) - origin_s
        if start_s + float((packet.duration or 0) * packet.time_base) < -_LEAD_S:
            continue
        shift = round(origin_s / packet.time_base)
        packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
        packet.stream = copy
        yield packet


def _encoded(
    container: InputContainer, stream: AudioStream, target: OutputContainer, *, origin_s: float
) -> Iterator[_Packet]:
    heard = stream.codec_context
    rates = Codec("aac", "w").audio_rates or [heard.sample_rate]
    aac = target.add_stream("aac", rate=min(rates, key=lambda rate: abs(rate - heard.sample_rate)))
    # Some files give the number of channels alone, which the encoder does not take for a layout.
    aac.codec_context.layout = {1: "mono", 2: "stereo"}.get(heard.layout.nb_channels, heard.layout)
    aac.codec_context.bit_rate = _AAC_BIT_RATE
    for frame in container.decode(stream):
        if frame.pts is not None and frame.time_base is not None:
            start_s = float(frame.pts * frame.time_base) - origin_s
            if start_s + frame.samples / frame.sample_rate < 0:
                continue
            frame.pts -= round(origin_s / frame.time_base)
        yield from aac.encode(frame)
    yield from aac.encode(None)


def _unreadable(source: Input, reason: str) -> MediaError:
    return MediaError(
        f"The sound of {source.name} cannot be read: {reason}.", hint="Leave it out: --no-audio."
    )
