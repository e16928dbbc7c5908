"""Batches of cached videos: shapes, what each sample keeps, what conditions look like."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from vcomp.data.drawn import DrawnDataset
from vcomp.data.vocabulary import COLOURS
from vcomp.training import videos
from vcomp.training.cache import VideoCache
from vcomp.training.dropout import ConditionDropout
from vcomp.training.videos import CONDITION_NAMES, STYLE_UNTOLD_P, VideoSampler, like_a_stroke

CHANNELS = {"image": 3, "single_sketch": 1, "sketch": 1, "depth": 1, "motion": 2, "mask": 4}
STILL = {"image", "single_sketch"}
STYLE_WORDS = re.compile("flat|outline|comic|night|dark|pastel|paper|neon")
KEEP_ALL = ConditionDropout(keep_all_p=1, drop_all_p=0)
DROP_ALL = ConditionDropout(keep_all_p=0, drop_all_p=1)


def sampler(
    cache: VideoCache,
    dropout: ConditionDropout | None,
    *,
    frames: int = 8,
    size: int = 6,
    from_start_p: float = 0.5,
) -> VideoSampler:
    return VideoSampler(
        cache=cache, shapes=((frames, size),), weights=(1.0,), dropout=dropout, from_start_p=from_start_p
    )


def test_a_sample_that_keeps_all_has_all(cache: VideoCache) -> None:
    batch = sampler(cache, KEEP_ALL).draw(3)
    assert batch.latents.shape == (6, 4, 8, 16, 16)
    assert all(batch.captions)
    assert batch.style.shape == (6, 1, 16)
    assert (batch.style.abs().sum((1, 2)) > 0).all()
    assert batch.conditions.keys() == CHANNELS.keys()
    for name, kept in batch.conditions.items():
        assert kept.rows.tolist() == list(range(6))
        assert kept.values.shape == (6, CHANNELS[name], 1 if name in STILL else 8, 64, 64)
        assert kept.values.dtype == torch.float32


def test_a_sample_that_drops_all_has_nothing(cache: VideoCache) -> None:
    batch = sampler(cache, DROP_ALL).draw(3)
    assert batch.captions == [""] * 6
    assert not batch.style.any()
    assert batch.conditions == {}


def test_rows_are_those_of_the_samples_that_keep_a_condition(cache: VideoCache) -> None:
    dropout = ConditionDropout(keep_all_p=0, drop_all_p=0)
    batch = sampler(cache, dropout, size=32).draw(1)
    styled = batch.style.abs().sum((1, 2)) > 0
    assert 8 < styled.sum() < 24
    assert 8 < sum(map(bool, batch.captions)) < 24
    for kept in batch.conditions.values():
        rows = kept.rows.tolist()
        assert 8 < len(rows) < 24
        assert rows == sorted(set(rows))
        assert len(kept.values) == len(rows)


def test_the_first_stage_has_text_alone_and_drops_a_tenth(cache: VideoCache) -> None:
    batch = sampler(cache, None, frames=1, size=400).draw(0)
    assert batch.latents.shape == (400, 4, 1, 16, 16)
    assert batch.conditions == {}
    assert not batch.style.any()
    assert 20 < batch.captions.count("") < 65


@pytest.mark.parametrize("from_start_p", [0.0, 1.0])
def test_clips_and_their_conditions_are_of_the_same_frames(
    cache: VideoCache, from_start_p: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(videos, "STROKES_P", 0.0)
    batch = sampler(cache, KEEP_ALL, from_start_p=from_start_p).draw(7)
    spans = [slice(s, s + (stride * 7) + 1, stride) for stride in (1, 2) for s in range(16 - stride * 7)]
    strides = set()
    for row in range(6):
        latents = batch.latents[row].numpy()
        [(video, span)] = [
            (v, s) for v in range(4) for s in spans if np.array_equal(cache["latents"][v][:, s], latents)
        ]
        values = {name: kept.values[row].numpy() for name, kept in batch.conditions.items()}
        strides.add(span.step)
        assert batch.positions[row].tolist() == [*range(16)][span]
        if from_start_p == 1:
            assert span.start == 0
        first = cache["frames"][video][0] / np.float32(255)
        np.testing.assert_allclose(values["image"][:, 0].transpose(1, 2, 0), first, atol=1e-6)
        np.testing.assert_allclose(values["depth"][0] * 255, cache["depth"][video][span], atol=1e-3)
        np.testing.assert_array_equal(values["motion"], cache["motion"][video][:, span])
        np.testing.assert_array_equal(batch.style[row, 0].numpy(), cache["style"][video])
    assert strides == {1, 2}


@pytest.mark.parametrize(("frames", "strides"), [(2, range(1, 16)), (4, range(1, 6)), (16, [1])])
def test_few_frames_lie_anywhere_in_their_video_evenly_spaced(
    cache: VideoCache, frames: int, strides: Sequence[int]
) -> None:
    positions = sampler(cache, None, frames=frames, size=400).draw(3).positions
    assert positions.shape == (400, frames)
    assert positions.min() == 0
    assert positions.max() == 15
    gaps = positions.diff(dim=1)
    assert (gaps == gaps[:, :1]).all()
    assert sorted(set(gaps[:, 0].tolist())) == [*strides]


@pytest.mark.parametrize("first", [None, "image", "single_sketch"])
def test_a_picture_is_told_where_in_its_clip_it_is_unless_a_first_frame_is_given(
    stills: VideoCache, first: str | None
) -> None:
    names = ("text", "depth") if first is None else ("text", "depth", first)
    drawn = replace(sampler(stills, KEEP_ALL, frames=1, size=40), names=names).draw(0)
    dataset = DrawnDataset(level="clear", seed=5)
    for latents, positions in zip(drawn.latents, drawn.positions, strict=True):
        [row] = [v for v in range(12) if np.array_equal(stills["latents"][v], latents.numpy())]
        assert positions.tolist() == [0 if first else dataset.still_position(row)]
    assert (drawn.positions > 0).any() == (first is None)


def test_the_first_frame_of_a_video_has_no_motion(cache: VideoCache) -> None:
    for step in range(4):
        batch = sampler(cache, KEEP_ALL).draw(step)
        motion = batch.conditions["motion"].values
        starts = batch.positions[:, 0]
        assert not motion[starts == 0, :, 0].any()
        assert motion[starts > 0, :, 0].any()
        assert motion[:, :, 1:].any()


def test_motion_is_at_times_as_coarse_as_a_stroke(cache: VideoCache) -> None:
    batch = sampler(cache, KEEP_ALL, frames=16, size=40).draw(1)
    exact = 0
    for latents, motion in zip(batch.latents, batch.conditions["motion"].values, strict=True):
        [video] = [v for v in range(4) if np.array_equal(cache["latents"][v], latents.numpy())]
        exact += np.array_equal(motion.numpy(), cache["motion"][video].astype(np.float32))
    assert 8 < exact < 35  # of things that stand still or turn, both are the same


def test_a_stroke_goes_where_its_thing_goes_and_is_round() -> None:
    flow = np.zeros((2, 64, 64), np.float32)
    flow[0, 10:26, 20:28] = 3.0
    flow[1, 10:26, 20:28] = -1.0
    stroke = like_a_stroke(flow, 1.0, 0.5)
    assert stroke[0].max() == pytest.approx(3.0, abs=1e-3)
    assert stroke[1].min() == pytest.approx(-1.0, abs=1e-3)
    np.testing.assert_allclose(stroke[0], -3 * stroke[1], atol=1e-5)
    ys, xs = np.nonzero(stroke[0] > 1.5)
    assert (ys.mean(), xs.mean()) == pytest.approx((17.5, 23.5), abs=0.6)
    assert np.ptp(ys) == np.ptp(xs)
    assert len(ys) == pytest.approx(16 * 8, rel=0.2)


def test_what_no_stroke_says_stays_as_it_is() -> None:
    ys, xs = np.mgrid[-32:32, -32:32].astype(np.float32)
    turning = np.where(np.hypot(xs, ys) < 12, np.stack([-ys, xs]) / 10, 0).astype(np.float32)
    np.testing.assert_array_equal(like_a_stroke(turning, 1.0, 1.0), turning)
    assert not like_a_stroke(np.zeros((2, 8, 8), np.float32), 1.0, 1.0).any()


def test_what_is_regenerated_is_zero_in_the_masked_picture(cache: VideoCache) -> None:
    mask = sampler(cache, KEEP_ALL, size=16).draw(2).conditions["mask"].values
    picture, area = mask[:, :3], mask[:, 3:]
    assert set(area.unique().tolist()) == {0.0, 1.0}
    assert not (picture * (1 - area)).any()
    assert picture.min() >= -1
    assert picture.max() <= 1
    assert picture.min() < -0.5


def test_sketches_are_in_range_and_never_quite_the_same(cache: VideoCache) -> None:
    drawn = sampler(cache, KEEP_ALL, size=12).draw(4).conditions["sketch"].values
    assert drawn.min() == 0
    assert 0.5 < drawn.max() <= 1
    peaks = drawn.amax((1, 2, 3, 4))
    assert len(peaks.unique()) > 2


def test_captions_are_rephrased(cache: VideoCache) -> None:
    one = VideoSampler(cache=cache, shapes=((1, 40),), weights=(1.0,), dropout=KEEP_ALL)
    captions = one.draw(0).captions
    assert len(set(captions)) > 8


def test_captions_are_those_of_their_videos(cache: VideoCache) -> None:
    dataset = DrawnDataset(level="styled", seed=5)
    batch = sampler(cache, KEEP_ALL, frames=16, size=12).draw(0)
    for latents, caption in zip(batch.latents.numpy(), batch.captions, strict=True):
        [video] = [index for index in range(4) if np.array_equal(cache["latents"][index], latents)]
        scene, words = dataset[video].scene, set(caption.split())
        background = scene.background
        colours = {scene.sprites[0].colour, background.colour, background.second_colour}
        assert scene.sprites[0].shape in words
        assert words.intersection(COLOURS) <= colours


def test_beside_a_style_picture_words_seldom_tell_the_style(cache: VideoCache) -> None:
    def told(dropout: ConditionDropout | None) -> float:
        captions = [text for text in sampler(cache, dropout, frames=1, size=1600).draw(0).captions if text]
        return sum(bool(STYLE_WORDS.search(caption)) for caption in captions) / len(captions)

    assert told(KEEP_ALL) == pytest.approx((1 - STYLE_UNTOLD_P) * told(None), abs=0.05)


def test_batches_are_a_function_of_the_step(cache: VideoCache) -> None:
    mixed = VideoSampler(
        cache=cache, shapes=((1, 8), (4, 2)), weights=(0.5, 0.5), dropout=ConditionDropout(), seed=3
    )
    sizes = set()
    for step in range(12):
        first, second = mixed.draw(step), mixed.draw(step)
        sizes.add(tuple(first.latents.shape[i] for i in (2, 0)))
        assert torch.equal(first.latents, second.latents)
        assert first.captions == second.captions
        assert first.conditions.keys() == second.conditions.keys()
        for name, kept in first.conditions.items():
            assert torch.equal(kept.values, second.conditions[name].values)
    assert sizes == {(1, 8), (4, 2)}
    assert not torch.equal(mixed.draw(0).latents[:2, :, :1], mixed.draw(1).latents[:2, :, :1])


def test_the_batches_of_a_step_have_one_shape(cache: VideoCache) -> None:
    mixed = VideoSampler(
        cache=cache, shapes=((1, 8), (4, 2)), weights=(0.5, 0.5), dropout=ConditionDropout(), together=2
    )
    steps = [[mixed.draw(2 * step + place) for place in range(2)] for step in range(12)]
    shapes = [{tuple(batch.latents.shape) for batch in step} for step in steps]
    assert all(len(shape) == 1 for shape in shapes)
    assert len(set.union(*shapes)) == 2
    assert not any(torch.equal(first.latents, second.latents) for first, second in steps)


@pytest.mark.parametrize("name", CONDITION_NAMES)
def test_every_condition_can_be_kept_alone(cache: VideoCache, name: str) -> None:
    alone = ConditionDropout(keep_all_p=0, drop_all_p=0, alone_p=1)
    seen = {frozenset(sampler(cache, alone, size=1, frames=1).draw(step).conditions) for step in range(60)}
    assert frozenset({name} & CHANNELS.keys()) in seen
