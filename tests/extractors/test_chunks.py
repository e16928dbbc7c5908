"""Frames in chunks, at the size of extraction."""

from pathlib import Path

import numpy as np
import pytest

from vcomp.errors import MediaError, UsageError
from vcomp.extractors.chunks import CHUNK_FRAMES, Sampling, read_chunks
from vcomp.media import Clip, write_clip


@pytest.fixture
def film(tmp_path: Path) -> Path:
    ramp = np.tile(np.arange(90, dtype=np.uint8)[:, None, None] * 2, (1, 161, 3))
    write_clip(Clip(np.stack([np.roll(ramp, i, axis=0) for i in range(19)]), 8.0), tmp_path / "film.mp4")
    return tmp_path / "film.mp4"


def test_chunks_follow_each_other(film: Path) -> None:
    chunks = list(read_chunks(film, Sampling(fps=8, size=48)))
    assert [len(chunk.frames) for chunk in chunks] == [CHUNK_FRAMES, CHUNK_FRAMES, 3]
    assert chunks[0].before is None
    assert chunks[1].before is not None
    assert np.array_equal(chunks[1].before, chunks[0].frames[-1])
    assert [time for chunk in chunks for time in chunk.times_s] == [k / 8 for k in range(19)]
    assert chunks[0].frames.shape[1:3] == (48, 88)
    assert chunks[0].first.shape == (90, 162, 3)


@pytest.mark.parametrize(
    ("size", "source", "expected"),
    [
        (256, (1280, 720), (456, 256)),
        (256, (720, 1280), (256, 456)),
        (256, (100, 60), (96, 64)),
        (256, (7, 5), (8, 8)),
        ((320, 240), (9, 9), (320, 240)),
    ],
)
def test_sizes(size: tuple[int, int] | int, source: tuple[int, int], expected: tuple[int, int]) -> None:
    assert Sampling(size=size).size_of(*source) == expected


@pytest.mark.parametrize("size", [8, 5000, (64, 5)])
def test_sizes_out_of_range(size: tuple[int, int] | int) -> None:
    with pytest.raises(UsageError, match="cannot be extracted"):
        Sampling(size=size)


def test_padding_shows_all(film: Path) -> None:
    [chunk] = read_chunks(film, Sampling(fps=8, num_frames=2, size=(64, 64), fit="pad"))
    assert chunk.frames.shape == (2, 64, 64, 3)
    assert chunk.frames[:, :10].max() == 0


def test_errors_come_through_the_thread(film: Path) -> None:
    with pytest.raises(MediaError, match="ends before 9 s"):
        list(read_chunks(film, Sampling(start_s=9)))
