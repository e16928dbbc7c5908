import pytest
import torch

from vcomp.conditions.container import Conditions
from vcomp.conditions.packing import pack


def test_a_picture_is_repeated_as_a_view() -> None:
    packed = pack(Conditions(image=torch.rand(3, 1, 64, 64)), num_frames=5, size=(64, 64))["image"]
    assert packed.shape == (1, 3, 5, 64, 64)
    assert packed.stride(2) == 0


def test_a_long_sequence_is_cut_and_a_short_one_holds_its_last_frame() -> None:
    depth = torch.rand(1, 6, 16, 16)
    packed = pack(Conditions(depth=depth), num_frames=4, size=(16, 16))["depth"]
    assert torch.equal(packed[0], depth[:, :4])
    packed = pack(Conditions(depth=depth), num_frames=8, size=(16, 16))["depth"]
    assert torch.equal(packed[0, :, 6], depth[:, 5])
    assert torch.equal(packed[0, :, 7], depth[:, 5])


@pytest.mark.parametrize("first_frame", [0, 3, 6, 9, 14])
def test_a_part_is_packed_as_it_is_in_the_whole(first_frame: int) -> None:
    conditions = Conditions(
        image=torch.rand(3, 1, 32, 32), depth=torch.rand(1, 7, 32, 32), motion=torch.rand(2, 7, 48, 32)
    )
    whole = pack(conditions, num_frames=20, size=(16, 16))
    part = pack(conditions, num_frames=4, first_frame=first_frame, size=(16, 16))
    for name, tensor in part.items():
        assert torch.equal(tensor, whole[name][:, :, first_frame : first_frame + 4]), name


def test_what_is_held_does_not_move() -> None:
    packed = pack(Conditions(motion=torch.ones(2, 2, 16, 16)), num_frames=3, size=(16, 16))["motion"]
    assert packed[0, :, :2].eq(1).all()
    assert packed[0, :, 2].eq(0).all()


def test_motion_is_scaled_with_the_size() -> None:
    motion = torch.tensor([4.0, -2.0]).view(2, 1, 1, 1).expand(2, 3, 64, 128)
    packed = pack(Conditions(motion=motion), num_frames=3, size=(64, 32))["motion"]
    torch.testing.assert_close(packed[0, :, 1, 5, 5], torch.tensor([2.0, -1.0]))


def test_thin_lines_keep_their_strength_when_they_shrink() -> None:
    sketch = torch.zeros(1, 1, 512, 512)
    sketch[..., 300] = 1
    packed = pack(Conditions(single_sketch=sketch), num_frames=1, size=(64, 64))["single_sketch"]
    assert packed.max() == 1
    assert packed[0, 0, 0].sum() == 64


def test_frames_are_cropped_at_the_centre_to_the_proportions() -> None:
    image = torch.zeros(3, 1, 32, 96)
    image[..., 32:64] = 1
    packed = pack(Conditions(image=image), num_frames=1, size=(64, 64))["image"]
    assert packed.shape[-2:] == (64, 64)
    assert packed.eq(1).all()


def test_order_is_that_of_the_specs() -> None:
    given = Conditions(motion=torch.zeros(2, 1, 8, 8), image=torch.zeros(3, 1, 8, 8))
    assert list(pack(given, num_frames=2, size=(8, 8))) == ["image", "motion"]


def test_frames_of_another_size_than_the_video_leave_motion_at_the_videos() -> None:
    given = Conditions(depth=torch.rand(1, 2, 40, 40), motion=torch.ones(2, 2, 32, 32))
    packed = pack(given, num_frames=2, size=(32, 32), frame_size=(48, 48))
    assert packed["depth"].shape == (1, 1, 2, 48, 48)
    assert packed["motion"].shape == (1, 2, 2, 32, 32)


def test_published_motion_keeps_its_values_and_its_single_vectors() -> None:
    motion = torch.zeros(2, 1, 64, 64)
    motion[:, :, 8::16, 8::16] = 6.0
    even = pack(
        Conditions(motion=torch.full((2, 1, 64, 96), 6.0)), num_frames=1, size=(32, 32), scale_motion=False
    )
    assert even["motion"].eq(6).all()
    sparse = pack(Conditions(motion=motion), num_frames=1, size=(32, 32), scale_motion=False)["motion"]
    averaged = pack(Conditions(motion=motion), num_frames=1, size=(32, 32))["motion"]
    assert sparse.max() == 1.5, "a quarter, by four neighbours, and not less by the width of a filter"
    assert averaged.max() < sparse.max()
