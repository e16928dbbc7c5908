"""A pan that is known, and what the extractors of motion make of it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from vcomp.evaluation.numbers import Suite
from vcomp.evaluation.panning import PAN_PX, pan_error_px, panned_texture


def test_the_picture_moves_as_said() -> None:
    frames = panned_texture()
    dx, dy = PAN_PX
    assert (dx, dy) == (3, -2)
    for before, after in itertools.pairwise(frames):
        assert np.array_equal(after[:dy, dx:], before[-dy:, :-dx])
    assert frames.std() > 20


def test_both_extractors_find_it() -> None:
    estimate = pan_error_px()
    assert estimate.n == 2
    assert 0 <= estimate.low <= estimate.value < 0.25


@pytest.mark.parametrize("name", ["motion_vectors", "dense_flow"])
def test_either_extractor_with_the_wrong_sign_is_found_out(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vcomp.evaluation import panning

    extract = getattr(panning, name)
    monkeypatch.setattr(panning, name, lambda frames: -extract(frames))
    assert panning.pan_error_px().value == pytest.approx(6, abs=0.1)


def test_the_suite_needs_no_model_for_it() -> None:
    [(name, estimate)] = Suite(model="none").measure(["pan_error_px"])
    assert (name, estimate) == ("pan_error_px", pan_error_px())
