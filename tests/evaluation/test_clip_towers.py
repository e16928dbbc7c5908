"""Towers by name: what is loaded, what it is called, and what a wrong name is told."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch

from vcomp.errors import UsageError, WeightsError
from vcomp.evaluation.clip_towers import load_tower
from vcomp.media.pixels import to_tensor
from vcomp.models.system import load_system

CPU = torch.device("cpu")
FRAMES = np.random.default_rng(0).integers(0, 256, (2, 48, 64, 3)).astype(np.uint8)
CONFIG = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "patch_size": 16, "width": 16, "layers": 1, "head_width": 8},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}


def test_a_model_of_this_repository(model_folder: Path) -> None:
    tower = load_tower(str(model_folder), CPU)
    towers = load_system(model_folder).towers()
    with torch.inference_mode():
        assert torch.equal(tower.images(FRAMES), towers.image_embedding(to_tensor(FRAMES).transpose(0, 1)))
        assert torch.equal(tower.texts(["a star"]), towers.text_embedding(["a star"]))


def test_a_training_has_a_name_of_its_own(model_folder: Path) -> None:
    ours, bundled = load_tower(str(model_folder), CPU), load_tower("tiny", CPU)
    assert ours.name.startswith("small (")
    assert bundled.name.startswith("tiny (")
    assert ours.name.split()[1] != bundled.name.split()[1]


def test_a_folder_of_open_clip(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = open_clip.model.CLIP(**CONFIG).eval()
    preprocessing = {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}
    (tmp_path / "open_clip_config.json").write_text(
        json.dumps({"model_cfg": CONFIG, "preprocess_cfg": preprocessing})
    )
    torch.save(network.state_dict(), tmp_path / "open_clip_pytorch_model.bin")
    tower = load_tower(str(tmp_path), CPU)
    tokens = open_clip.SimpleTokenizer()(["a star"])
    with torch.inference_mode():
        assert tower.texts(["a star"]).numpy() == pytest.approx(network.encode_text(tokens).numpy(), abs=1e-5)
    assert tower.images(FRAMES).shape == (2, 16)
    square = np.full((1, 32, 32, 3), 255, np.uint8)  # 1 in each channel, whatever the resizing
    with torch.inference_mode():
        expected = network.encode_image(torch.ones(1, 3, 32, 32))
    assert tower.images(square).numpy() == pytest.approx(expected.numpy(), abs=1e-5)


def test_wrong_names(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no CLIP tower 'ViT-B-23'.*Did you mean ViT-B-32\?.*Choose tiny"):
        load_tower("ViT-B-23", CPU)
    with pytest.raises(UsageError, match=r"no weights nobody of ViT-B-32. Choose from openai"):
        load_tower("ViT-B-32:nobody", CPU)
    with pytest.raises(WeightsError, match="holds no CLIP model"):
        load_tower(str(tmp_path), CPU)


def test_the_published_tower_is_fetched_first() -> None:
    with pytest.raises(WeightsError, match="vcomp weights pull openclip-vit-h-14"):
        load_tower("ViT-H-14", CPU)
