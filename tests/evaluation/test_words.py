"""How much of a token's features its word makes up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from vcomp.data.captions import UNNAMED
from vcomp.evaluation.numbers import Suite
from vcomp.evaluation.words import WORDS, word_shares
from vcomp.models.clip import TextConfig, Towers, TowersConfig, VisionConfig, byte_pair_ids

WIDTH = 32


@pytest.fixture
def towers() -> Iterator[Towers]:
    torch.manual_seed(0)
    words = [word for group in WORDS.values() for word in group]
    config = TowersConfig(
        embed_dim=WIDTH,
        vision=VisionConfig(image_size=32, patch_size=16, width=WIDTH, layers=1, head_width=8),
        text=TextConfig(context_length=24, width=WIDTH, heads=2, layers=2),
        vocabulary=byte_pair_ids([*words, *UNNAMED, "a over background"]),
    )
    towers = Towers(config)
    with torch.inference_mode():
        yield towers


def test_all_that_is_heard_of_words_is_all_of_their_tokens(towers: Towers) -> None:
    towers.clip.positional_embedding.zero_()
    towers.clip.token_embedding.weight.copy_(torch.randn(towers.clip.token_embedding.weight.shape))
    for block in towers.clip.transformer.resblocks:  # nothing but the words themselves
        block.attn.out_proj.weight.zero_()
        block.mlp.c_proj.weight.zero_()
    shares = word_shares(towers)
    assert shares.keys() == WORDS.keys()
    for name, words in WORDS.items():
        # Of n independent vectors the variance about their mean is (n - 1) / n of the mean square.
        assert shares[name] == pytest.approx(1 - 1 / len(words), abs=0.12)


def test_words_of_one_embedding_have_no_share(towers: Towers) -> None:
    before = word_shares(towers)
    ids = towers.tokenize(list(WORDS["direction"]))[:, 1]
    weight = towers.clip.token_embedding.weight
    weight[ids] = weight[ids[:1]]
    after = word_shares(towers)
    assert before["direction"] > 0.1
    assert after["direction"] == pytest.approx(0, abs=1e-6)
    assert after["colour"] > 0.1


def test_the_number_is_of_the_class_that_is_told_worst() -> None:
    [(name, estimate)] = Suite(model="tiny").measure(["word_share"])
    assert name == "word_share"
    assert estimate.facts["worst"] in WORDS
    assert 0 < estimate.value < 1
