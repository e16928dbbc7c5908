"""Drawn video: the same everywhere, and its ground truth true."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import cv2
import numpy as np
import pytest
from scipy import ndimage

from vcomp.data.drawn import BACKGROUND_INVERSE_DEPTH, DrawnDataset, DrawnVideo
from vcomp.data.figures import figure
from vcomp.data.outlines import outline
from vcomp.data.painting import detail_colour, sprite_colours
from vcomp.data.scene import Background, Camera, Scene, Sprite
from vcomp.data.vocabulary import COLOURS, LEVELS, SCENERY, STYLES
from vcomp.errors import UsageError

PLAIN = Background(kind="plain", colour="blue", second_colour="blue")
TEXTURED = Background(kind="textured", colour="white", second_colour="black", seed=5)
FINGERPRINT = """
import hashlib
from vcomp.data.drawn import DrawnDataset
digest = hashlib.sha256()
for level in ("styled", "rich", "crowded"):
    dataset = DrawnDataset(level=level, seed=2, num_frames=4)
    for i in (5, 0, 11):
        video = dataset[i]
        arrays = (video.frames, video.ids, video.sketch, video.depth, video.flow, dataset.style_picture(i))
        for array in arrays:
            digest.update(array.tobytes())
        digest.update(video.caption.encode())
print(digest.hexdigest())
"""


def square(*, motion: str = "still", shape: str = "square", **given: object) -> Sprite:
    fixed = {"colour": "red", "size_word": "", "radius": 0.15, "centre": (0.5, 0.5), "inverse_depth": 0.5}
    return Sprite(motion=motion, shape=shape, **{**fixed, **given})  # type: ignore[arg-type]


def video_of(*sprites: Sprite, background: Background = PLAIN, camera: Camera | None = None) -> DrawnVideo:
    return DrawnVideo(Scene(sprites=sprites, background=background, camera=camera or Camera()), "")


def sampled(picture: np.ndarray, x: np.ndarray, y: np.ndarray, *, order: int = 1) -> np.ndarray:
    """A picture's values ``[h w]`` between its pixels."""
    return ndimage.map_coordinates(picture.astype(float), [y, x], order=order, mode="nearest")


