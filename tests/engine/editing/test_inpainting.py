"""Videos made anew in an area, and untouched outside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import vcomp
from vcomp import Area, Settings, Sources, Working
from vcomp.engine import Engine, Guide
from vcomp.engine.editing.area import Box
from vcomp.engine.editing.editing import make
from vcomp.engine.editing.inpainting import Inpainting, prepare_inpainting
from vcomp.errors import MediaError, UsageError
from vcomp.media import Clip, Frames, iter_frames, read_clip, write_clip, write_picture
from vcomp.media.sources import TimedFrame

SETTINGS = Settings(num_steps=2, seed=1)
TEXT = Sources(text="a yellow star")


def prepared(engine: Engine, source: Path, area: Area, **changes: object) -> Inpainting:
    return prepare_inpainting(engine, source, area, SETTINGS, **changes)  # type: ignore[arg-type]


def frames_of(film: vcomp.Film) -> list[TimedFrame]:
    return list(film.frames())


@pytest.mark.parametrize(
    "area",
    [
        Area(mask="30,20,40,40"),
        Area(mask="left 30%", feather_px=0),
        Area(mask="20,20,60,40", invert=True, dilate_px=3),
        Area(mask="50,30,20,20", track=True, feather_px=9),
        Area(mask="0,0,20,20", outpaint="16,8,0,4"),
    ],
)
def test_outside_the_mask_it_is_the_source(engine: Engine, source: Path, pixels: Frames, area: Area) -> None:
    editing = prepared(engine, source, area)
    edited = make(editing, editing.conditions(TEXT))
    frames = frames_of(edited.film)
    assert len(frames) == len(pixels)
    margins = editing.canvas.margins
    for made, original, masked in zip(frames, pixels, editing.masked_frames(), strict=True):
        inside = masked.white[margins.top : margins.top + 80, margins.left : margins.left + 120]
        part = made.pixels[margins.top : margins.top + 80, margins.left : margins.left + 120]
        assert np.array_equal(part[~inside], original[~inside])
        assert (made.pixels[masked.white] != masked.pixels[masked.white]).mean() > 0.5


def test_source_model_and_result_each_have_their_size_and_rate(engine: Engine, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    write_clip(Clip(rng.integers(0, 255, (24, 180, 320, 3), np.uint8), 24.0), tmp_path / "large")
    editing = prepared(engine, tmp_path / "large", Area(mask="200,60,50,60"))
    assert editing.region.box == Box(165, 30, 120, 120)
    assert (editing.settings.size, editing.settings.fps, editing.settings.num_frames) == ((64, 64), 8.0, 8)
    film = make(editing, editing.conditions(TEXT)).film
    assert (film.size, film.fps) == ((320, 180), 24.0)
    assert len(frames_of(film)) == 24
    finer = prepared(
        engine, tmp_path / "large", Area(mask="200,60,50,60"), working=Working(size_px=96, fps=12)
    )
    assert (finer.settings.size, finer.settings.fps, finer.settings.num_frames) == ((96, 96), 12.0, 12)


def test_the_model_sees_the_masked_video_at_its_own_times(
    engine: Engine, source: Path, pixels: Frames
) -> None:
    editing = prepared(engine, source, Area(mask="30,20,40,40"))
    mask = editing.conditions(TEXT).mask
    assert mask is not None
    assert mask.shape == (4, 4, *editing.settings.size[::-1])  # 8 frames at 16 fps are 4 at 8
    kept = mask[3] > 0
    assert (mask[:3, ~kept] == 0).all()
    seen = editing.region.seen(pixels[::2])
    assert torch.equal(
        mask[:3, kept], (torch.from_numpy(seen).permute(3, 0, 1, 2).float() / 127.5 - 1)[:, kept]
    )


def test_guidance_is_towards_what_is_given_beside_the_masked_video(engine: Engine, source: Path) -> None:
    editing = prepared(engine, source, Area(mask="left 30%"))
    assert editing.settings.guides == (Guide(names=("text", "style")),)
    chosen = replace(SETTINGS, guides=(Guide(names=("mask",), scale=2),))
    assert prepare_inpainting(engine, source, Area(mask="left 30%"), chosen).settings.guides == chosen.guides


def test_the_text_decides_and_the_seed(model_folder: Path, source: Path) -> None:
    def made(text: str | None, seed: int) -> Frames:
        edited = vcomp.inpaint(
            source,
            Area(mask="30,20,40,40"),
            Sources(text=text),
            replace(SETTINGS, seed=seed),
            model=model_folder,
            device="cpu",
            dtype="float32",
        )
        return edited.film.clip().frames

    first = made("a yellow star", 1)
    assert np.array_equal(first, made("a yellow star", 1))
    for other in (made("a blue background", 1), made("a yellow star", 2), made(None, 1)):
        assert not np.array_equal(first, other)


def test_pictures_of_conditions_are_of_the_whole_frame(engine: Engine, source: Path, tmp_path: Path) -> None:
    picture = np.zeros((160, 240, 3), np.uint8)
    picture[:, 120:] = 255
    write_picture(picture, tmp_path / "halves.png")
    np.savez(tmp_path / "right.npz", motion=np.full((80, 120, 2), [6, 0], np.float32))
    area = Area(mask="70,25,30,30")
    editing = prepared(engine, source, area, working=Working(size_px=64))
    assert editing.region.box == Box(53, 8, 64, 64)
    conditions = editing.conditions(
        Sources(image=tmp_path / "halves.png", motion=tmp_path / "right.npz", sketch=source)
    )
    assert conditions.image is not None
    assert conditions.image[0, 0, :, :6].max() < 0.05  # columns 53 to 59 of the frame are black
    assert conditions.image[0, 0, :, 9:].min() > 0.95
    assert conditions.motion is not None
    assert conditions.motion.shape[-2:] == (64, 64)
    assert (conditions.motion[0, 1:] == 6).all()
    assert conditions.sketch is not None
    assert conditions.sketch.shape == (1, 4, 64, 64)


def test_strokes_are_of_the_whole_frame(engine: Engine, source: Path, tmp_path: Path) -> None:
    (tmp_path / "stroke.json").write_text(
        '{"strokes": [{"points": [[0.25, 0.5], [0.5, 0.5]], "radius": 0.1}]}'
    )
    editing = prepared(engine, source, Area(mask="0,20,40,40"))
    assert editing.region.box == Box(0, 0, 80, 80)
    motion = editing.conditions(Sources(motion=tmp_path / "stroke.json")).motion
    assert motion is not None
    # At the start of the stroke, 30 of 120 columns, which is 24 of the region's 64.
    place = motion[0, 1, motion.shape[2] // 2].argmax().item() / motion.shape[3]
    assert place == pytest.approx((30 + 10) / 80, abs=0.1)  # a third of the way on


def test_what_has_no_use_is_refused(engine: Engine, source: Path) -> None:
    editing = prepared(engine, source, Area(mask="left 30%"))
    with pytest.raises(UsageError, match=r"Inpainting takes no camera\. It takes text, style, image"):
        editing.conditions(Sources(camera="pan left 1"))


def test_a_picture_is_a_video_of_one_frame(engine: Engine, tmp_path: Path, pixels: Frames) -> None:
    write_picture(pixels[0], tmp_path / "still.png")
    editing = prepared(engine, tmp_path / "still.png", Area(mask="30,20,40,40"))
    [frame] = frames_of(make(editing, editing.conditions(TEXT)).film)
    assert np.array_equal(frame.pixels[:20], pixels[0, :20])


def test_a_film_can_be_looked_at_again(engine: Engine, source: Path) -> None:
    editing = prepared(engine, source, Area(mask="30,20,40,40"))
    film = make(editing, editing.conditions(TEXT)).film
    assert np.array_equal(film.clip().frames, film.clip().frames)


def test_the_preview_shows_the_area(engine: Engine, source: Path, pixels: Frames) -> None:
    preview = prepared(engine, source, Area(mask="30,20,40,40")).preview()
    assert preview.size == (120, 80)
    drawn = preview.clip().frames
    assert len(drawn) == len(pixels)
    assert (drawn[:, 25:55, 35:65] != pixels[:, 25:55, 35:65]).any(axis=-1).mean() > 0.95


def test_damaged_sources(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "words.mp4").write_text("no video")
    for name in ("words.mp4", "nowhere.mp4"):
        with pytest.raises(MediaError):
            prepared(engine, tmp_path / name, Area(mask="left 30%"))


def test_values_out_of_range() -> None:
    with pytest.raises(UsageError, match="size at which the model works is 8"):
        Working(size_px=8)
    with pytest.raises(UsageError, match="rate at which the model works is 0"):
        Working(fps=0)


@pytest.mark.parametrize("fps", [30.0, 25.0, 24.0, 16.0, 12.5, 8.0, 6.0, 60.0, 24000 / 1001])
def test_the_model_works_at_frames_that_there_are(engine: Engine, fps: float) -> None:
    rate = Working().rate(engine, fps)
    assert fps / rate == pytest.approx(round(fps / rate))
    assert 5.3 <= rate <= 12.5


def test_times_of_uneven_frames_stay(engine: Engine, tmp_path: Path) -> None:
    from sounding import write_sounding_video

    times = (0.0, 0.1, 0.2, 0.25, 0.5, 0.6, 0.7)
    path = write_sounding_video(tmp_path / "uneven.mkv", codec="pcm_s16le", times_s=times)
    editing = prepared(engine, path, Area(mask="10,10,20,20"))
    vcomp.write_film(make(editing, editing.conditions(TEXT)).film, tmp_path / "out.mp4")
    assert [f.time_s for f in iter_frames(tmp_path / "out.mp4")] == pytest.approx(times, abs=1e-3)
    assert read_clip(tmp_path / "out.mp4").size == (64, 48)
