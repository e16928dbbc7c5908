"""The Fréchet distance against its definition, and what embeds videos for it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import linalg
from torch.nn import functional as F
from writing import Write

from vcomp.errors import UsageError
from vcomp.evaluation.frechet import I3DEmbedder, frechet_distance
from vcomp.evaluation.measuring import Measurer
from vcomp.evaluation.subjects import Subject, SubjectSet
from vcomp.evaluation.toolbox import Toolbox
from vcomp.evaluation.views import View, views
from vcomp.media.clip import Frames
from vcomp.models.i3d import I3D


def test_distance_is_that_of_scipys_matrix_root() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(0, 1, (60, 8)) @ rng.normal(0, 1, (8, 8))
    b = rng.normal(0.5, 2, (45, 8))
    covariances = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = linalg.sqrtm(covariances[0] @ covariances[1]).real
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(covariances[0] + covariances[1] - 2 * root)
    assert frechet_distance(torch.from_numpy(a), torch.from_numpy(b)) == pytest.approx(expected, rel=1e-6)


def test_distance_of_a_shift_is_its_square_also_with_few_vectors() -> None:
    vectors = torch.randn(5, 20, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert frechet_distance(vectors, vectors) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(vectors, vectors + 3) == pytest.approx(20 * 9, rel=1e-6)


def test_one_video_is_no_set() -> None:
    with pytest.raises(UsageError, match="between sets, not 1 and 4 videos"):
        frechet_distance(torch.zeros(1, 3), torch.zeros(4, 3))


def test_without_i3d_the_mean_clip_embedding_is_compared_and_named(
    tools: Toolbox, write: Write, moving: Frames
) -> None:
    shown = [moving[:10], moving[5:14], 255 - moving[:9]]
    paths = [write(f"v{i}", frames) for i, frames in enumerate(shown)]
    made = SubjectSet(name="made", subjects=tuple(Subject(path=path) for path in paths[:2]))
    measurer = Measurer(metrics=("fvd",), tools=tools, reference_set=tuple(paths[1:]))
    [result] = measurer.measure([made])
    means = torch.stack([F.normalize(tools.tower.images(frames), dim=-1).mean(0) for frames in shown])
    [figure] = result.figures
    assert figure.estimate.value == pytest.approx(frechet_distance(means[:2], means[1:]), rel=1e-4)
    assert "CLIP tiny" in figure.tower
    assert "not I3D" in figure.tower


def test_i3d_sees_the_first_sixteen_frames_the_last_one_held(
    tools: Toolbox, write: Write, moving: Frames
) -> None:
    def embedded(name: str, frames: Frames) -> torch.Tensor:
        embedder = I3DEmbedder(network, torch.device("cpu"))
        pieces: list[View] = list(views(write(name, frames), [], tools))
        for piece in pieces:
            embedder.add(piece)
        return embedder.embedding()

    torch.manual_seed(0)
    network = I3D().eval().requires_grad_(False)
    whole = embedded("whole", moving)
    assert whole.shape == (400,)
    assert torch.equal(whole, embedded("sixteen", moving[:16]))
    held = np.concatenate([moving[:10], np.repeat(moving[9:10], 6, axis=0)])
    assert torch.equal(embedded("ten", moving[:10]), embedded("held", held))
    assert not torch.equal(whole, embedded("other", 255 - moving))
