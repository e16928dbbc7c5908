"""How to generate: length, size, steps, guidance and strengths. Every value is checked where it is set."""

from __future__ import annotations

from dataclasses import dataclass

from vcomp.conditions.spec import CONDITIONS, FRAME_CONDITIONS
from vcomp.engine.checks import check_name, check_once, check_range
from vcomp.errors import UsageError
from vcomp.wording import in_digits

# Those of vcomp.diffusion.samplers.SAMPLERS, the default first; repeated so that checking one needs no torch.
SAMPLER_NAMES = ("dpm++", "unipc", "ddim")

SIZE_STEP_PX = 8  # a latent pixel
MIN_SIDE_PX, MAX_SIDE_PX = 64, 2048
MAX_FRAMES = 10_000
MAX_STEPS = 999  # one less than the model was trained on
MAX_FPS = 120
MAX_SEED = 2**63 - 1
MAX_SCALE = 100.0


@dataclass(frozen=True, kw_only=True)
class Guide:
    """Strengthens some conditions: c2 has them and c1 has not, everything else is in both (section 3.3).

    Args:
        names: Of conditions; those not given are ignored.
        scale: Guidance scale, 1 changes nothing; None takes the settings'.

    Raises:
        UsageError: A name is unknown, or the scale out of range.
    """

    names: tuple[str, ...]
    scale: float | None = None

    def __post_init__(self) -> None:
        if not self.names:
            raise UsageError("A guide names no condition.", hint="For example text,style or motion:4.")
        for name in self.names:
            check_name("condition", name, CONDITIONS)
        if self.scale is not None:
            check_range("guidance scale", self.scale, 0, MAX_SCALE)

    def __str__(self) -> str:
        names = ",".join(self.names)
        return names if self.scale is None else f"{names}:{in_digits(self.scale)}"


@dataclass(frozen=True, kw_only=True)
class Strength:
    """Scales what the STC-encoder of a condition gives, in a part of the denoising run.

    Args:
        name: Of a condition that has an STC-encoder.
        factor: 0 leaves it out, 1 is as trained.
        start: Where the part begins, as a fraction of the run's steps. Outside it the condition is left out.
        end: Where it ends.

    Raises:
        UsageError: The name is unknown, or a number out of range.
    """

    name: str
    factor: float
    start: float = 0.0
    end: float = 1.0

    def __post_init__(self) -> None:
        check_name("condition", self.name, CONDITIONS)
        if self.name not in FRAME_CONDITIONS:
            raise UsageError(
                f"The strength of {self.name} cannot be set: it does not go through an STC-encoder.",
                hint=f"Strengthen it with --guide {self.name}:SCALE.",
            )
        check_range(f"strength of {self.name}", self.factor, 0, 10)
        if not 0 <= self.start < self.end <= 1:
            raise UsageError(
                f"The strength of {self.name} is limited to {self.start:g}:{self.end:g} of the steps.",
                hint="FROM:TO are two rising numbers between 0 and 1, as 0:0.5 for the first half.",
            )

    def at(self, position: float) -> float:
        """The factor at a fraction of the run, 0 at its first step and below 1 at its last."""
        return self.factor if self.start <= position < self.end else 0.0


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that is not a condition.

    Args:
        num_frames: Length.
        fps: Frames per second.
        size: Width and height in pixels, multiples of 8.
        num_steps: Of the sampler.
        sampler: One of `SAMPLER_NAMES`.
        seed: Of the noise.
        guides: What to strengthen; several add their terms; None takes the model's.
        guidance_scale: Of guides that have none; None takes the model's.
        guidance_rescale: How far guidance keeps the spread of what it strengthens, 0 to 1 (phi of arXiv
            2305.08891): the colours of large scales stay true. None takes the model's.
        strengths: One for each condition whose STC-encoder's output is scaled.
        window: Frames the model sees at once; longer videos are made in windows. None takes the model's.
        overlap: Frames that a window shares with the one before. None takes half a window.

    Raises:
        UsageError: A value is outside what can be generated.
    """

    num_frames: int = 16
    fps: float = 8.0
    size: tuple[int, int] = (128, 128)
    num_steps: int = 20
    sampler: str = SAMPLER_NAMES[0]
    seed: int = 0
    guides: tuple[Guide, ...] | None = None
    guidance_scale: float | None = None
    guidance_rescale: float | None = None
    strengths: tuple[Strength, ...] = ()
    window: int | None = None
    overlap: int | None = None

    def __post_init__(self) -> None:
        check_range("number of frames", self.num_frames, 1, MAX_FRAMES)
        check_range("number of steps", self.num_steps, 1, MAX_STEPS)
        check_range("seed", self.seed, 0, MAX_SEED)
        check_name("sampler", self.sampler, SAMPLER_NAMES)
        if not 0 < self.fps <= MAX_FPS:
            raise UsageError(f"The frame rate is {self.fps:g}.", hint=f"It is above 0 and at most {MAX_FPS}.")
        if self.guidance_scale is not None:
            check_range("guidance scale", self.guidance_scale, 0, MAX_SCALE)
        if self.guidance_rescale is not None:
            check_range("guidance rescale", self.guidance_rescale, 0, 1)
        self._check_size()
        self._check_windows()
        check_once("guide", [",".join(sorted(guide.names)) for guide in self.guides or ()])
        check_once("strength", [strength.name for strength in self.strengths])

    @property
    def window_frames(self) -> int:
        """Frames the model sees at once: all of them, where there is no window or no need for one."""
        return self.num_frames if self.window is None else min(self.num_frames, self.window)

    @property
    def overlap_frames(self) -> int:
        """Frames that a window shares with the one before."""
        return self.window_frames // 2 if self.overlap is None else self.overlap

    def _check_windows(self) -> None:
        if self.window is not None:
            check_range("window", self.window, 2, MAX_FRAMES)
        if self.overlap is not None:
            check_range("overlap of windows", self.overlap, 1, (self.window or MAX_FRAMES) - 1)

    def _check_size(self) -> None:
        for side in self.size:
            if side % SIZE_STEP_PX or not MIN_SIDE_PX <= side <= MAX_SIDE_PX:
                width, height = self.size
                raise UsageError(
                    f"Frames of {width}x{height} cannot be generated.",
                    hint=f"Each side is a multiple of {SIZE_STEP_PX} from {MIN_SIDE_PX} to {MAX_SIDE_PX}.",
                )
