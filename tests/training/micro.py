"""The real networks and recipe as small as they go."""

from __future__ import annotations

from vcomp.models.autoencoder import TinyAutoencoderConfig
from vcomp.models.clip import TextConfig, TowersConfig, VisionConfig, byte_pair_ids
from vcomp.models.config import UNetConfig
from vcomp.models.depth import DepthConfig
from vcomp.models.pidinet import PiDiNetConfig
from vcomp.training.loop import Schedule
from vcomp.training.tiny import STAGES, Stage, TinyRecipe

WIDTH = 16
AUTOENCODER = TinyAutoencoderConfig(widths=(8, 8), num_blocks=1)
TOWERS = TowersConfig(
    embed_dim=WIDTH,
    vision=VisionConfig(image_size=32, patch_size=16, width=WIDTH, layers=1, head_width=8),
    text=TextConfig(context_length=16, width=WIDTH, heads=2, layers=2),
    vocabulary=byte_pair_ids(["a red blue green yellow star circle square moves right left over background"]),
)
PIDINET = PiDiNetConfig(channels=4, dil=4, sa=True)
DEPTH = DepthConfig(channels=(8, 8))
UNET = UNetConfig(
    dim=WIDTH,
    multipliers=(1, 2),
    num_res_blocks=1,
    head_dim=8,
    num_heads=2,
    attention_scales=(0.5,),
    context_dim=WIDTH,
    norm_groups=4,
    dropout=0.0,
    stc_hidden=8,
    stc_head_dim=4,
    stc_dropout=0.0,
    stc_pool_first=True,
)


def recipe(*, steps: int) -> TinyRecipe:
    """All stages, each for a few steps on a few videos."""
    schedule = Schedule(steps=steps, learning_rate=1e-3, warmup=1)
    clips = {"text-to-video": ((1, 2), (4, 1)), "compositional": ((4, 2), (16, 1))}
    return TinyRecipe(
        level="plain",
        num_pictures=4,
        num_videos=3,
        unet=UNET,
        autoencoder=AUTOENCODER,
        towers=TOWERS,
        pidinet=PIDINET,
        depth=DEPTH,
        stages={
            stage: Stage(schedule=schedule, shapes=clips[stage], weights=(0.5, 0.5))
            if stage in clips
            else Stage(schedule=schedule, shapes=((1, 2),))
            for stage in STAGES
        },
    )
