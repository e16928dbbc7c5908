"""Whether a text tower tells words apart: a UNet cannot hear what its tokens do not say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from vcomp.data.vocabulary import BACKGROUND_COLOURS, COLOURS, DIRECTIONS, SHAPES
from vcomp.evaluation.statistics import Estimate
from vcomp.models.clip import Towers
from vcomp.models.system import load_system

_CAPTION = "a {size} {colour} {kind} {motion} {direction} over a {background} background"
WORDS: Mapping[str, Sequence[str]] = {
    "size": ("large", "small"),
    "colour": tuple(COLOURS),
    "kind": SHAPES,
    "motion": ("moves", "spins", "grows", "shrinks"),
    "direction": tuple(name for name in DIRECTIONS if " " not in name),
    "background": tuple(BACKGROUND_COLOURS),
}
"""Of the drawn world, by what they say."""


def word_share(model: str | Path) -> Estimate:
    """The least share of a token's features that depends on its word; `worst` names its class in `WORDS`.

    Args:
        model: Name or folder.

    Raises:
        WeightsError: There is no such model.
    """
    shares = word_shares(load_system(model).towers())
    worst = min(shares, key=lambda name: shares[name])
    least = shares[worst]
    return Estimate(value=least, n=len(WORDS[worst]), low=least, high=least, facts={"worst": worst})


@torch.inference_mode()
def word_shares(towers: Towers) -> dict[str, float]:
    """Of each class in `WORDS`, the variance of a token's features over its words, by their mean square.

    Of words of several tokens, the first token counts.
    """
    usual = {name: words[0] for name, words in WORDS.items()}
    shares = {}
    for name, words in WORDS.items():
        captions = [_CAPTION.format(**{**usual, name: word}) for word in words]
        ids = towers.tokenize(captions)
        place = int((ids != ids[0]).any(dim=0).int().argmax())
        features = towers.text_tokens(captions)[:, place].float()
        shares[name] = float(features.var(dim=0, correction=0).sum() / features.square().mean(dim=0).sum())
    return shares
