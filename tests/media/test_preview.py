from __future__ import annotations

import colorsys

import numpy as np
import pytest

from vcomp.errors import UsageError
from vcomp.media import Clip, contact_sheet, depth_to_rgb, flow_to_rgb, grey_to_rgb, strip


@pytest.mark.parametrize(
    ("direction", "hue"), [((1, 0), 0.0), ((0, 1), 0.25), ((-1, 0), 0.5), ((0, -1), 0.75)]
)
def test_hue_is_the_direction(direction: tuple[int, int], hue: float) -> None:
    flow = np.broadcast_to(np.array(direction, np.float32) * 5, (1, 4, 4, 2))
    r, g, b = flow_to_rgb(flow, maximum=5)[0, 0, 0] / 255
    measured_hue, saturation, value = colorsys.rgb_to_hsv(r, g, b)
    assert measured_hue == pytest.approx(hue, abs=0.01)
    assert (saturation, value) == (1.0, 1.0)


def test_still_is_white_and_noise_is_nearly_so() -> None:
    noise = np.random.default_rng(0).normal(0, 0.02, (2, 32, 32, 2)).astype(np.float32)
    assert flow_to_rgb(np.zeros_like(noise)).min() == 255
    assert flow_to_rgb(noise).min() > 220


def test_speed_is_saturation_and_outliers_do_not_dim_the_rest() -> None:
    flow = np.zeros((1, 64, 64, 2), np.float32)
    flow[..., 0] = 4
    flow[0, 0, 0] = 400
    assert flow_to_rgb(flow)[0, 9, 9].tolist() == [255, 0, 0]
    assert flow_to_rgb(flow, maximum=8)[0, 9, 9].tolist() == [255, 128, 128]


def test_near_is_bright() -> None:
    depth = np.linspace(0, 7, 64, dtype=np.float32).reshape(1, 1, 64).repeat(8, axis=1)
    luma = depth_to_rgb(depth)[0, 0].astype(float) @ [0.299, 0.587, 0.114]
    assert (np.diff(luma) >= -1).all()
    assert luma[-1] - luma[0] > 200
    assert depth_to_rgb(np.ones((1, 4, 4), np.float32)).shape == (1, 4, 4, 3)


def test_limits_fix_the_colours() -> None:
    half = np.full((1, 2, 2), 0.5, np.float32)
    ramp = np.array([[[0.5, 1.0], [0.0, 0.5]]], np.float32)
    assert np.array_equal(
        depth_to_rgb(half, limits=(0, 1))[0, 0, 0], depth_to_rgb(ramp, limits=(0, 1))[0, 0, 0]
    )


def test_grey_takes_floats_and_bytes() -> None:
    assert grey_to_rgb(np.array([[[0.0, 1.0]]], np.float32)).tolist() == [[[[0] * 3, [255] * 3]]]
    assert grey_to_rgb(np.array([[[7]]], np.uint8)).tolist() == [[[[7] * 3]]]


def test_strip_shows_first_and_last_frame_of_each_row(clip: Clip) -> None:
    sheet = strip({"result": clip.frames, "single_sketch": clip.frames[:1]}, columns=4, height_px=64)
    assert sheet.dtype == np.uint8
    places = [
        (y, x)
        for y in range(sheet.shape[0] - 63)
        for x in range(sheet.shape[1] - 95)
        if np.array_equal(sheet[y, x : x + 96], clip.frames[0, 0])
        and np.array_equal(sheet[y : y + 64, x : x + 96], clip.frames[0])
    ]
    assert len(places) == 2
    (top, left), _ = places
    assert np.array_equal(sheet[top : top + 64, left + 300 : left + 396], clip.frames[-1])


def test_strip_with_caption_is_taller_and_other_proportions_fit(clip: Clip) -> None:
    rows = {"a": clip.frames, "b": clip.frames[:, :, :40]}
    plain, titled = strip(rows), strip(rows, caption="what it says " * 40)
    assert titled.shape[0] > plain.shape[0] + 20
    assert titled.shape[1] == plain.shape[1]


def test_contact_sheet_keeps_tiles_as_they_are(clip: Clip) -> None:
    tiles = [clip.frames[0], clip.frames[1][:30], clip.frames[2]]
    sheet = contact_sheet(tiles, columns=2, labels=["one", "two", "a label that is wrapped to its tile"])
    assert np.array_equal(sheet[14:78, 14:110], tiles[0])
    assert np.array_equal(sheet[14:44, 124:220], tiles[1])


def test_labels_are_never_cut_off() -> None:
    tile = np.full((10, 176, 3), 255, np.uint8)
    label = "iiiii iiiii iiiii iiiii mmmmm mmmmm mmmmm mmmmm"  # its letters are narrow and wide
    sheet = contact_sheet([tile], columns=1, labels=[label])
    text = sheet[30:, 14 : 14 + 176]
    assert (text < 100).any()
    assert (text[:, -1] == 255).all()
    assert (contact_sheet([tile[:, :8]], columns=1, labels=["mm"]) < 100).any()  # not even a letter fits


def test_refuses_impossible_sheets(clip: Clip) -> None:
    with pytest.raises(UsageError):
        strip({})
    with pytest.raises(UsageError):
        contact_sheet([], columns=2)
    with pytest.raises(UsageError, match="1 labels for 2 tiles"):
        contact_sheet([clip.frames[0]] * 2, columns=2, labels=["one"])
