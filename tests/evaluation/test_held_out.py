"""Exact conditions of drawn videos, and the ways frames are made after them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from vcomp.data.drawn import DrawnDataset, DrawnVideo
from vcomp.engine import Engine
from vcomp.evaluation.held_out import HELD_OUT_SEED, Maker, exact_conditions
from vcomp.evaluation.scenes import scene_of
from vcomp.media.pixels import to_tensor
from vcomp.models.system import System


@pytest.fixture(scope="module")
def videos() -> list[DrawnVideo]:
    dataset = DrawnDataset(level="styled", seed=HELD_OUT_SEED, num_frames=4, size_px=64)
    return list(dataset.clips(0, 2))


@pytest.fixture(scope="module")
def maker(system: System) -> Maker:
    engine = Engine(system, device="cpu", dtype="float32")
    return Maker(engine, replace(engine.default_settings, num_steps=2))


def test_conditions_are_the_exact_ones(videos: list[DrawnVideo]) -> None:
    names = {"text", "image", "single_sketch", "sketch", "depth", "motion", "mask"}
    [video, _] = videos
    given = exact_conditions(video, names)
    assert given.names == names
    assert given.text == video.caption
    image = given.tensors()["image"]
    assert (image * 255).permute(1, 2, 3, 0).numpy() == pytest.approx(video.frames[:1], abs=1e-3)
    assert torch.equal(given.tensors()["single_sketch"], given.tensors()["sketch"][:, :1])
    assert np.array_equal(given.tensors()["sketch"][0], video.sketch)
    assert np.array_equal(given.tensors()["depth"][0], video.depth)
    assert np.array_equal(given.tensors()["motion"], video.flow)
    *masked, kept = given.tensors()["mask"].numpy()
    assert np.array_equal(kept, ~video.foreground)
    assert np.stack(masked)[:, kept == 0].any() == 0
    drawn = to_tensor(video.frames).numpy()
    assert np.array_equal(np.stack(masked)[:, kept == 1], drawn[:, kept == 1])


def test_a_stroke_goes_along_the_nearest_object_and_a_style_shows_the_style_alone() -> None:
    dataset = DrawnDataset(level="styled", seed=HELD_OUT_SEED, num_frames=4, size_px=64)
    video = scene_of("direction unsaid", dataset, 0)
    given = exact_conditions(video, ("text", "stroke", "style"))
    assert given.names == {"text", "motion", "style"}
    motion = given.tensors()["motion"].numpy()
    inside = (video.ids[1:] == 1) & (np.hypot(*video.flow[:, 1:]) > 0)
    assert motion[:, 1:, inside.any(0)].any()
    wanted, drawn = video.flow[:, 1:][:, inside].mean(1), motion[:, 1:][:, inside].mean(1)
    assert drawn @ wanted > 0.9 * np.hypot(*drawn) * np.hypot(*wanted)
    assert np.hypot(*drawn) > 0.6 * np.hypot(*wanted)
    assert given.style is not None
    assert given.style.shape == (64, 64, 3)
    assert not np.array_equal(given.style, video.frames[0])


def test_only_what_is_asked_for_is_given(videos: list[DrawnVideo]) -> None:
    assert exact_conditions(videos[0], ("sketch",)).names == {"sketch"}


@pytest.mark.parametrize(
    "way",
    [
        "true video",
        "autoencoder",
        "text",
        "text + sketch",
        "text + image + stroke",
        "text + style",
        "text + depth",
    ],
)
def test_every_way_makes_frames_like_the_drawn_ones(way: str, maker: Maker, videos: list[DrawnVideo]) -> None:
    made = maker.make(way, videos, (0, 1))
    assert [(m.shape, m.dtype) for m in made] == [((4, 64, 64, 3), np.uint8)] * 2
    assert all(np.array_equal(m, v.frames) for m, v in zip(made, videos, strict=True)) == (
        way == "true video"
    )


def test_a_way_is_the_engines_own(maker: Maker, videos: list[DrawnVideo]) -> None:
    conditions = exact_conditions(videos[1], ("text", "motion"))
    settings = replace(maker.settings, seed=7)
    [made] = maker.make("text + motion", videos[1:], (7,))
    assert np.array_equal(made, maker.engine.generate(conditions, settings).clip.frames)
