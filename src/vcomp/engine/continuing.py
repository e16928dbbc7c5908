"""Windows of a long video whose first frame is given as a picture or as a sketch.

A model begins with the picture it is shown. Were all windows shown the same one, all of them would begin with
it: given motion, the thing in the picture stays behind and moves on at once. So a later window is shown the
frame that it does begin with, as those before it predict it at the same step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from vcomp.conditions.container import Conditions
from vcomp.diffusion.guidance import ConditionSet
from vcomp.diffusion.prediction import Denoise, to_x0
from vcomp.diffusion.schedule import NoiseSchedule
from vcomp.engine.denoising import ConditionedUNet, encode_frames, windows_of
from vcomp.engine.settings import Settings
from vcomp.models.autoencoder import TinyAutoencoder
from vcomp.models.kl_autoencoder import KLAutoencoder
from vcomp.models.published import PublishedCard
from vcomp.models.system import ModelCard

FIRST_FRAME = frozenset({"image", "single_sketch"})
"""The conditions that say what the first frame is."""


def is_continued(names: ConditionSet, settings: Settings, card: ModelCard | PublishedCard) -> bool:
    """Whether there are later windows, and a first frame is given for them to continue from."""
    has_encoder = "image" in dict(card.unet.conditions)
    return len(windows_of(settings)) > 1 and has_encoder and bool(FIRST_FRAME & names)


def later_names(names: ConditionSet) -> ConditionSet:
    """A condition set of the first window as it is in later ones, all of which have the image.

    So guidance does not strengthen it: done once more in each window, that would make colours grow from
    window to window.
    """
    return names - FIRST_FRAME | {"image"}


def later_settings(settings: Settings) -> Settings:
    """With the strength of the single sketch for the image that takes its place, if the image has none."""
    strengths = {strength.name: strength for strength in settings.strengths}
    sketch = strengths.pop("single_sketch", None)
    if sketch is not None and "image" not in strengths:
        strengths["image"] = replace(sketch, name="image")
    return replace(settings, strengths=tuple(strengths.values()))


@dataclass(frozen=True, eq=False, kw_only=True)
class ContinuedWindow:
    """A window after the first, which is shown the frame that it begins with; a `WindowDenoise`.

    Args:
        conditioned: The UNet with the window's other conditions.
        guide: Adds guidance.
        autoencoder: Makes a picture of predicted latents.
        schedule: Of the model.
        card: Of the model.
    """

    conditioned: ConditionedUNet
    guide: Callable[[ConditionedUNet], Denoise]
    autoencoder: TinyAutoencoder | KLAutoencoder
    schedule: NoiseSchedule
    card: ModelCard | PublishedCard

    def __call__(
        self,
        latents: Float[Tensor, "b c l h w"],
        timesteps: Float[Tensor, " b"],
        *,
        before: Float[Tensor, "b c h w"] | None,
    ) -> Float[Tensor, "b c l h w"]:
        """The guided prediction."""
        if before is None:
            raise ValueError("A continued window has others before it.")
        frame = latents[:, :, 0]
        signal, noise = self.schedule.signal_and_noise(timesteps.long(), frame)
        clean = to_x0(before, frame, signal=signal, noise=noise, prediction_type=self.card.prediction_type)
        image = self._encoded(clean, num_frames=latents.shape[2])
        conditioned = replace(self.conditioned, encoded={**self.conditioned.encoded, "image": image})
        return self.guide(conditioned)(latents, timesteps)

    def _encoded(self, latents: Float[Tensor, "b c h w"], *, num_frames: int) -> Float[Tensor, "b cc f h w"]:
        """A frame through the autoencoder and then, as the image condition, through its encoder."""
        pixels = ((self.autoencoder.decode(latents) + 1) / 2).clamp(0, 1)
        conditions = [Conditions(image=rearrange(picture, "c h w -> c 1 h w")) for picture in pixels]
        unet, settings = self.conditioned.unet, self.conditioned.settings
        window = slice(0, num_frames)
        encoded = encode_frames(conditions, unet, settings, preparation=self.card.preparation, window=window)
        return encoded["image"]
