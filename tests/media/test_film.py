"""Films: written a frame at a time, each at its time, with the sound of their source."""

from __future__ import annotations

import io
import weakref
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from sounding import CLICK_S, RATE, click_s, sound_codec, write_sounding_video
from vcomp.errors import MediaError
from vcomp.media import Film, TimedFrame, iter_frames, read_clip, read_comment, sound_of, write_film
from vcomp.media.encode import encode_film
from vcomp.media.sound import COPIED_CODECS

UNEVEN_S = (0.0, 0.1, 0.2, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def film_of(path: Path) -> Film:
    first = next(iter_frames(path)).pixels
    return Film(
        frames=lambda: iter_frames(path), size=(first.shape[1], first.shape[0]), fps=10, sound=sound_of(path)
    )


def times_s(path: Path) -> list[float]:
    return [frame.time_s for frame in iter_frames(path)]


@pytest.mark.parametrize("times", [UNEVEN_S, tuple(i / 10 for i in range(10))])
def test_frames_keep_their_times_in_an_mp4(tmp_path: Path, times: tuple[float, ...]) -> None:
    source = write_sounding_video(tmp_path / "a.mkv", codec="pcm_s16le", times_s=times)
    write_film(film_of(source), tmp_path / "b.mp4", comment="how")
    assert times_s(tmp_path / "b.mp4") == pytest.approx(times_s(source), abs=1e-4)
    assert read_comment(tmp_path / "b.mp4") == "how"
    [*_, last] = iter_frames(tmp_path / "b.mp4")
    assert last.time_s + last.duration_s == pytest.approx(times[-1] + 0.1, abs=0.01)


@pytest.mark.parametrize("out", ["b.gif", "b.webp", "b"])
def test_everything_else_is_even_and_silent(tmp_path: Path, out: str) -> None:
    source = write_sounding_video(tmp_path / "a.mp4", times_s=UNEVEN_S)
    write_film(film_of(source), tmp_path / out)
    clip = read_clip(tmp_path / out)
    assert (clip.num_frames, clip.fps) == (11, 10)
    levels = clip.frames[:, 20, 20, 0].astype(int)
    expected = [0, 20, 40, 60, 80, 80, 100, 120, 140, 160, 180]  # 0.25 is nearest to 0.3, and 0.5 to 0.4
    assert np.abs(levels - expected).max() <= 4


@pytest.mark.parametrize(("codec", "kept"), [("aac", "aac"), ("libmp3lame", "mp3float"), ("ac3", "ac3")])
def test_sound_that_an_mp4_can_hold_is_copied(tmp_path: Path, codec: str, kept: str) -> None:
    source = write_sounding_video(tmp_path / "a.mkv", codec=codec)
    write_film(film_of(source), tmp_path / "b.mp4")
    assert sound_codec(tmp_path / "b.mp4") == kept

    def packets(path: Path) -> list[bytes]:
        with av.open(str(path)) as container:
            return [bytes(packet) for packet in container.demux(audio=0) if packet.size]

    assert packets(tmp_path / "b.mp4") == packets(source)


def test_all_other_sound_becomes_aac(tmp_path: Path) -> None:
    source = write_sounding_video(tmp_path / "a.mkv", codec="pcm_s16le")
    assert "pcm_s16le" not in COPIED_CODECS
    write_film(film_of(source), tmp_path / "b.mp4")
    assert sound_codec(tmp_path / "b.mp4") == "aac"
    assert click_s(tmp_path / "b.mp4") == pytest.approx(CLICK_S, abs=0.01)


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "aac"), ("a.mkv", "aac"), ("a.ts", "aac"), ("a.mkv", "mp2"), ("a.ts", "mp2")],
)
@pytest.mark.parametrize("sound_from_s", [-0.3, 0.0, 0.2])
def test_sound_and_pictures_stay_together(tmp_path: Path, name: str, codec: str, sound_from_s: float) -> None:
    source = write_sounding_video(tmp_path / name, codec=codec, sound_from_s=sound_from_s)
    write_film(film_of(source), tmp_path / "b.mp4")
    assert click_s(tmp_path / "b.mp4") == pytest.approx(click_s(source), abs=0.01)
    assert times_s(tmp_path / "b.mp4") == pytest.approx(times_s(source), abs=1e-4)


def test_sound_ends_with_the_pictures(tmp_path: Path) -> None:
    source = write_sounding_video(tmp_path / "a.mp4")
    whole = film_of(source)
    short = Film(
        frames=lambda: (frame for frame in whole.frames() if frame.time_s < 0.35),
        size=whole.size,
        fps=whole.fps,
        sound=whole.sound,
    )
    write_film(short, tmp_path / "b.mp4")
    with av.open(str(tmp_path / "b.mp4")) as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
    assert samples / RATE == pytest.approx(0.4, abs=0.05)


def test_a_pipe_gets_sound_and_times_too(tmp_path: Path) -> None:
    source = write_sounding_video(tmp_path / "a.mp4", times_s=UNEVEN_S)
    target = io.BytesIO()
    encode_film(film_of(source), target, comment=None)
    (tmp_path / "b.mp4").write_bytes(target.getvalue())
    assert times_s(tmp_path / "b.mp4") == pytest.approx(UNEVEN_S, abs=1e-4)
    assert click_s(tmp_path / "b.mp4") == pytest.approx(CLICK_S, abs=0.03)


def test_sound_in_an_unknown_format(tmp_path: Path) -> None:
    source = write_sounding_video(tmp_path / "a.mkv", codec="aac")
    data = source.read_bytes()
    assert data.count(b"A_AAC") == 1
    source.write_bytes(data.replace(b"A_AAC", b"A_XYZ"))
    sound = sound_of(source)
    assert sound is not None
    with pytest.raises(MediaError, match=r"The sound of .*a\.mkv cannot be read.* --no-audio"):
        sound.check()


def test_pictures_and_silent_videos_have_no_sound(tmp_path: Path) -> None:
    frames = [TimedFrame(0, 0.1, np.zeros((16, 16, 3), np.uint8))]
    silent = Film(frames=lambda: iter(frames), size=(16, 16), fps=10)
    for out in ("a.mp4", "a.gif", "a"):
        write_film(silent, tmp_path / out)
        assert sound_of(tmp_path / out) is None


@pytest.mark.parametrize("out", ["b.mp4", "b"])
def test_a_long_film_is_never_in_memory(tmp_path: Path, out: str) -> None:
    alive: set[int] = set()
    most = 0

    def frames() -> Iterator[TimedFrame]:
        nonlocal most
        for index in range(120):
            picture = np.full((16, 16, 3), index, np.uint8)
            alive.add(index)
            weakref.finalize(picture, alive.discard, index)
            most = max(most, len(alive))
            yield TimedFrame(index / 10, 0.1, picture)

    write_film(Film(frames=frames, size=(16, 16), fps=10), tmp_path / out)
    assert most <= 4
