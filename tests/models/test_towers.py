"""The text and image towers: tokens, features, and that the defaults are ViT-H/14."""

from __future__ import annotations

import pytest
import torch
from open_clip import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD, get_model_config
from open_clip.tokenizer import SimpleTokenizer
from torch import Tensor
from torchvision.transforms.functional import normalize

from vcomp.models.clip import TextConfig, Towers, TowersConfig, VisionConfig, byte_pair_ids

WIDTH = 16
CAPTION = "a yellow star moves right"


def towers_with(vocabulary: tuple[int, ...]) -> Towers:
    torch.manual_seed(0)
    config = TowersConfig(
        embed_dim=WIDTH,
        vision=VisionConfig(image_size=32, patch_size=16, width=WIDTH, layers=1, head_width=8),
        text=TextConfig(context_length=8, width=WIDTH, heads=2, layers=3),
        vocabulary=vocabulary,
    )
    return Towers(config).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def compact() -> Towers:
    return towers_with(byte_pair_ids([CAPTION]))


@pytest.fixture(scope="module")
def full() -> Towers:
    return towers_with(())


def test_full_vocabulary_is_clips(full: Towers) -> None:
    tokenizer = SimpleTokenizer(context_length=8)
    captions = [CAPTION, "", "Ünïcode, punctuation & CAPITALS!"]
    assert torch.equal(full.tokenize(captions), tokenizer(captions))


def test_compact_vocabulary_keeps_words_apart_and_ends_with_its_largest_id(compact: Towers) -> None:
    [row] = compact.tokenize([CAPTION])
    start, *words, end = row[row != 0].tolist()
    assert len(words) == len(set(words)) == 5
    assert end == compact.clip.vocab_size - 1
    assert start == end - 1
    assert max(words) < start
    assert row.argmax() == 6
    assert compact.clip.token_embedding.num_embeddings == compact.clip.vocab_size == 5 + 4


def test_unknown_words_share_one_id_of_their_own(compact: Towers) -> None:
    known, unknown = compact.tokenize(["star star", "zebra violin"])
    assert unknown[1] == unknown[2]
    assert unknown[1] not in compact.tokenize([CAPTION])
    assert unknown[1] != 0
    assert known[1] != unknown[1]


@pytest.mark.parametrize("tower", ["compact", "full"])
def test_long_captions_are_cut_and_keep_the_end_token(tower: str, request: pytest.FixtureRequest) -> None:
    towers: Towers = request.getfixturevalue(tower)
    [short], [long] = towers.tokenize([CAPTION]), towers.tokenize([CAPTION + " star" * 20])
    end = short.max()
    assert long.shape == (8,)
    assert long[-1] == end
    assert (long == end).sum() == 1
    assert torch.equal(long[:6], short[:6])


def test_text_tokens_come_from_the_last_but_one_layer(compact: Towers) -> None:
    seen: list[Tensor] = []
    block = compact.clip.transformer.resblocks[-2]
    handle = block.register_forward_hook(lambda module, arguments, output: seen.append(output))
    captions = [CAPTION, ""]
    compact.clip.encode_text(compact.tokenize(captions))
    handle.remove()
    tokens = compact.text_tokens(captions)
    assert tokens.shape == (2, 8, WIDTH)
    torch.testing.assert_close(tokens, compact.clip.ln_final(seen[0]))


def test_text_tokens_are_causal(compact: Towers) -> None:
    first, second = compact.text_tokens(["a yellow star", "a yellow right"])
    torch.testing.assert_close(first[:3], second[:3])
    assert not torch.allclose(first[3], second[3])


def test_one_pass_gives_tokens_and_embeddings_without_the_padding(compact: Towers) -> None:
    captions = [CAPTION, "a star", "star " * 99, ""]
    for given in (captions, captions[:2], [""]):
        features = compact.text_features(given)
        length = features.ids.shape[1]
        assert (features.ids[:, -1] != 0).any()
        assert torch.equal(features.ids, compact.tokenize(given)[:, :length])
        torch.testing.assert_close(features.tokens, compact.text_tokens(given)[:, :length])
        torch.testing.assert_close(features.embedding, compact.text_embedding(given))


def test_text_embedding_tells_captions_apart_and_not_batches(compact: Towers) -> None:
    both = compact.text_embedding([CAPTION, "a star"])
    assert both.shape == (2, WIDTH)
    torch.testing.assert_close(both[1:], compact.text_embedding(["a star"]))
    assert not torch.allclose(both[0], both[1])


def test_image_embedding_is_clips_of_the_normalised_picture(compact: Towers) -> None:
    picture = torch.rand(2, 3, 32, 32)
    expected = compact.clip.encode_image(normalize(picture, OPENAI_DATASET_MEAN, OPENAI_DATASET_STD))
    torch.testing.assert_close(compact.image_embedding(picture * 2 - 1), expected)


@pytest.mark.parametrize("size", [(32, 32), (128, 128), (40, 72), (9, 5)])
def test_image_embedding_takes_any_size(compact: Towers, size: tuple[int, int]) -> None:
    colour = torch.tensor([0.5, -0.2, 0.9])[None, :, None, None]
    embedding = compact.image_embedding(colour.expand(1, 3, *size))
    torch.testing.assert_close(embedding, compact.image_embedding(colour.expand(1, 3, 32, 32)))


def test_half_precision_towers_embed() -> None:
    towers = towers_with(byte_pair_ids([CAPTION])).to(torch.bfloat16)
    assert towers.image_embedding(torch.rand(1, 3, 20, 20)).dtype == torch.bfloat16
    assert towers.text_tokens([CAPTION]).isfinite().all()


def test_defaults_are_vit_h_14() -> None:
    assert TowersConfig().open_clip() == get_model_config("ViT-H-14")


def test_the_published_size_is_built_without_memory_for_it() -> None:
    with torch.device("meta"):
        towers = Towers(TowersConfig())
    assert sum(parameter.numel() for parameter in towers.parameters()) == 986_109_441
    assert all(parameter.is_meta for parameter in towers.parameters())
