"""Videos longer than the model's: what the UNet is called with, and what of it reaches the video."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vcomp.conditions.container import Conditions
from vcomp.engine import Engine, Guide, Progress, Settings, Strength
from vcomp.engine.continuing import later_names, later_settings
from vcomp.engine.memory import Load, shared_bytes
from vcomp.engine.ways import Ways
from vcomp.media.clip import Frames
from vcomp.models.system import System

LONG = Settings(num_frames=10, size=(64, 64), num_steps=2, seed=5)
TEXT = Conditions(text="a yellow star")


@pytest.fixture(scope="module")
def engine(system: System) -> Engine:
    return Engine(system, device="cpu", dtype="float32")


@contextmanager
def calls(network: nn.Module) -> Iterator[list[Tensor]]:
    """The first tensor of each call of a network."""
    seen: list[Tensor] = []

    def keep(_: nn.Module, arguments: tuple[Any, ...]) -> None:
        seen.append(arguments[0].clone())

    handle = network.register_forward_pre_hook(keep)
    yield seen
    handle.remove()


def frames_of(engine: Engine, conditions: Conditions, settings: Settings) -> Frames:
    return engine.generate(conditions, settings).clip.frames


def test_the_unet_sees_one_window_however_long_the_video(engine: Engine) -> None:
    settings = replace(LONG, num_frames=40, guides=())
    with calls(engine.networks.unet()) as seen:
        frames = frames_of(engine, TEXT, settings)
    assert frames.shape == (40, 64, 64, 3)
    assert {tuple(latents.shape) for latents in seen} == {(1, 4, 4, 8, 8)}
    assert len(seen) == 2 * 19  # steps, windows of the model's four frames that share two


def test_windows_can_be_chosen(engine: Engine) -> None:
    with calls(engine.networks.unet()) as seen:
        frames_of(engine, TEXT, replace(LONG, window=6, overlap=2, guides=()))
    assert [latents.shape[2] for latents in seen] == [6] * 4
    with calls(engine.networks.unet()) as seen:
        frames_of(engine, TEXT, replace(LONG, window=10, guides=()))
    assert [latents.shape[2] for latents in seen] == [10] * 2


def test_a_video_of_the_models_length_does_not_depend_on_windows(engine: Engine) -> None:
    short = replace(LONG, num_frames=4)
    expected = frames_of(engine, TEXT, short)
    for window, overlap in ((4, 1), (8, None), (9, 7)):
        assert np.array_equal(
            frames_of(engine, TEXT, replace(short, window=window, overlap=overlap)), expected
        )


def test_same_seed_same_bits(engine: Engine) -> None:
    first = frames_of(engine, TEXT, LONG)
    torch.manual_seed(99)
    assert np.array_equal(frames_of(engine, TEXT, LONG), first)
    assert not np.array_equal(frames_of(engine, TEXT, replace(LONG, seed=6)), first)


def test_a_long_video_begins_from_the_noise_of_a_short_one(engine: Engine) -> None:
    with calls(engine.networks.unet()) as seen:
        frames_of(engine, TEXT, replace(LONG, num_frames=4))
        frames_of(engine, TEXT, LONG)
    first_calls = [latents for latents in seen if torch.equal(latents, seen[0])]
    assert len(first_calls) == 4  # two condition sets of the short video, and of the long one's first window


def test_every_window_has_its_own_part_of_the_conditions(engine: Engine) -> None:
    depth = torch.rand(1, 10, 64, 64, generator=torch.Generator().manual_seed(0))
    changed = depth.clone()
    changed[:, 9] = 1 - changed[:, 9]
    once = replace(LONG, num_steps=1)
    before, after = (frames_of(engine, Conditions(depth=given), once) for given in (depth, changed))
    same = [np.array_equal(a, b) for a, b in zip(before, after, strict=True)]
    assert same[:6] == [True] * 6  # the last window is of frames 6 to 9
    assert not all(same[6:])


def test_conditions_shorter_than_the_video_hold_their_last_frame(engine: Engine) -> None:
    depth = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    held = torch.cat([depth, depth[:, -1:].expand(-1, 7, -1, -1)], dim=1)
    short, long = (frames_of(engine, Conditions(depth=given), LONG) for given in (depth, held))
    assert np.array_equal(short, long)


def test_later_windows_are_shown_the_frame_they_begin_with(engine: Engine) -> None:
    image = torch.rand(3, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    settings = replace(LONG, num_frames=6, guides=())
    encoder = engine.networks.unet().condition_encoders["image"]
    pictures: list[Tensor] = []
    handle = encoder.register_forward_pre_hook(lambda _, given: pictures.append(given[0][:, :, 0].clone()))
    frames_of(engine, Conditions(image=image), settings)
    handle.remove()
    shown = [picture for picture in pictures if not torch.equal(picture, image[None, :, 0])]
    assert len(shown) == 2  # one later window, two steps
    assert not torch.equal(shown[0], shown[1])
    assert all(picture.min() >= 0 and picture.max() <= 1 for picture in shown)


@pytest.mark.parametrize("name", ["image", "single_sketch"])
def test_the_first_frame_reaches_windows_that_do_not_hold_it(engine: Engine, name: str) -> None:
    channels = {"image": 3, "single_sketch": 1}[name]
    generator = torch.Generator().manual_seed(0)
    once = replace(LONG, num_steps=1)
    one, other = (
        frames_of(engine, Conditions(**{name: torch.rand(channels, 1, 64, 64, generator=generator)}), once)
        for _ in range(2)
    )
    assert not np.array_equal(one[-1], other[-1])


def test_an_image_says_later_what_a_sketch_said_at_first() -> None:
    assert later_names(frozenset({"text", "single_sketch"})) == {"text", "image"}
    assert later_names(frozenset({"text", "image", "single_sketch"})) == {"text", "image"}
    assert later_names(frozenset({"text"})) == {"text", "image"}  # so no difference of sets strengthens it
    sketch, image = Strength(name="single_sketch", factor=2), Strength(name="image", factor=3)
    assert later_settings(Settings(strengths=(sketch,))).strengths == (replace(sketch, name="image"),)
    assert later_settings(Settings(strengths=(sketch, image))).strengths == (image,)


def test_batched_condition_sets_give_the_same_but_for_rounding(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = torch.Generator().manual_seed(0)
    conditions = Conditions(text="a star", single_sketch=torch.rand(1, 1, 64, 64, generator=generator))
    settings = replace(LONG, guides=(Guide(names=("text", "single_sketch"), scale=2),))
    one_by_one = frames_of(engine, conditions, settings).astype(int)
    ways = Ways(batched=True, decoded_frames=4)
    monkeypatch.setattr("vcomp.engine.plan.largest_ways", lambda *_: ways)
    assert np.abs(frames_of(engine, conditions, settings) - one_by_one).max() <= 1


def test_offloading_gives_the_same_bits(engine: Engine, system: System) -> None:
    conditions = Conditions(image=torch.rand(3, 1, 64, 64, generator=torch.Generator().manual_seed(0)))
    offloaded = Engine(system, device="cpu", dtype="float32", offload=True)
    assert np.array_equal(frames_of(offloaded, conditions, LONG), frames_of(engine, conditions, LONG))


def test_a_batch_is_each_video_on_its_own(engine: Engine) -> None:
    generator = torch.Generator().manual_seed(0)
    conditions = [
        Conditions(text="a star", image=torch.rand(3, 1, 64, 64, generator=generator)) for _ in range(2)
    ]
    batch = engine.generate_batch(conditions, LONG, seeds=[5, 6])
    for given, seed, clip in zip(conditions, (5, 6), batch, strict=True):
        alone = frames_of(engine, given, replace(LONG, seed=seed)).astype(int)
        assert np.abs(alone - clip.frames).max() <= 1  # matrix products round differently at another size


def test_progress_counts_windows_and_steps(engine: Engine) -> None:
    told: list[Progress] = []
    engine.generate(TEXT, LONG, on_progress=told.append)
    denoising = [progress for progress in told if progress.stage == "denoise"]
    assert [progress.done for progress in denoising] == list(range(9))  # four windows, two steps
    assert {(progress.total, progress.passes) for progress in denoising} == {(8, 4)}


def test_memory_is_planned_for_one_window(engine: Engine) -> None:
    plans = [engine.plan(replace(LONG, num_frames=count)) for count in (40, 400)]
    short, long = (plan.needs for plan in plans)
    assert short["unet"].activations_bytes == long["unet"].activations_bytes
    half, whole = (engine.plan(replace(LONG, num_frames=400, window=count)).needs for count in (200, 400))
    assert whole["unet"].activations_bytes == 2 * half["unet"].activations_bytes
    # Conditions are encoded a few frames at a time, so a short window counts for more than its share.
    assert whole["unet"].activations_bytes > 10 * long["unet"].activations_bytes


def test_what_every_frame_takes_depends_on_the_conditions(engine: Engine) -> None:
    def of(*names: str, count: int = 100) -> int:
        load = Load(settings=replace(LONG, num_frames=count), names=frozenset(names))
        return shared_bytes(load, engine.system.card)

    frames = 100 * 64 * 64
    assert of("text") == of("text", "style")
    assert 3 * frames < of("text") < 6 * frames
    assert of("mask") - of("text") > 4 * 4 * frames > of("image") - of("text")
    assert of("mask") == 100 * of("mask", count=1)


def test_the_autoencoder_counts_where_it_works_in_turn_with_the_unet(system: System) -> None:
    offloaded = Engine(system, device="cpu", dtype="float32", offload=True)
    plain, continued = (
        offloaded.plan(LONG, frozenset(names)) for names in ({"text", "style"}, {"text", "image"})
    )
    autoencoder = continued.needs["autoencoder"].weights_bytes
    per_frame = shared_bytes(continued.load, system.card) - shared_bytes(plain.load, system.card)
    assert continued.stages["denoise"] - plain.stages["denoise"] == autoencoder + per_frame
    short = offloaded.plan(replace(LONG, num_frames=4), frozenset({"text", "image"}))
    assert short.stages["denoise"] < continued.stages["denoise"] - autoencoder


def test_every_window_has_the_frame_positions_of_a_short_video(positioned_system: System) -> None:
    engine = Engine(positioned_system, device="cpu", dtype="float32")
    embedding = engine.networks.unet().frame_embedding
    assert embedding is not None
    with calls(embedding[0]) as seen:
        assert len(frames_of(engine, TEXT, LONG)) == 10
    assert len(seen) > 4
    assert all(torch.equal(positions, seen[0]) and positions.shape[1] == 4 for positions in seen)
