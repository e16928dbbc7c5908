"""What a wrong word in the caption costs the UNet: nothing, where it does not hear that word.

Seconds a word, where making frames that show what was asked for takes minutes, and steadier: the way to watch
a word being learnt, or left unlearnt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count, islice
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from vcomp.data.captions import write_caption
from vcomp.data.drawn import DrawnDataset
from vcomp.data.scene import Scene, Sprite
from vcomp.data.vocabulary import BACKGROUND_COLOURS, COLOURS, DIRECTIONS, SHAPES
from vcomp.diffusion.prediction import to_x0
from vcomp.diffusion.schedule import NoiseSchedule, initial_noise
from vcomp.engine.checks import check_name
from vcomp.errors import UsageError
from vcomp.evaluation.held_out import HELD_OUT_SEED
from vcomp.evaluation.statistics import Estimate, ratio_of_means
from vcomp.media.pixels import to_tensor
from vcomp.models.autoencoder import TinyAutoencoder
from vcomp.models.clip import Towers
from vcomp.models.system import System, load_system
from vcomp.models.unet import UNet

_CAPTION_SALT = 7


def _wrong_background(scene: Scene) -> Scene:
    colour = _other(BACKGROUND_COLOURS, scene.background.colour, avoid=scene.background.second_colour)
    return replace(scene, background=replace(scene.background, colour=colour))


def _wrong_colour(sprite: Sprite) -> Sprite:
    return replace(sprite, colour=_other(COLOURS, sprite.colour))


def _wrong_kind(sprite: Sprite) -> Sprite:
    return replace(sprite, shape=_other(SHAPES, sprite.shape))


def _wrong_direction(sprite: Sprite) -> Sprite:
    x, y = DIRECTIONS.get(sprite.direction, (0, 0))
    opposite = next((name for name, way in DIRECTIONS.items() if way == (-x, -y)), "")
    return replace(sprite, direction=opposite)


def _of_object(change: Callable[[Sprite], Sprite]) -> Callable[[Scene], Scene]:
    """What changes a scene in its nearest object, and leaves it that one alone."""
    return lambda scene: replace(scene, sprites=(change(scene.sprites[-1]),))


def _other(words: Iterable[str], word: str, *, avoid: str = "") -> str:
    """The next of ``words``, or the first; never ``avoid``."""
    names = [name for name in words if name == word or name != avoid]
    return names[(names.index(word) + 1) % len(names)] if word in names else names[0]


WRONG: Mapping[str, Callable[[Scene], Scene]] = {
    "background": _wrong_background,
    "colour": _of_object(_wrong_colour),
    "kind": _of_object(_wrong_kind),
    "direction": _of_object(_wrong_direction),
}
"""What is told instead of a scene of one object, by the word that is wrong."""


def wrong_and_right(dataset: DrawnDataset, index: int, word: str) -> tuple[str, str] | None:
    """Two captions of a scene of one object that differ in one word; None where they would not.

    Args:
        dataset: Where the scene is from.
        index: Of the scene.
        word: A key of `WRONG`.
    """
    scene = dataset[index].scene
    if len(scene.sprites) > 1:
        return None
    wrong, right = (
        write_caption(np.random.default_rng([dataset.seed, index, _CAPTION_SALT]), told)
        for told in (WRONG[word](scene), scene)
    )
    return None if wrong == right else (wrong, right)


@dataclass(frozen=True, kw_only=True)
class Hearing:
    """A model whose UNet is told wrong words of held-out drawn videos.

    Args:
        model: Name or folder.
        num_samples: Videos a word: the first that have it.
    """

    model: str | Path = "tiny"
    num_samples: int = 32

    def cost(self, word: str, *, timestep: int) -> Estimate:
        """The error of clean latents with the wrong word, by that with the right one.

        It is 1 for a word that is not heard, whatever else the UNet has learnt.

        Args:
            word: A key of `WRONG`.
            timestep: How much noise there is. A caption settles most where noise hides most.

        Raises:
            UsageError: There is no such word, or the model is the published one, which knows no drawn videos.
            WeightsError: There is no such model.
        """
        check_name("word", word, WRONG)
        wrong, right = zip(*islice(self._errors(word, timestep), self.num_samples), strict=True)
        return ratio_of_means(wrong, right)

    @torch.inference_mode()
    def _errors(self, word: str, timestep: int) -> Iterator[tuple[float, float]]:
        """Mean squared errors with the wrong and the right caption, of each scene that has both."""
        for index in count():
            if (captions := wrong_and_right(self._dataset, index, word)) is None:
                continue
            latents = self._latents(index)
            errors = (self._clean(latents, captions, timestep, seed=index) - latents).square()
            wrong, right = errors.flatten(1).mean(dim=1).tolist()
            yield wrong, right

    def _latents(self, index: int) -> Float[Tensor, "1 c f h w"]:
        pixels = to_tensor(self._dataset[index].frames).transpose(0, 1)
        return self._autoencoder.encode(pixels).transpose(0, 1)[None]

    def _clean(
        self, latents: Float[Tensor, "1 c f h w"], captions: tuple[str, ...], timestep: int, *, seed: int
    ) -> Float[Tensor, "b c f h w"]:
        """What the UNet takes a noisy video for, told each of the captions."""
        timesteps = torch.full((len(captions),), timestep)
        noise = initial_noise(tuple(latents.shape), seed)
        noisy = self._schedule.add_noise(latents, noise, timesteps[:1]).expand(len(captions), -1, -1, -1, -1)
        tokens = self._towers.text_tokens(captions)
        unstyled = tokens.new_zeros(len(captions), 1, tokens.shape[-1])
        context = self._unet.encode_context(tokens, unstyled)
        prediction = self._unet(noisy, timesteps, context=context, condition=None)
        signal, sigma = self._schedule.signal_and_noise(timesteps, noisy)
        predicted = self._system.card.prediction_type
        return to_x0(prediction, noisy, signal=signal, noise=sigma, prediction_type=predicted)

    @cached_property
    def _system(self) -> System:
        system = load_system(self.model)
        if not isinstance(system, System):
            raise UsageError(f"{self.model} knows no drawn videos.", hint="Name tiny, or an exported folder.")
        return system

    @cached_property
    def _dataset(self) -> DrawnDataset:
        card = self._system.card
        return DrawnDataset(
            level=card.level, seed=HELD_OUT_SEED, num_frames=card.num_frames, size_px=card.size_px
        )

    @cached_property
    def _schedule(self) -> NoiseSchedule:
        return NoiseSchedule.scaled_linear(zero_terminal_snr=self._system.card.zero_terminal_snr)

    @cached_property
    def _unet(self) -> UNet:
        return self._system.unet()

    @cached_property
    def _autoencoder(self) -> TinyAutoencoder:
        return self._system.autoencoder()

    @cached_property
    def _towers(self) -> Towers:
        return self._system.towers()