def test_two_processes_draw_the_same() -> None:
    prints = [
        subprocess.run(
            [sys.executable, "-c", FINGERPRINT],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]
    assert prints[0] == prints[1]
    assert len(prints[0].strip()) == 64


def test_order_of_access_does_not_matter_and_seeds_do() -> None:
    dataset = DrawnDataset(level="rich")
    late = dataset[7].frames
    assert np.array_equal([*dataset.clips(5, 9)][2].frames, late)
    assert not np.array_equal(DrawnDataset(level="rich", seed=1)[7].frames, late)
    assert len({hashlib.sha256(v.frames.tobytes()).digest() for v in dataset.clips(0, 30)}) == 30


def test_a_still_is_the_frame_of_its_clip_that_its_position_names() -> None:
    dataset = DrawnDataset(level="clear")
    positions = [dataset.still_position(index) for index in range(60)]
    assert set(positions) > {0, 15}
    for index in range(5):
        clip, still = dataset[index].frames, dataset.still(index).frames
        assert np.array_equal(still[0], clip[positions[index]])


def test_shapes_types_and_ranges() -> None:
    video = DrawnDataset(level="rich", num_frames=5, size_px=64)[0]
    assert (video.frames.shape, video.frames.dtype) == ((5, 64, 64, 3), np.uint8)
    assert (video.flow.shape, video.flow.dtype) == ((2, 5, 64, 64), np.float32)
    for array in (video.sketch, video.depth):
        assert (array.shape, array.dtype) == ((5, 64, 64), np.float32)
        assert array.min() >= 0
        assert array.max() <= 1
    assert np.array_equal(video.foreground, video.ids > 0)


def test_flow_of_a_translation_is_its_speed() -> None:
    video = video_of(square(motion="move", direction="down and to the right", travel=0.3))
    step = 0.7071 * 0.3 * 128 / 15
    inside = video.foreground[1:]
    for channel in video.flow[:, 1:]:
        assert channel[inside] == pytest.approx(step, abs=1e-4)
        assert not channel[~inside].any()
    assert not video.flow[:, 0].any()


@pytest.mark.parametrize(
    "given",
    [
        {"turn_deg": 200.0},
        {"growth": 2.2},
        {"motion": "circle", "travel": 0.4},
        {"motion": "bounce", "travel": 0.4},
    ],
)
def test_flow_is_the_way_that_points_of_the_object_went(given: dict[str, object]) -> None:
    sprite = square(tilt_deg=9.0, **given)  # type: ignore[arg-type]
    video = video_of(sprite)
    points = np.c_[0.8 * outline("square"), np.ones(4)].T
    for i in range(1, 16):
        before, after = (128 * sprite.matrix(t / 15 - 0.5) @ points - 0.5 for t in (i - 1, i))
        for axis in (0, 1):
            found = sampled(video.flow[axis, i], *after)
            assert found == pytest.approx((after - before)[axis], abs=1e-3)


@pytest.mark.parametrize(
    "camera",
    [Camera(move="pans left", pan=(-0.3, 0.0)), Camera(move="zooms in", zoom=1.6)],
    ids=["pan", "zoom"],
)
def test_frames_are_the_frames_before_moved_by_the_flow(camera: Camera) -> None:
    mover = square(motion="move", direction="up", travel=0.3)
    video = video_of(mover, background=TEXTURED, camera=camera)
    grey = video.frames.mean(axis=-1)
    y, x = np.mgrid[0:128, 0:128].astype(float)
    for i in range(1, 16):
        from_x, from_y = x - video.flow[0, i], y - video.flow[1, i]
        visible = (from_x >= 0) & (from_x <= 127) & (from_y >= 0) & (from_y <= 127)
        # Away from the object's border, where the two frames see the same thing.
        away = ndimage.binary_erosion(video.ids[i] == 0, iterations=6, border_value=1)
        inner = ndimage.binary_erosion(video.ids[i] == 1, iterations=3)
        from_ids = sampled(video.ids[i - 1], from_x, from_y, order=0)
        error = np.abs(sampled(grey[i - 1], from_x, from_y) - grey[i])
        assert error[visible & away].mean() < 0.7
        assert error[visible & away].mean() < 0.5 * np.abs(grey[i - 1] - grey[i])[visible & away].mean()
        assert (from_ids[inner] == 1).all()
        assert error[inner].max() == 0


@pytest.mark.parametrize("level", ["plain", "rich"])
def test_frame_zero_has_no_motion_and_still_things_have_none(level: str) -> None:
    for video in DrawnDataset(level=level, seed=4).clips(0, 12):
        assert not video.flow[:, 0].any()
        if video.scene.camera.move == "still":
            assert not video.flow[:, video.ids == 0].any()
            for number, sprite in enumerate(video.scene.sprites, start=1):
                assert sprite.motion != "still" or not video.flow[:, video.ids == number].any()


def test_sketch_is_where_neighbours_show_different_things() -> None:
    cross = ndimage.generate_binary_structure(2, 1)
    for video in DrawnDataset(level="simple", seed=4).clips(0, 10):
        for ids, sketch in zip(video.ids, video.sketch, strict=True):
            high = ndimage.maximum_filter(ids, footprint=cross, mode="nearest")
            low = ndimage.minimum_filter(ids, footprint=cross, mode="nearest")
            assert np.array_equal(sketch, (high != low).astype(np.float32))


def test_sketch_has_the_borders_of_stripes_that_can_be_seen() -> None:
    def edges(second_colour: str) -> np.ndarray:
        stripes = Background(kind="striped", colour="white", second_colour=second_colour, angle_deg=0.0)
        return video_of(square(), background=stripes).sketch[0]

    assert edges("black")[:20].sum(axis=1) == pytest.approx(
        14
    )  # eight stripes, seven borders, two pixels wide
    assert not edges("white")[:20].any()


def test_the_nearer_object_hides_the_farther() -> None:
    far = square(colour="green", inverse_depth=0.4)
    near = square(shape="circle", colour="red", centre=(0.6, 0.5), inverse_depth=0.8)
    both, alone = video_of(far, near), [video_of(sprite).foreground for sprite in (far, near)]
    overlap = alone[0] & alone[1]
    assert overlap.any()
    assert (both.ids[overlap] == 2).all()
    assert both.depth[overlap] == pytest.approx(0.8)
    assert both.depth[alone[0] & ~alone[1]] == pytest.approx(0.4)
    assert both.depth[~both.foreground] == pytest.approx(BACKGROUND_INVERSE_DEPTH)
    red, green = both.frames[ndimage.binary_erosion(overlap, iterations=3)][:, :2].T
    assert (red > green).all()


def test_objects_lie_where_their_ids_are() -> None:
    video = video_of(square(shape="star", radius=0.24, tilt_deg=10.0))
    differs = np.abs(video.frames.astype(int) - video.frames[0, 0, 0]).max(axis=-1) > 60
    assert np.mean(differs != video.foreground) < 0.01
    corners = (128 * (video.scene.sprites[0].matrix(0.0) @ np.c_[outline("star"), np.ones(10)].T)).T - 0.5
    y, x = np.mgrid[0:128, 0:128]
    inside = [
        cv2.pointPolygonTest(corners.astype(np.float32), (float(i), float(j)), True)
        for i, j in zip(x.flat, y.flat, strict=True)
    ]
    certain = np.abs(np.array(inside)) > 1
    assert np.array_equal(video.foreground[0].ravel()[certain], np.array(inside)[certain] > 0)


def test_details_are_in_the_sketch_and_in_another_shade_but_not_in_the_depth() -> None:
    video = video_of(square(shape="house", radius=0.3))
    plain = video_of(square(shape="house", radius=0.3, colour="green"))
    inside = ndimage.binary_erosion(video.foreground[0], iterations=3)
    shades = {tuple(colour) for colour in video.frames[0][inside]}
    window, door = (border.mean(axis=0) * 0.3 * 128 + 64 for border in figure("house").details)
    for x, y in (window, door):
        assert video.frames[0, int(y), int(x)] == pytest.approx(detail_colour("red", "flat"), abs=1)
    assert video.frames[0, 50, 64] == pytest.approx(sprite_colours("red", "flat")[0], abs=1)
    assert len(shades) > 2  # and those between, where they meet
    assert video.sketch[0][inside].sum() > 50
    assert np.array_equal(video.sketch, plain.sketch)
    assert set(np.unique(video.depth)) == set(np.float32([BACKGROUND_INVERSE_DEPTH, 0.5]))


def test_the_background_shows_through_a_hole() -> None:
    video = video_of(square(shape="donut", radius=0.3))
    assert video.ids[0, 64, 64] == 0
    assert np.array_equal(video.frames[0, 64, 64], video.frames[0, 0, 0])
    assert video.ids[0, 64, 64 + 24] == 1


@pytest.mark.parametrize("style", STYLES)
def test_details_can_be_seen_in_every_style_and_colour(style: str) -> None:
    # Black glows in black: neither its details nor its outline can be seen.
    for colour in set(COLOURS) - ({"black"} if style == "neon" else set()):
        inside, shade = sprite_colours(colour, style)[0], detail_colour(colour, style)
        assert np.abs(np.subtract(inside, shade)).max() > 20


def test_a_mirrored_thing_is_drawn_the_other_way_round() -> None:
    faced = [video_of(square(shape="fish", radius=0.3, mirrored=m)).sketch[0] for m in (False, True)]
    flipped = ndimage.binary_dilation(faced[0][:, ::-1], iterations=1)
    assert not (faced[1].astype(bool) & ~flipped).any()
    assert np.abs(faced[0] - faced[1]).sum() > 100


@pytest.mark.parametrize("kind", SCENERY)
def test_scenery_lies_in_layers_below_its_horizon(kind: str) -> None:
    scenery = Background(kind=kind, colour="green", second_colour="blue", horizon=0.5, seed=3)
    video = video_of(square(radius=0.05, centre=(0.5, 0.1)), background=scenery)
    sky, land = video.frames[0, 20, 5].astype(int), video.frames[0, 126, 5].astype(int)
    assert sky[2] > sky[1]
    assert land[1] > land[2]
    column = video.depth[0, :, 5]
    assert column[5] == pytest.approx(BACKGROUND_INVERSE_DEPTH)
    assert (np.diff(column) >= 0).all()
    assert column[126] > 1.5 * column[5]
    # Wherever depth steps, there is an edge; the horizon is as high as it should be.
    horizon = int(np.flatnonzero(np.diff(column))[0])
    assert video.sketch[0, horizon, 5] == 1
    assert abs(horizon - 64) < 17


def test_scenery_goes_on_beyond_the_frame() -> None:
    hills = Background(kind="hills", colour="green", second_colour="blue", horizon=0.6, seed=3)
    nothing = square(radius=0.01, centre=(0.5, 0.02))
    still = video_of(nothing, background=hills).depth[0]
    panned = video_of(nothing, background=hills, camera=Camera(move="pans right", pan=(0.3, 0.0))).depth
    # In the middle of the pan the camera looks where the still one does; before, further left.
    shift = round(0.15 * 128)
    assert np.mean(panned[0][:, shift:] == still[:, :-shift]) > 0.98
    assert np.mean(panned[15][:, :-shift] == still[:, shift:]) > 0.98


def test_a_style_picture_is_another_scene_in_the_same_style() -> None:
    dataset = DrawnDataset(level="styled", seed=5)
    brightness: dict[str, list[float]] = {}
    for i in range(120):
        picture = dataset.style_picture(i)
        assert picture.shape == (128, 128, 3)
        brightness.setdefault(dataset[i].scene.style, []).append(float(picture.mean()))
    assert max(brightness["neon"]) < min(brightness["flat"]) + 30
    assert max(brightness["neon"]) < 70
    assert max(brightness["night"]) < 115
    assert min(brightness["pastel"]) > 150
    assert all(110 < value < 240 for value in brightness["paper"])
    assert not np.array_equal(dataset.style_picture(0), dataset[0].frames[8])
    assert np.array_equal(dataset.style_picture(3), dataset.style_picture(3))


def test_paper_has_grain_and_the_rest_has_none() -> None:
    for video in DrawnDataset(level="styled", seed=5).clips(0, 60):
        corner = video.frames[0, ~video.foreground[0]].astype(float)
        if video.scene.background.kind == "plain" and video.scene.style in ("flat", "night", "pastel"):
            assert np.median(np.abs(corner - np.median(corner, axis=0))) == 0
        if video.scene.style == "paper":
            assert corner.std(axis=0).min() > 3


def test_unknown_level() -> None:
    with pytest.raises(UsageError, match="no level 'easy' of drawn video") as error:
        DrawnDataset(level="easy")
    assert all(level in str(error.value) for level in LEVELS)
