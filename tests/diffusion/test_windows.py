"""Windows: what they cover, what they add up to, and that one of them changes nothing."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from vcomp.diffusion.windows import (
    WindowDenoise,
    blended,
    blending_weights,
    independent,
    prolonged_noise,
    window_slices,
)

SHAPES = [(64, 16, 8), (64, 16, 4), (40, 16, 1), (17, 16, 8), (50, 16, 12), (9, 4, 3), (16, 16, 8), (3, 8, 4)]


def identity(latents: Tensor, _: Tensor) -> Tensor:
    return latents


@pytest.mark.parametrize(("num_frames", "length", "overlap"), SHAPES)
def test_full_windows_cover_the_video(num_frames: int, length: int, overlap: int) -> None:
    windows = window_slices(num_frames, length=length, overlap=overlap)
    covered = {frame for window in windows for frame in range(num_frames)[window]}
    assert covered == set(range(num_frames))
    assert {window.stop - window.start for window in windows} == {min(length, num_frames)}
    shared = [before.stop - after.start for before, after in pairwise(windows)]
    assert all(frames == overlap for frames in shared[:-1])
    assert all(overlap <= frames < length for frames in shared)


def test_the_last_window_is_moved_back() -> None:
    assert window_slices(26, length=16, overlap=8) == (slice(0, 16), slice(8, 24), slice(10, 26))


@pytest.mark.parametrize(("num_frames", "length", "overlap"), SHAPES)
def test_the_shares_of_a_frame_add_up_to_one(num_frames: int, length: int, overlap: int) -> None:
    windows = window_slices(num_frames, length=length, overlap=overlap)
    total = torch.zeros(num_frames)
    for window, shares in zip(windows, blending_weights(windows, overlap=overlap), strict=True):
        assert (shares > 0).all()
        total[window] += shares
    torch.testing.assert_close(total, torch.ones(num_frames))


def test_a_window_comes_and_goes_smoothly() -> None:
    windows = window_slices(24, length=16, overlap=8)
    first, last = blending_weights(windows, overlap=8)
    assert first[:8].eq(1).all()
    assert last[8:].eq(1).all()
    assert first[8:].diff().lt(0).all()
    assert first.diff().abs().max() < 0.2  # the steepest step of a raised cosine of 8 frames
    torch.testing.assert_close(first[8:], last[:8].flip(0))


@pytest.mark.parametrize(("num_frames", "length", "overlap"), SHAPES)
def test_windows_that_agree_are_blended_to_what_they_agree_on(
    num_frames: int, length: int, overlap: int
) -> None:
    windows = window_slices(num_frames, length=length, overlap=overlap)
    latents = torch.rand(2, 4, num_frames, 3, 5)
    denoise = blended([independent(identity)] * len(windows), windows, overlap=overlap)
    torch.testing.assert_close(denoise(latents, torch.zeros(2)), latents)


def test_a_single_window_is_left_as_it_is() -> None:
    [window] = window_slices(16, length=16, overlap=8)
    latents = torch.rand(1, 4, 16, 2, 2)
    assert blended([independent(identity)], [window], overlap=8)(latents, torch.zeros(1)) is latents


def test_each_window_sees_its_own_frames_and_counts_by_its_share() -> None:
    windows = window_slices(6, length=4, overlap=2)
    seen: list[Tensor] = []

    def constant(value: float) -> WindowDenoise:
        def denoise(latents: Tensor, _: Tensor) -> Tensor:
            seen.append(latents)
            return torch.full_like(latents, value)

        return independent(denoise)

    latents = torch.rand(1, 4, 6, 2, 2)
    prediction = blended([constant(0.0), constant(1.0)], windows, overlap=2)(latents, torch.zeros(1))
    assert torch.equal(seen[0], latents[:, :, :4])
    assert torch.equal(seen[1], latents[:, :, 2:])
    rise = 0.5 - 0.5 * torch.tensor([torch.pi / 4, 3 * torch.pi / 4]).cos()
    torch.testing.assert_close(prediction[0, 0, :, 0, 0], torch.tensor([0, 0, *rise.tolist(), 1, 1]))


@pytest.mark.parametrize("overlap", [1, 4, 7])
def test_a_window_is_told_what_those_before_predict_for_its_first_frame(overlap: int) -> None:
    windows = window_slices(21, length=8, overlap=overlap)
    told: list[Tensor | None] = []

    def denoise(latents: Tensor, _: Tensor, *, before: Tensor | None) -> Tensor:
        told.append(before)
        return latents

    latents = torch.rand(2, 4, 21, 3, 3)
    blended([denoise] * len(windows), windows, overlap=overlap)(latents, torch.zeros(2))
    assert told[0] is None
    for window, before in zip(windows[1:], told[1:], strict=True):
        torch.testing.assert_close(before, latents[:, :, window.start])


def test_noise_that_is_long_enough_stays_the_same_object() -> None:
    noise = torch.randn(1, 4, 16, 2, 2)
    assert prolonged_noise(noise, 16, overlap=8, seed=0) is noise


def test_every_window_has_the_same_frames_of_noise_in_another_order() -> None:
    noise = torch.randn(1, 4, 8, 2, 2)
    long = prolonged_noise(noise, 24, overlap=4, seed=0)
    assert long.shape == (1, 4, 24, 2, 2)
    assert torch.equal(long[:, :, :8], noise)
    orders = []
    for window in window_slices(24, length=8, overlap=4):
        same = (long[:, :, window, None] == noise[:, :, None]).all(dim=-1).all(dim=-1).all(dim=1)[0]
        orders.append(same.int().argmax(dim=1).tolist())
        assert sorted(orders[-1]) == list(range(8))
    assert len(set(map(tuple, orders))) > 1


def test_one_seed_is_one_order_and_longer_noise_begins_like_shorter() -> None:
    noise = torch.randn(1, 4, 8, 2, 2)
    long = prolonged_noise(noise, 40, overlap=2, seed=1)
    assert torch.equal(prolonged_noise(noise, 21, overlap=2, seed=1), long[:, :, :21])
    assert not torch.equal(prolonged_noise(noise, 40, overlap=2, seed=2), long)
