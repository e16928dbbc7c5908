"""Words to motion, on cases whose answer is known exactly."""

import numpy as np
import pytest
import torch

from vcomp.conditions.camera import camera_motion, parse_camera
from vcomp.errors import UsageError

SIZE = (12, 8)


def motion_of(text: str, num_frames: int = 5) -> torch.Tensor:
    return camera_motion(parse_camera(text), num_frames=num_frames, size=SIZE)


@pytest.mark.parametrize(
    ("text", "vector"),
    [("pan right 3", (-3, 0)), ("pan left 2", (2, 0)), ("tilt up 1.5", (0, 1.5)), ("tilt down 1", (0, -1))],
)
def test_the_picture_moves_against_the_camera(text: str, vector: tuple[float, float]) -> None:
    motion = motion_of(text)
    assert motion.shape == (2, 5, 8, 12)
    assert motion.dtype == torch.float32
    assert motion[:, 0].eq(0).all()
    expected = torch.tensor(vector, dtype=torch.float32).view(2, 1, 1, 1).expand_as(motion[:, 1:])
    assert torch.allclose(motion[:, 1:], expected, atol=1e-5)


def test_zoom_in_goes_outwards_from_the_middle() -> None:
    motion = motion_of("zoom in 1.25")
    x = torch.arange(12) + 0.5 - 6
    # What is at x came from x / 1.25.
    assert torch.allclose(motion[0, 1, 0], x - x / 1.25, atol=1e-5)
    assert torch.allclose(motion_of("zoom out 1.25")[0, 2, 0], x - x * 1.25, atol=1e-5)


def test_roll_right_turns_the_picture_left() -> None:
    motion = motion_of("roll right 90", num_frames=2)
    # Counterclockwise on the screen: what is to the right of the middle came from below it.
    x, y = 9, 4
    arrived = np.array([x + 0.5 - 6, y + 0.5 - 4])
    came_from = arrived - motion[:, 1, y, x].numpy()
    assert came_from == pytest.approx([-arrived[1], arrived[0]], abs=1e-5)


def test_moves_happen_together() -> None:
    together = motion_of("pan right 3, tilt down 1")
    assert torch.allclose(together[:, 1, 0, 0], torch.tensor([-3.0, -1.0]), atol=1e-5)


def test_eased_goes_as_far_and_starts_slowly() -> None:
    eased, even = motion_of("pan right 3 eased", 16), motion_of("pan right 3", 16)
    assert torch.allclose(eased.sum(1), even.sum(1), atol=1e-4)
    speed = -eased[0, 1:, 0, 0]
    assert speed[0] < 1 < 4 < speed[7]
    assert torch.allclose(speed, speed.flip(0), atol=1e-5)


def test_a_part_of_the_clip() -> None:
    motion = motion_of("pan right 3 @0.5:1")
    assert motion[0, :, 0, 0].tolist() == pytest.approx([0, 0, 0, -3, -3], abs=1e-5)


def test_one_frame_stands_still() -> None:
    assert motion_of("pan right 3", num_frames=1).eq(0).all()


@pytest.mark.parametrize(
    "text",
    ["", "pan", "pan up 3", "zoom in 0.9", "zoom in 3", "dolly in 2", "pan right -3", "pan right 1e9"],
)
def test_what_is_not_understood_is_told_with_an_example(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_camera(text)
    assert caught.value.hint


def test_a_part_that_is_none() -> None:
    with pytest.raises(UsageError, match=r"from 0\.5 to 0\.2 of the clip"):
        parse_camera("pan right 3 @0.5:0.2")
