"""The recipe of the bundled ``tiny`` system: sizes, data, and how each network is trained."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from vcomp.errors import UsageError
from vcomp.models.autoencoder import HAAR_CHANNELS, TinyAutoencoderConfig
from vcomp.models.clip import TowersConfig
from vcomp.models.config import UNetConfig
from vcomp.models.depth import DepthConfig
from vcomp.models.pidinet import BUNDLED as BUNDLED_PIDINET
from vcomp.models.pidinet import PiDiNetConfig
from vcomp.training.dropout import ConditionDropout
from vcomp.training.loop import Schedule

TINY_UNET = UNetConfig(
    latent_channels=HAAR_CHANNELS,
    dim=64,
    multipliers=(1, 2, 2),
    num_res_blocks=1,
    head_dim=32,
    num_heads=2,
    attention_scales=(0.5, 0.25),
    context_dim=128,
    norm_groups=4,
    dropout=0.0,
    condition_channels=32,
    stc_hidden=16,
    stc_dropout=0.0,
    stc_pool_first=True,
    frame_positions=True,
    context_queries=32,
    context_clip_frames=16,
    scale_features=True,
    min_temporal_frames=2,
)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """How one network is trained.

    Args:
        schedule: For how long, how fast.
        shapes: ``(num_frames, batch_size)`` of the batches; one is chosen at random each step.
        weights: Chance of each of ``shapes``.
        timestep_shift: How much oftener the UNet sees noisy timesteps than clean ones (`draw_timesteps`).
        text_timestep_shift: The same for samples without spatial or temporal conditions.
    """

    schedule: Schedule
    shapes: tuple[tuple[int, int], ...]
    weights: tuple[float, ...] = (1.0,)
    timestep_shift: float = 1.0
    text_timestep_shift: float = 1.0

    @property
    def batch_size(self) -> int:
        """Frames a batch, for stages that learn from single frames."""
        return self.shapes[0][1]


TINY_STAGES: Mapping[str, Stage] = {
    "autoencoder": Stage(schedule=Schedule(steps=5000, learning_rate=1.5e-3), shapes=((1, 16),)),
    "towers": Stage(
        schedule=Schedule(steps=800, learning_rate=1.5e-3, weight_decay=0.05), shapes=((1, 128),)
    ),
    "pidinet": Stage(schedule=Schedule(steps=300, learning_rate=2e-3), shapes=((1, 16),)),
    "depth": Stage(schedule=Schedule(steps=300, learning_rate=2e-3), shapes=((1, 16),)),
    # All but the temporal layers learn from pictures, at half the price: what the published model takes from
    # Stable Diffusion.
    "pictures": Stage(
        schedule=Schedule(steps=2500, learning_rate=2.5e-3, batches=2, muon=True),
        shapes=((1, 32),),
        text_timestep_shift=1.3,
    ),
    # Two frames that lie far apart show where a thing goes for an eighth of a clip's price.
    "text-to-video": Stage(
        schedule=Schedule(steps=500, learning_rate=1e-3, batches=2, muon=True),
        shapes=((2, 16), (4, 8), (16, 2)),
        weights=(0.4, 0.3, 0.3),
        text_timestep_shift=2.0,
    ),
    "compositional": Stage(
        schedule=Schedule(steps=3000, learning_rate=1e-3, batches=2, ema_decay=0.998, muon=True),
        # Single frames from anywhere in a clip teach what a first frame becomes, at the price of pictures;
        # clips teach how that holds together.
        shapes=((1, 32), (2, 16), (4, 8), (16, 2)),
        weights=(0.3, 0.15, 0.15, 0.4),
        # Conditions settle what is where; the shapes' details are lost at the middle timesteps.
        timestep_shift=1.5,
        text_timestep_shift=2.0,
    ),
}
STAGES = tuple(TINY_STAGES)
UNET_STAGES = ("pictures", "text-to-video", "compositional")
"""Each begins with the weights of the one before."""


@dataclass(frozen=True, kw_only=True)
class TinyRecipe:
    """Sizes, data and lengths of training of the bundled system.

    Args:
        level: Level of drawn video the UNet, the autoencoder and the towers learn from; the edge detector and
            the depth estimator always learn from ``rich``.
        num_pictures: Single frames whose latents and conditions are cached for the UNet.
        num_videos: Videos whose latents and conditions are cached for the UNet.
        unet: Sizes of the UNet.
        autoencoder: Sizes of the autoencoder.
        towers: Sizes and vocabulary of the towers; None for `tiny_towers`, which takes seconds to compute.
        pidinet: Size of the edge detector.
        depth: Size of the depth estimator.
        stages: How each network is trained, by the names in `STAGES`.
        picture_dropout: Condition dropout of the pictures.
        dropout: Condition dropout of the second stage.
        prediction_type: What the UNet learns to predict. Clean latents are simple, noise is not: a small UNet
            has no channels to spare for carrying it through (arXiv 2511.13720).
        guidance_scale: What the model is shipped with.
        guidance_rescale: Likewise.
        guided: The conditions it strengthens: a model this small hears all of them better for it.
    """

    level: str = "clear"
    num_pictures: int = 24000
    num_videos: int = 12000
    unet: UNetConfig = TINY_UNET
    autoencoder: TinyAutoencoderConfig = field(
        default_factory=lambda: TinyAutoencoderConfig(latent_channels=HAAR_CHANNELS, encoder="haar")
    )
    towers: TowersConfig | None = None
    pidinet: PiDiNetConfig = BUNDLED_PIDINET
    depth: DepthConfig = field(default_factory=DepthConfig)
    stages: Mapping[str, Stage] = field(default_factory=lambda: TINY_STAGES)
    picture_dropout: ConditionDropout = field(
        default_factory=lambda: ConditionDropout(
            keep_all_p=0.04,
            drop_all_p=0.06,
            text_only_p=0.6,
            alone_p=0.8,
            alone_odds={"style": 3.0},
        )
    )
    dropout: ConditionDropout = field(
        default_factory=lambda: ConditionDropout(
            keep_all_p=0.03,
            drop_all_p=0.06,
            text_only_p=0.3,
            alone_p=0.85,
            alone_odds={
                "style": 3.0,
                # What a condition for every frame says is learnt from single frames; these need clips.
                "image": 4.0,
                "single_sketch": 4.0,
                "motion": 6.0,
                "image+motion": 2.0,
                "single_sketch+motion": 3.0,
            },
        )
    )
    prediction_type: Literal["epsilon", "v", "x0"] = "x0"
    guidance_scale: float = 2.0
    guidance_rescale: float = 0.7
    guided: tuple[str, ...] = ("text", "style", "image", "single_sketch", "sketch", "depth", "motion")


def _nano() -> TinyRecipe:
    """Half the width, a third of the steps: small enough to be trained several times and compared."""
    stages = dict(TINY_STAGES)
    for name in UNET_STAGES:
        schedule = stages[name].schedule
        stages[name] = replace(stages[name], schedule=replace(schedule, steps=schedule.steps // 3))
    return TinyRecipe(unet=replace(TINY_UNET, dim=TINY_UNET.dim // 2), stages=stages)


RECIPES: Mapping[str, TinyRecipe] = {"tiny": TinyRecipe(), "nano": _nano()}
"""By the size of the UNet: the bundled model's, and that at which ablations are compared."""


def check_stages(stages: Iterable[str], known: Collection[str] = STAGES) -> None:
    """Make sure that these are stages.

    Args:
        stages: Names.
        known: Those of a recipe.

    Raises:
        UsageError: One is not.
    """
    for stage in stages:
        if stage not in known:
            raise UsageError(f"There is no stage {stage!r}.", hint=f"Choose from {', '.join(known)}.")
