"""Files to conditions, and what is said about them."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from vcomp.conditions.container import Conditions
from vcomp.conditions.packing import pack
from vcomp.engine import Engine, Reader, Settings, Sources
from vcomp.engine.moving import added_up
from vcomp.errors import ConditionError, MediaError, UsageError
from vcomp.media.clip import Clip
from vcomp.media.write import write_clip, write_picture
from vcomp.models.config import PUBLISHED_PREPARATION
from vcomp.models.system import System

SETTINGS = Settings(num_frames=4, size=(64, 64))


class Reading:
    """A reader, and the notes it made."""

    def __init__(self, system: System) -> None:
        self.notes: list[str] = []
        self.reader = Reader(Engine(system, device="cpu", dtype="float32"), SETTINGS, self.notes.append)


@pytest.fixture
def read(system: System) -> Reading:
    return Reading(system)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Texture that moves right by two pixels a frame."""
    texture = cv2.resize(
        np.random.default_rng(1).integers(0, 255, (12, 16, 3), np.uint8),
        (96, 72),
        interpolation=cv2.INTER_CUBIC,
    )
    frames = np.stack([np.roll(texture, 2 * i, axis=1) for i in range(6)])
    write_clip(Clip(frames, 8.0), tmp_path / "clip.mp4")
    return tmp_path / "clip.mp4"


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    picture = np.full((200, 200, 3), 255, np.uint8)
    cv2.circle(picture, (100, 100), 60, (20, 20, 20), 3)
    write_picture(picture, tmp_path / "drawing.png")
    return tmp_path / "drawing.png"


@pytest.fixture
def depth_map(tmp_path: Path) -> Path:
    ramp = np.tile(np.linspace(0, 255, 80).astype(np.uint8), (80, 1))
    write_picture(np.repeat(ramp[..., None], 3, axis=2), tmp_path / "depth.png")
    return tmp_path / "depth.png"


def test_a_drawing_is_used_as_it_is_as_the_first_frames_sketch(read: Reading, drawing: Path) -> None:
    conditions = read.reader.read(Sources(sketch=drawing))
    assert conditions.names == {"single_sketch"}
    assert conditions.single_sketch is not None
    assert conditions.single_sketch.max() > 0.9
    assert read.notes == [f"{drawing}: drawing, dark on light, used as it is"]


def test_lines_may_be_light_on_dark(read: Reading, drawing: Path, tmp_path: Path) -> None:
    write_picture(255 - cv2.imread(str(drawing)), tmp_path / "inverted.png")
    dark, light = (read.reader.read(Sources(sketch=p)) for p in (drawing, tmp_path / "inverted.png"))
    assert read.notes[1].endswith("drawing, light on dark, used as it is")
    assert dark.single_sketch is not None
    assert light.single_sketch is not None
    assert (dark.single_sketch - light.single_sketch).abs().mean() < 0.02


def test_edges_of_a_film_are_extracted_for_every_frame(read: Reading, clip: Path) -> None:
    conditions = read.reader.read(Sources(sketch=clip))
    assert conditions.sketch is not None
    assert conditions.sketch.shape == (1, 4, 64, 64)
    assert read.notes == [f"{clip}: edges by the PiDiNet of small"]


def test_a_depth_map_is_used_as_it_is_and_repeated(read: Reading, depth_map: Path) -> None:
    depth = read.reader.read(Sources(depth=depth_map)).depth
    assert depth is not None
    assert depth.shape[1] == 4
    assert depth[0, 0, 40, -1] == 1
    assert depth[0, 0, 40, 0] == 0
    assert "used as it is" in read.notes[0]


def test_motion_of_a_film_is_in_pixels_of_the_video(read: Reading, clip: Path) -> None:
    motion = read.reader.read(Sources(motion=clip)).motion
    assert motion is not None
    assert motion[:, 0].eq(0).all()
    # The film is 72 pixels high, the video 64.
    assert motion[0, 1:].median().item() == pytest.approx(2 * 64 / 72, abs=0.3)
    assert motion[1, 1:].median().item() == pytest.approx(0, abs=0.2)


def test_a_picture_does_not_move(read: Reading, drawing: Path) -> None:
    with pytest.raises(ConditionError, match="a picture does not move"):
        read.reader.read(Sources(motion=drawing))


def test_image_and_style_take_the_first_frame_of_a_film(read: Reading, clip: Path) -> None:
    conditions = read.reader.read(Sources(image=clip, style=clip))
    assert conditions.image is not None
    assert conditions.image.shape == (3, 1, 64, 64)
    assert conditions.style is not None
    assert conditions.style.shape == (72, 96, 3)


def test_white_in_the_mask_is_regenerated(read: Reading, clip: Path, tmp_path: Path) -> None:
    mask = np.zeros((10, 20, 3), np.uint8)
    mask[:, 10:] = 255
    write_picture(mask, tmp_path / "mask.png")
    condition = read.reader.read(Sources(video=clip, mask=tmp_path / "mask.png")).mask
    assert condition is not None
    assert condition.shape == (4, 4, 64, 64)
    assert condition[:, :, :, 40:].eq(0).all()
    assert condition[3, :, :, :24].eq(1).all()
    assert condition[:3, :, :, :24].std() > 0.1


def test_a_black_mask_changes_nothing_and_is_refused(read: Reading, clip: Path, tmp_path: Path) -> None:
    write_picture(np.zeros((10, 20, 3), np.uint8), tmp_path / "mask.png")
    with pytest.raises(ConditionError, match="no white in it"):
        read.reader.read(Sources(video=clip, mask=tmp_path / "mask.png"))


def test_video_and_mask_go_together() -> None:
    with pytest.raises(UsageError, match="a video and no mask"):
        Sources(video="clip.mp4")
    with pytest.raises(UsageError, match="a mask and no video"):
        Sources(mask="mask.png")


def test_a_short_film_is_held_and_that_is_told(read: Reading, tmp_path: Path) -> None:
    frames = np.random.default_rng(2).integers(0, 255, (2, 64, 64, 3), np.uint8)
    write_clip(Clip(frames, 8.0), tmp_path / "short.mp4")
    read.reader.read(Sources(motion=tmp_path / "short.mp4"))
    assert "2 of 4 frames at 8 fps" in read.notes[0]


def test_missing_files(read: Reading) -> None:
    with pytest.raises(MediaError, match=r"no file or folder nowhere\.png"):
        read.reader.read(Sources(image="nowhere.png"))


def test_words_that_the_model_never_saw_are_told(read: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    read.reader.read(Sources(text="a boat"))
    assert read.notes == [], "nothing is known of this model's words"
    card = replace(read.reader.engine.system.card, words=("a", "star", "moves"))
    monkeypatch.setitem(read.reader.engine.system.__dict__, "card", card)
    read.reader.read(Sources(text="A star moves, 2 boats, a castle, a castle"))
    assert read.notes == ["text: small was trained without these words: boats, castle"]


def test_published_motion_keeps_its_values_when_it_is_added_up(read: Reading) -> None:
    vectors = torch.zeros(2, 4, 128, 128)
    vectors[0, 1:, 5::16, 5::16] = 10.0
    settings = SETTINGS
    alone = added_up([vectors], settings, PUBLISHED_PREPARATION)
    doubled = added_up([vectors, vectors], settings, PUBLISHED_PREPARATION)
    assert alone is vectors
    assert doubled is not None
    packed = pack(Conditions(motion=vectors), num_frames=4, size=settings.size, scale_motion=False)
    assert torch.equal(doubled, 2 * packed["motion"][0])
