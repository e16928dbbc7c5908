import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from vcomp.conditions.motion_files import read_motion_file
from vcomp.errors import ConditionError, MediaError

FIELD = np.random.default_rng(0).normal(size=(6, 8, 2)).astype(np.float32)


def test_middlebury_files_move_every_frame_but_the_first(tmp_path: Path) -> None:
    field = FIELD.copy()
    field[0, 0] = 1e10  # Middlebury's "unknown"
    (tmp_path / "a.flo").write_bytes(struct.pack("<fii", 202021.25, 8, 6) + field.tobytes())
    motion = read_motion_file(tmp_path / "a.flo", num_frames=4)
    assert motion.shape == (2, 4, 6, 8)
    assert motion[:, 0].eq(0).all()
    assert motion[:, 1, 0, 0].eq(0).all()
    assert np.array_equal(motion[:, 3, 1:].numpy(), FIELD[1:].transpose(2, 0, 1))


@pytest.mark.parametrize("layout", ["c f h w", "f h w c"])
def test_arrays_come_back_bit_by_bit(tmp_path: Path, layout: str) -> None:
    motion = np.random.default_rng(0).normal(size=(2, 5, 6, 8)).astype(np.float32)
    stored = motion if layout == "c f h w" else motion.transpose(1, 2, 3, 0)
    np.savez(tmp_path / "a.npz", motion=stored, other=1)
    assert torch.equal(read_motion_file(tmp_path / "a.npz", num_frames=5), torch.from_numpy(motion))
    np.save(tmp_path / "a.npy", stored)
    between = read_motion_file(tmp_path / "a.npy", num_frames=6)
    assert between[:, 0].eq(0).all()
    assert torch.equal(between[:, 1:], torch.from_numpy(motion))


def test_two_fields_are_not_two_components(tmp_path: Path) -> None:
    fields = np.random.default_rng(0).normal(size=(2, 6, 8, 2)).astype(np.float32)
    np.save(tmp_path / "two.npy", fields)
    motion = read_motion_file(tmp_path / "two.npy", num_frames=3)
    assert motion.shape == (2, 3, 6, 8)
    assert np.array_equal(motion[:, 1:].numpy(), fields.transpose(3, 0, 1, 2))


def test_what_is_no_motion(tmp_path: Path) -> None:
    (tmp_path / "a.flo").write_bytes(struct.pack("<fii", 202021.25, 8, 6) + FIELD.tobytes()[:-4])
    (tmp_path / "b.flo").write_bytes(b"PIEH")
    (tmp_path / "a.npz").write_bytes(b"PK no zip")
    np.save(tmp_path / "objects.npy", np.array([{}]), allow_pickle=True)
    for name in ("a.flo", "b.flo", "a.npz", "objects.npy", "missing.npz"):
        with pytest.raises(MediaError):
            read_motion_file(tmp_path / name, num_frames=4)
    np.savez(tmp_path / "two.npz", a=FIELD, b=FIELD)
    np.save(tmp_path / "shape.npy", np.zeros((3, 4, 5)))
    np.save(tmp_path / "words.npy", np.array(["a", "b"]))
    for name in ("two.npz", "shape.npy", "words.npy"):
        with pytest.raises(ConditionError):
            read_motion_file(tmp_path / name, num_frames=4)


def test_damage_is_told_wherever_it_is(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", motion=np.stack([FIELD] * 4))
    good = (tmp_path / "a.npz").read_bytes()
    refused = 0
    for place in range(0, len(good), 37):
        (tmp_path / "b.npz").write_bytes(good[:place] + bytes([good[place] ^ 0xFF]) + good[place + 1 :])
        try:
            read_motion_file(tmp_path / "b.npz", num_frames=5)
        except (MediaError, ConditionError):
            refused += 1
    assert refused > 10
