import numpy as np
import torch

from vcomp.media import to_frames, to_tensor


def test_every_level_survives_the_round_trip() -> None:
    frames = np.arange(2 * 8 * 16 * 3, dtype=np.uint16).reshape(2, 8, 16, 3).astype(np.uint8)
    tensor = to_tensor(frames)
    assert tensor.shape == (3, 2, 8, 16)
    assert tensor.dtype == torch.float32
    assert np.array_equal(to_frames(tensor), frames)


def test_range_is_minus_one_to_one() -> None:
    frames = np.zeros((1, 1, 2, 3), np.uint8)
    frames[..., 1, :] = 255
    assert to_tensor(frames)[0, 0, 0].tolist() == [-1.0, 1.0]


def test_rounds_and_clamps_any_precision() -> None:
    tensor = (
        torch.tensor([-3.0, -1.0, 0.002, 1.0, 3.0], dtype=torch.float64).view(1, 1, 1, 5).expand(3, 1, 1, 5)
    )
    assert to_frames(tensor)[0, 0, :, 0].tolist() == [0, 0, 128, 255, 255]
    assert to_frames(tensor.bfloat16())[0, 0, :, 0].tolist() == [0, 0, 128, 255, 255]
