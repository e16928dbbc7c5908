"""The engine on a small system of random weights: what it evaluates, and that it is the same each time."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from vcomp.conditions.container import Conditions
from vcomp.engine import Engine, Guide, Progress, Settings, Strength
from vcomp.engine.denoising import guidance_of
from vcomp.engine.settings import SAMPLER_NAMES
from vcomp.errors import ConditionError, ResourceError, UsageError
from vcomp.models.system import System

SETTINGS = Settings(num_frames=3, size=(64, 64), num_steps=2, seed=5)


@pytest.fixture(scope="module")
def engine(system: System) -> Engine:
    return Engine(system, device="cpu", dtype="float32")


@pytest.fixture(scope="module")
def everything() -> Conditions:
    generator = torch.Generator().manual_seed(0)

    def uniform(*shape: int) -> torch.Tensor:
        return torch.rand(shape, generator=generator)

    return Conditions(
        text="a yellow star",
        style=np.full((40, 30, 3), 90, np.uint8),
        image=uniform(3, 1, 64, 64),
        single_sketch=uniform(1, 1, 64, 64),
        sketch=uniform(1, 3, 64, 64),
        depth=uniform(1, 3, 64, 64),
        motion=uniform(2, 3, 64, 64),
        mask=uniform(4, 3, 64, 64),
    )


def test_all_conditions_at_once(engine: Engine, everything: Conditions) -> None:
    result = engine.generate(everything, SETTINGS)
    assert result.clip.frames.shape == (3, 64, 64, 3)
    assert result.clip.fps == 8
    assert result.seconds.keys() == {"load", "encode", "denoise", "decode"}


def test_same_seed_same_bits_whatever_ran_before(engine: Engine, everything: Conditions) -> None:
    first = engine.generate(everything, SETTINGS).clip.frames
    torch.manual_seed(99)
    engine.generate(Conditions(text="something else"), SETTINGS)
    assert np.array_equal(engine.generate(everything, SETTINGS).clip.frames, first)
    other = engine.generate(
        everything, Settings(num_frames=3, size=(64, 64), num_steps=2, seed=6)
    ).clip.frames
    assert not np.array_equal(other, first)


@pytest.mark.parametrize(
    "name", ["text", "style", "image", "single_sketch", "sketch", "depth", "motion", "mask"]
)
def test_every_condition_changes_the_result(engine: Engine, everything: Conditions, name: str) -> None:
    given = {field: getattr(everything, field) for field in everything.names}
    without = Conditions(**{field: value for field, value in given.items() if field != name})
    assert not np.array_equal(
        engine.generate(everything, SETTINGS).clip.frames, engine.generate(without, SETTINGS).clip.frames
    )


def test_strength_zero_leaves_a_condition_out(engine: Engine, everything: Conditions) -> None:
    given = {field: getattr(everything, field) for field in everything.names}
    without = Conditions(**{field: value for field, value in given.items() if field != "depth"})
    off = Settings(
        num_frames=3, size=(64, 64), num_steps=2, seed=5, strengths=(Strength(name="depth", factor=0),)
    )
    assert np.array_equal(
        engine.generate(everything, off).clip.frames, engine.generate(without, SETTINGS).clip.frames
    )


def test_strength_of_a_part_of_the_run_is_between(engine: Engine, everything: Conditions) -> None:
    def with_end(end: float) -> np.ndarray:
        strengths = (Strength(name="depth", factor=3.0, end=end),)
        settings = Settings(num_frames=3, size=(64, 64), num_steps=2, seed=5, strengths=strengths)
        return engine.generate(everything, settings).clip.frames

    half, whole = with_end(0.5), with_end(1.0)
    assert not np.array_equal(half, whole)
    assert np.array_equal(with_end(0.4), half)  # both last for the first of two steps


def test_a_batch_is_each_video_on_its_own(engine: Engine) -> None:
    conditions = [Conditions(text="a yellow star", depth=torch.rand(1, 3, 64, 64)) for _ in range(2)]
    batch = engine.generate_batch(conditions, SETTINGS, seeds=[5, 6])
    for given, seed, clip in zip(conditions, (5, 6), batch, strict=True):
        settings = Settings(num_frames=3, size=(64, 64), num_steps=2, seed=seed)
        alone = engine.generate(given, settings).clip.frames.astype(int)
        assert np.abs(alone - clip.frames).max() <= 1  # matrix products round differently at another size


def test_batches_share_their_conditions_and_have_a_seed_each(engine: Engine) -> None:
    mixed = [Conditions(text="a"), Conditions(image=torch.zeros(3, 1, 64, 64))]
    with pytest.raises(ConditionError, match="different conditions"):
        engine.generate_batch(mixed, SETTINGS, seeds=[1, 2])
    with pytest.raises(UsageError, match="1 seeds for 2 videos"):
        engine.generate_batch(mixed, SETTINGS, seeds=[1])


@pytest.mark.parametrize("sampler", SAMPLER_NAMES)
@pytest.mark.parametrize("num_steps", [1, 7, 20])
def test_every_sampler_in_any_number_of_steps(engine: Engine, sampler: str, num_steps: int) -> None:
    steps: list[int] = []
    settings = Settings(num_frames=1, size=(64, 64), num_steps=num_steps, sampler=sampler)
    engine.generate(Conditions(text="a"), settings, on_progress=lambda p: steps.append(p.done))
    assert max(steps) == num_steps


def test_progress_is_told_for_each_stage_and_step(engine: Engine) -> None:
    told: list[Progress] = []
    engine.generate(Conditions(text="a"), SETTINGS, on_progress=told.append)
    assert [(p.stage, p.done, p.total) for p in told] == [
        ("load", 0, 1),
        ("encode", 0, 1),
        ("denoise", 0, 2),
        ("denoise", 1, 2),
        ("denoise", 2, 2),
        ("decode", 0, 1),
    ]


def test_default_settings_are_the_models(engine: Engine) -> None:
    assert engine.default_settings == Settings(num_frames=4, fps=8.0, size=(64, 64))


def test_nothing_to_generate_from(engine: Engine) -> None:
    with pytest.raises(ConditionError, match="nothing to generate from"):
        engine.generate(Conditions(text=""), SETTINGS)


def test_too_much_for_memory_is_told_before_the_work(engine: Engine) -> None:
    with pytest.raises(ResourceError, match=r"need about .* GB"):
        engine.check(Settings(num_frames=10_000, size=(2048, 2048)))


def test_unknown_devices(system: System) -> None:
    with pytest.raises(UsageError, match="Choose from auto"):
        Engine(system, device="gpu")
    with pytest.raises(ResourceError, match="no device cuda:63"):
        Engine(system, device="cuda:63")
    with pytest.raises(UsageError, match="Did you mean bfloat16"):
        Engine(system, dtype="bfloat")


def _sets() -> Iterator[tuple[tuple[Guide, ...], set[str], dict[frozenset[str], float]]]:
    text, motion = frozenset({"text"}), frozenset({"motion"})
    both = text | motion
    yield (Guide(names=("text", "style")),), {"text", "motion"}, {motion: -2.0, both: 3.0}
    yield (Guide(names=("motion",), scale=4),), {"text", "motion"}, {text: -3.0, both: 4.0}
    yield (Guide(names=("text", "style")),), {"motion"}, {motion: 1.0}
    guides = (Guide(names=("text",)), Guide(names=("motion",), scale=2))
    yield guides, {"text", "motion"}, {frozenset(): -4.0, text: 3.0, motion: 2.0}


@pytest.mark.parametrize(("guides", "names", "weights"), list(_sets()))
def test_guides_become_weights_of_condition_sets(
    guides: tuple[Guide, ...], names: set[str], weights: dict[frozenset[str], float]
) -> None:
    guidance = guidance_of(frozenset(names), Settings(guides=guides, guidance_scale=3.0))
    assert guidance.weights == pytest.approx(weights)


def test_guidance_and_window_are_left_to_the_model_unless_they_are_set(engine: Engine) -> None:
    card = engine.system.card
    left = engine.resolved(SETTINGS)
    guides = (Guide(names=card.guided),)
    expected = replace(
        SETTINGS,
        guides=guides,
        guidance_scale=card.guidance_scale,
        guidance_rescale=card.guidance_rescale,
        window=card.num_frames,
    )
    assert left == expected
    guides = (Guide(names=("motion",), scale=2),)
    own = replace(SETTINGS, guides=guides, guidance_scale=5.0, guidance_rescale=0.4, window=9)
    assert engine.resolved(own) == own


def test_rescaling_keeps_the_spread_of_what_is_strengthened(engine: Engine) -> None:
    guidance = guidance_of(
        frozenset({"text"}), Settings(guides=(Guide(names=("text",)),), guidance_scale=5, guidance_rescale=1)
    )
    with_text, without = torch.randn(2, 1, 4, 2, 8, 8, generator=torch.Generator().manual_seed(0))
    guided = guidance.combine({frozenset({"text"}): with_text, frozenset(): without})
    assert guided.std() == pytest.approx(with_text.std().item(), rel=1e-5)
    conditions = Conditions(text="a red circle")
    plain, rescaled = (
        engine.generate(conditions, replace(SETTINGS, guidance_scale=9.0, guidance_rescale=phi)).clip.frames
        for phi in (0.0, 1.0)
    )
    assert not np.array_equal(plain, rescaled)


def test_extractors_give_conditions(engine: Engine) -> None:
    frames = np.random.default_rng(0).integers(0, 255, (3, 64, 64, 3), np.uint8)
    conditions = Conditions(
        sketch=engine.sketch(frames), depth=engine.depth(frames), motion=engine.motion(frames)
    )
    assert conditions.names == {"sketch", "depth", "motion"}
