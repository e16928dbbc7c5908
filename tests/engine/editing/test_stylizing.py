"""Videos in another look."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import vcomp
from sounding import write_sounding_video
from vcomp import Remake, Settings, Sources
from vcomp.engine import Engine
from vcomp.engine.editing.editing import make
from vcomp.engine.editing.stylizing import Stylizing, prepare_stylizing
from vcomp.errors import UsageError
from vcomp.media import TimedFrame

SETTINGS = Settings(num_steps=2, seed=1)


@pytest.fixture
def look(mask: Path) -> Sources:
    return Sources(style=mask, text="a star")


def prepared(engine: Engine, source: Path, **remake: object) -> Stylizing:
    return prepare_stylizing(engine, source, SETTINGS, remake=Remake(**remake))  # type: ignore[arg-type]


def frames_of(editing: Stylizing, look: Sources) -> list[TimedFrame]:
    return list(make(editing, editing.conditions(look)).film.frames())


def test_length_rate_and_size_are_the_videos(engine: Engine, source: Path, look: Sources) -> None:
    editing = prepared(engine, source)
    assert (editing.settings.size, editing.settings.fps, editing.settings.num_frames) == ((96, 64), 8.0, 4)
    frames = frames_of(editing, look)
    assert [frame.time_s for frame in frames] == [index / 16 for index in range(8)]
    assert frames[0].pixels.shape == (80, 120, 3)


def test_what_is_kept_is_what_the_model_gets(engine: Engine, source: Path, look: Sources) -> None:
    conditions = prepared(engine, source).conditions(look)
    assert conditions.names == {"text", "style", "sketch", "depth", "motion"}
    assert conditions.motion is not None
    # Two source frames of 2 pixels each, at 96 of 120 columns.
    assert conditions.motion[0, 1:, 20:40, 20:60].median().item() == pytest.approx(4 * 96 / 120, abs=0.3)
    seen = prepared(engine, source).seen
    assert conditions.sketch is not None
    assert np.allclose(conditions.sketch.numpy(), engine.sketch(seen).numpy())
    assert prepared(engine, source, keep=("depth",)).conditions(look).names == {"text", "style", "depth"}


def test_rate_size_and_length_can_be_others(engine: Engine, source: Path, look: Sources) -> None:
    editing = prepared(engine, source, fps=24.0, num_frames=6, size=(50, 50))
    assert editing.settings.num_frames == 2  # 6 of 24 in a second are 2 of 8
    frames = frames_of(editing, look)
    assert [frame.time_s for frame in frames] == pytest.approx([index / 24 for index in range(6)])
    assert frames[0].pixels.shape == (50, 50, 3)
    assert len(frames_of(prepared(engine, source, fps=4.0), look)) == 2
    assert len(frames_of(prepared(engine, source, num_frames=3), look)) == 3
    assert len(frames_of(prepared(engine, source, num_frames=99), look)) == 8


def test_uneven_frames_and_sound_stay(engine: Engine, tmp_path: Path, look: Sources) -> None:
    times = (0.0, 0.1, 0.2, 0.25, 0.5, 0.6, 0.7)
    path = write_sounding_video(tmp_path / "uneven.mkv", codec="pcm_s16le", times_s=times)
    editing = prepared(engine, path)
    assert [frame.time_s for frame in frames_of(editing, look)] == pytest.approx(times, abs=1e-3)
    assert editing.film(make(editing, editing.conditions(look)).film.clip()).sound is not None


def test_the_library_call(model_folder: Path, source: Path, look: Sources) -> None:
    edited = vcomp.stylize(source, look, SETTINGS, model=model_folder, device="cpu", dtype="float32")
    assert edited.film.clip().frames.shape == (8, 80, 120, 3)
    assert edited.seconds.keys() == {"load", "encode", "denoise", "decode"}


@pytest.mark.parametrize(
    ("remake", "message"),
    [
        ({"keep": ()}, "Nothing of the video is kept. Choose from sketch, depth, motion."),
        ({"keep": ("skecth",)}, "There is no condition to keep 'skecth'. Did you mean sketch"),
        ({"keep": ("depth", "depth")}, "two settings of the condition to keep depth"),
        ({"size": (4, 100)}, "The side of the result is 4."),
        ({"fps": 0.0}, "The frame rate is 0."),
        ({"num_frames": 0}, "The number of frames is 0."),
    ],
)
def test_values_out_of_range(remake: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Remake(**remake)  # type: ignore[arg-type]


def test_a_style_is_needed_and_no_more_than_a_text(engine: Engine, source: Path, mask: Path) -> None:
    editing = prepared(engine, source)
    with pytest.raises(UsageError, match="There is no style"):
        editing.conditions(Sources(text="a star"))
    with pytest.raises(UsageError, match="Stylizing takes no image"):
        editing.conditions(Sources(style=mask, image=mask))


def test_a_video_that_is_too_long_is_told_while_it_is_read(
    engine: Engine, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vcomp.engine.editing.editing.MAX_FRAMES", 3)
    with pytest.raises(UsageError, match="more than 3 frames"):
        prepared(engine, source)
