"""Extractors by name, from weight files of random numbers: the networks are real, though untrained."""

from pathlib import Path

import numpy as np
import pytest
import torch
from extractor_scenes import textured_pan

from vcomp.errors import UsageError, WeightsError
from vcomp.extractors.canny import canny_sketch
from vcomp.extractors.named import flow_extractor, sketch_extractor
from vcomp.models.pidinet import TABLE5_TINY, build_pidinet

CPU = torch.device("cpu")
FRAMES = textured_pan(num_frames=2, height=72, width=96, dx=2, dy=0)
PUBLISHED = Path(__file__).parents[3] / "shared" / "weights" / "pidinet"


def square() -> np.ndarray:
    frame = np.full((1, 64, 64, 3), 40, np.uint8)
    frame[:, 16:48, 16:48] = 200
    return frame


def test_canny_draws_the_outline_and_nothing_else() -> None:
    edges = canny_sketch(square())
    assert edges.shape == (1, 1, 64, 64)
    assert set(edges.unique().tolist()) == {0.0, 1.0}
    assert edges[0, 0, 14:18, 24:40].amax(0).eq(1).all()
    assert edges[0, 0, 20:44, 20:44].sum() == 0
    assert canny_sketch(np.full((1, 32, 32, 3), 90, np.uint8)).sum() == 0


def test_a_pidinet_file_says_its_own_size(tmp_path: Path) -> None:
    state = {f"module.{name}": weight for name, weight in build_pidinet(TABLE5_TINY).state_dict().items()}
    torch.save({"epoch": 1, "state_dict": state}, tmp_path / "tiny.pth")
    extractor = sketch_extractor("pidinet", tmp_path / "tiny.pth", device=CPU)
    assert extractor.described == "pidinet (tiny.pth)"
    assert len(extractor.weights_sha256 or "") == 64
    edges = extractor.run(FRAMES)
    assert edges.shape == (1, 2, 72, 96)
    assert 0 <= edges.min() <= edges.max() <= 1


@pytest.mark.parametrize("file", ["table5_pidinet-tiny.pth", "table5_pidinet.pth"])
def test_published_pidinets_find_a_square(file: str) -> None:
    if not (PUBLISHED / file).is_file():
        pytest.skip(f"{file} is not part of the repository")
    edges = sketch_extractor("pidinet", PUBLISHED / file, device=CPU).run(square())[0, 0]
    assert edges[14:18, 24:40].amax(0).min() > 0.5
    assert edges[28:36, 28:36].max() < 0.2


@pytest.mark.parametrize("name", ["hed", "teed"])
def test_networks_of_controlnet(tmp_path: Path, name: str) -> None:
    from vcomp.extractors.edge_networks import new_controlnet_network

    torch.save(new_controlnet_network(name).state_dict(), tmp_path / "edges.pth")
    edges = sketch_extractor(name, tmp_path / "edges.pth", device=CPU).run(FRAMES)
    assert edges.shape == (1, 2, 72, 96)
    assert 0 <= edges.min() <= edges.max() <= 1


def test_raft_has_the_form_of_dense_flow(tmp_path: Path) -> None:
    from torchvision.models.optical_flow import raft_small

    torch.save(raft_small(weights=None).state_dict(), tmp_path / "raft.pth")
    motion = flow_extractor("raft", tmp_path / "raft.pth", device=CPU).run(FRAMES)
    assert motion.shape == (2, 2, 72, 96)
    assert motion[:, 0].eq(0).all()
    assert torch.isfinite(motion).all()


def test_what_cannot_be(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(3)}, tmp_path / "other.pth")
    for make in (sketch_extractor, flow_extractor):
        with pytest.raises(UsageError, match="There is no"):
            make("magic", None, device=CPU)
    for make, name in ((sketch_extractor, "hed"), (sketch_extractor, "pidinet"), (flow_extractor, "raft")):
        with pytest.raises(UsageError, match="needs its weight file"):
            make(name, None, device=CPU)
        for file in ("missing.pth", "other.pth"):
            with pytest.raises(WeightsError):
                make(name, tmp_path / file, device=CPU)
