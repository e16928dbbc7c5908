"""From conditions to a video: extract, encode, sample, decode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from vcomp.conditions.container import Conditions
from vcomp.conditions.spec import TOKEN_CONDITIONS
from vcomp.diffusion.guidance import guided_denoise
from vcomp.diffusion.samplers import sample
from vcomp.diffusion.schedule import NoiseSchedule, initial_noise
from vcomp.engine.denoising import (
    SCALE_PX,
    ConditionedUNet,
    encode_context,
    encode_frames,
    guidance_of,
    same_names,
)
from vcomp.engine.devices import pick_device, pick_dtype
from vcomp.engine.memory import check_memory
from vcomp.engine.progress import OnProgress, Stopwatch
from vcomp.engine.settings import Guide, Settings
from vcomp.errors import ConditionError, UsageError
from vcomp.extractors.depth import extract_depth
from vcomp.extractors.flow import dense_flow
from vcomp.extractors.motion_vectors import motion_vectors
from vcomp.extractors.sketch import extract_sketch
from vcomp.media.clip import Clip, Frames
from vcomp.media.pixels import to_frames
from vcomp.models.autoencoder import TinyAutoencoder
from vcomp.models.clip import Towers
from vcomp.models.depth import DepthEstimator
from vcomp.models.kl_autoencoder import KLAutoencoder
from vcomp.models.published import PublishedSystem
from vcomp.models.system import System
from vcomp.models.unet import UNet

# Frames decoded at once have so many pixels together: memory stays flat however long the video is.
DECODED_PIXELS = 2**19


@dataclass(frozen=True)
class Result:
    """A video, and the seconds each stage of making it took."""

    clip: Clip
    seconds: dict[str, float]


class Engine:
    """One model, ready to generate; each network is loaded when it is first needed.

    Args:
        system: The model's networks.
        device: A device's name, or `auto`.
        dtype: Precision of the UNet: `float32`, `bfloat16`, `float16` or `auto`. Everything else is float32.

    Raises:
        UsageError: A name is unknown.
        ResourceError: The machine has no such device.
    """

    def __init__(
        self, system: System | PublishedSystem, *, device: str = "auto", dtype: str = "auto"
    ) -> None:
        self.system = system
        self.device = pick_device(device)
        self.dtype = pick_dtype(dtype, self.device)

    @property
    def default_settings(self) -> Settings:
        """Length, rate and size that the model was trained on, and the rest as it is."""
        card = self.system.card
        return Settings(num_frames=card.num_frames, fps=card.fps, size=(card.size_px, card.size_px))

    def resolved(self, settings: Settings) -> Settings:
        """With the guidance that was left to the model."""
        card = self.system.card
        return replace(
            settings,
            guides=(Guide(names=card.guided),) if settings.guides is None else settings.guides,
            guidance_scale=card.guidance_scale
            if settings.guidance_scale is None
            else settings.guidance_scale,
        )

    def check(self, settings: Settings) -> None:
        """Make sure, before long work, that there is memory for it.

        Raises:
            ResourceError: There is not.
            WeightsError: The model is damaged.
        """
        check_memory(
            settings,
            config=self.system.card.unet,
            weights_bytes=self._weights_bytes,
            device=self.device,
            dtype=self.dtype,
        )

    def generate(
        self, conditions: Conditions, settings: Settings, *, on_progress: OnProgress | None = None
    ) -> Result:
        """Generate one video; the same arguments on the same machine give the same bits.

        Args:
            conditions: At least one.
            settings: All the rest.
            on_progress: Called when a stage begins, and after each denoising step.

        Raises:
            ConditionError: There is no condition, or one that the model does not know.
            ResourceError: Memory will not do.
            WeightsError: A network's weights are missing or damaged.
        """
        watch = Stopwatch(on_progress)
        [clip] = self._generate([conditions], settings, [settings.seed], watch)
        return Result(clip, watch.seconds)

    def generate_batch(
        self, conditions: Sequence[Conditions], settings: Settings, *, seeds: Sequence[int]
    ) -> list[Clip]:
        """Generate a video for each of several conditions and seeds, all at once.

        Raises:
            ConditionError: As `generate`, and if the videos do not have the same conditions.
            ResourceError: As `generate`.
            UsageError: There is not one seed for each video.
            WeightsError: As `generate`.
        """
        if len(seeds) != len(conditions):
            raise UsageError(f"There are {len(seeds)} seeds for {len(conditions)} videos.")
        return self._generate(conditions, settings, seeds, Stopwatch())

    @torch.inference_mode()
    def _generate(
        self, conditions: Sequence[Conditions], settings: Settings, seeds: Sequence[int], watch: Stopwatch
    ) -> list[Clip]:
        names = self._checked_names(conditions)
        self.check(settings)
        card = self.system.card
        schedule = NoiseSchedule.scaled_linear(zero_terminal_snr=card.zero_terminal_snr)
        guidance = guidance_of(names, self.resolved(settings))
        timesteps = schedule.sampling_timesteps(settings.num_steps, spacing=card.timestep_spacing)
        with watch.stage("load"):
            towers, unet, autoencoder = self._towers, self._unet, self._autoencoder
        with watch.stage("encode"):
            conditioned = ConditionedUNet(
                unet=unet,
                encoded=encode_frames(conditions, unet, settings, preparation=card.preparation),
                contexts=encode_context(
                    conditions, towers, unet, tuple(guidance.weights), preparation=card.preparation
                ),
                settings=settings,
                positions={t: step / len(timesteps) for step, t in enumerate(timesteps)},
            )
        with watch.stage("denoise", total=settings.num_steps):
            latents = sample(
                guided_denoise(conditioned, guidance),
                _noise(settings, seeds).to(self.device),
                schedule=schedule,
                prediction_type=card.prediction_type,
                num_steps=settings.num_steps,
                sampler=settings.sampler,
                timestep_spacing=card.timestep_spacing,
                on_step=partial(watch.tell, "denoise"),
            )
        with watch.stage("decode"):
            return [Clip(_decode(video, autoencoder), settings.fps) for video in latents]

    def sketch(self, frames: Frames) -> Float[Tensor, "1 f h w"]:
        """Edges of frames by the model's PiDiNet, in [0,1], bright on dark."""
        return extract_sketch(frames, model=self._pidinet, device=self.device)

    def depth(self, frames: Frames) -> Float[Tensor, "1 f h w"]:
        """Inverse depth of frames by the model's estimator, larger is nearer."""
        return extract_depth(frames, model=self._depth, device=self.device)

    def motion(self, frames: Frames) -> Float[Tensor, "2 f h w"]:
        """Motion (dx, dy) of frames from the one before, in pixels per frame, as the model knows it."""
        if self.system.card.preparation.motion == "published":
            return motion_vectors(frames, fill="sparse")
        return dense_flow(np.ascontiguousarray(frames))

    def _checked_names(self, conditions: Sequence[Conditions]) -> frozenset[str]:
        names = same_names(conditions)
        if not names:
            raise ConditionError("There is nothing to generate from.", hint="Give at least a text.")
        known = {*TOKEN_CONDITIONS, *dict(self.system.card.unet.conditions)}
        if unknown := sorted(names - known):
            raise ConditionError(
                f"The model {self.system.card.name} has no condition {unknown[0]}.",
                hint=f"It has {', '.join(sorted(known))}.",
            )
        return names

    @cached_property
    def _weights_bytes(self) -> int:
        return self.system.weights_bytes(self.dtype)

    @cached_property
    def _unet(self) -> UNet:
        return self.system.unet(device=self.device, dtype=self.dtype)

    @cached_property
    def _autoencoder(self) -> TinyAutoencoder | KLAutoencoder:
        return self.system.autoencoder(device=self.device)

    @cached_property
    def _towers(self) -> Towers:
        return self.system.towers(device=self.device)

    @cached_property
    def _pidinet(self) -> nn.Module:
        return self.system.pidinet(device=self.device)

    @cached_property
    def _depth(self) -> DepthEstimator:
        return self.system.depth(device=self.device)


def _noise(settings: Settings, seeds: Sequence[int]) -> Float[Tensor, "b 4 f h w"]:
    """The noise of each seed, which does not depend on the others in the batch."""
    width, height = settings.size
    shape = (1, 4, settings.num_frames, height // SCALE_PX, width // SCALE_PX)
    return torch.cat([initial_noise(shape, seed) for seed in seeds])


def _decode(latents: Float[Tensor, "4 f h w"], autoencoder: TinyAutoencoder | KLAutoencoder) -> Frames:
    """Decode a few frames at a time."""
    frames = rearrange(latents, "c f h w -> f c h w")
    height, width = frames.shape[-2:]
    chunk = max(1, DECODED_PIXELS // (height * width * SCALE_PX**2))
    decoded = [
        to_frames(rearrange(autoencoder.decode(part), "f c h w -> c f h w"))
        for part in torch.split(frames, chunk)
    ]
    return np.concatenate(decoded)
