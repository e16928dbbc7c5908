import pytest

from vcomp.diffusion.samplers import SAMPLERS
from vcomp.engine.settings import SAMPLER_NAMES, Guide, Settings, Strength
from vcomp.errors import UsageError


def test_sampler_names_are_the_samplers() -> None:
    assert set(SAMPLER_NAMES) == set(SAMPLERS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_frames": 0}, "from 1 to"),
        ({"num_steps": 1000}, "from 1 to 999"),
        ({"seed": -1}, "The seed is -1"),
        ({"fps": float("nan")}, "frame rate"),
        ({"size": (100, 128)}, "multiple of 8"),
        ({"size": (4096, 64)}, "multiple of 8 from 64 to 2048"),
        ({"sampler": "dpm+"}, "Did you mean dpm++?"),
        ({"window": 1}, "The window is 1"),
        ({"window": 8, "overlap": 8}, "from 1 to 7"),
        ({"overlap": 0}, "The overlap of windows is 0"),
        ({"guidance_scale": -1.0}, "guidance scale"),
        ({"guidance_rescale": 1.5}, "guidance rescale"),
        ({"guides": (Guide(names=("text",)), Guide(names=("text",)))}, "two settings of the guide text"),
    ],
)
def test_impossible_settings_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as error:
        Settings(**options)  # type: ignore[arg-type]
    assert message in str(error.value)


def test_windows_are_for_videos_that_are_longer() -> None:
    short, long = Settings(num_frames=12, window=16), Settings(num_frames=40, window=16)
    assert (short.window_frames, long.window_frames, long.overlap_frames) == (12, 16, 8)
    assert Settings(num_frames=40).window_frames == 40
    assert Settings(num_frames=40, window=16, overlap=4).overlap_frames == 4


def test_a_strength_is_there_for_its_part_of_the_run() -> None:
    strength = Strength(name="depth", factor=0.6, start=0.25, end=0.5)
    assert [strength.at(position) for position in (0.0, 0.25, 0.4, 0.5, 0.9)] == [0, 0.6, 0.6, 0, 0]


def test_what_has_no_encoder_has_no_strength() -> None:
    with pytest.raises(UsageError, match="--guide text:SCALE"):
        Strength(name="text", factor=2)


def test_a_guide_names_conditions() -> None:
    with pytest.raises(UsageError, match="Did you mean motion"):
        Guide(names=("motoin",))
