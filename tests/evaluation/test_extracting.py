"""What the command costs, on clips as short as they go."""

from __future__ import annotations

import itertools
import subprocess
from pathlib import Path

import numpy as np
import pytest

from vcomp.evaluation.extracting import (
    EXTRACTING,
    FPS,
    SIZE,
    extract_figures,
    extraction_cost,
    write_drawn,
    write_repeated,
)
from vcomp.evaluation.numbers import NAMES
from vcomp.media.read import iter_frames


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    write_drawn(path, duration_s=1)
    return path


def test_the_clip_is_textured_and_moves(clip: Path, tmp_path: Path) -> None:
    frames = [timed.pixels for timed in iter_frames(clip)]
    assert (len(frames), frames[0].shape) == (FPS, (SIZE[1], SIZE[0], 3))
    assert all((before != after).mean() > 0.2 for before, after in itertools.pairwise(frames))
    assert frames[0].std() > 10
    write_repeated(clip, tmp_path / "long.mp4", repeats=2)
    again = [timed.pixels for timed in iter_frames(tmp_path / "long.mp4")]
    assert len(again) == 2 * FPS
    assert np.abs(again[FPS].astype(float) - frames[0]).mean() < 4


def test_cost_of_the_command(clip: Path, model_folder: Path) -> None:
    cost = extraction_cost(clip, model_folder)
    assert cost.num_frames == 8  # a second at the command's own rate
    assert cost.seconds > 0
    assert 0.2 < cost.peak_gb < 8  # torch alone takes more than the least


def test_figures_are_those_asked_for(model_folder: Path) -> None:
    wanted = ["extract_peak_gb", "extract_peak_gb_60s"]
    figures = dict(extract_figures(model_folder, wanted, duration_s=1, repeats=1))
    assert list(figures) == wanted
    assert {figure.n for figure in figures.values()} == {1}
    assert not list(extract_figures(model_folder, ["sketch_f1"]))
    assert {*EXTRACTING} < {*NAMES}


def test_a_command_that_fails_has_no_cost(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        extraction_cost(clip, tmp_path / "none")
