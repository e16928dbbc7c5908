"""Wrong words: what they change in captions, and what they cost a UNet that hears them, or does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from vcomp.data.drawn import DrawnDataset
from vcomp.errors import UsageError
from vcomp.evaluation.hearing import WRONG, Hearing, wrong_and_right
from vcomp.models.system import System, load_system, save_system
from vcomp.models.unet import UNet


@pytest.mark.parametrize("word", WRONG)
@pytest.mark.parametrize("level", ["clear", "styled"])
def test_captions_differ_in_the_one_word(word: str, level: str) -> None:
    dataset = DrawnDataset(level=level, seed=1)
    pairs = [told for index in range(40) if (told := wrong_and_right(dataset, index, word))]
    assert len(pairs) > 10
    for wrong, right in pairs:
        words, others = (set(caption.replace("an ", "a ").split()) for caption in (wrong, right))
        assert 1 <= len(words ^ others) <= 6
        assert len(wrong.split()) == len(right.split())


def test_a_wrong_direction_is_the_opposite_one() -> None:
    dataset = DrawnDataset(level="plain", seed=1)
    for index in range(20):
        direction = dataset[index].scene.sprites[-1].direction
        told = WRONG["direction"](dataset[index].scene).sprites[-1].direction
        assert sorted({direction, told}) in [
            [""],
            ["left", "right"],
            ["down", "up"],
            ["down and to the left", "up and to the right"],
            ["down and to the right", "up and to the left"],
        ]


def test_the_bundled_model_hears_backgrounds() -> None:
    cost = Hearing(num_samples=2).cost("background", timestep=950)
    assert cost.n == 2
    assert 1.5 < cost.low <= cost.value <= cost.high


def test_a_deaf_unet_pays_nothing(tmp_path: Path) -> None:
    bundled = load_system("tiny")
    assert isinstance(bundled, System)
    card = replace(bundled.card, unet=replace(bundled.card.unet, dim=32))
    torch.manual_seed(0)
    parts = {name: bundled.tensors(name) for name in ("pidinet", "depth", "autoencoder", "towers")}
    save_system(tmp_path / "deaf", card, {**parts, "unet": UNet(card.unet).state_dict()})
    cost = Hearing(model=tmp_path / "deaf", num_samples=2).cost("background", timestep=950)
    assert (cost.low, cost.value, cost.high) == (1, 1, 1)  # untrained: its last layer is zero


def test_a_word_that_there_is_not() -> None:
    with pytest.raises(UsageError, match="direction"):
        Hearing().cost("diretion", timestep=900)
