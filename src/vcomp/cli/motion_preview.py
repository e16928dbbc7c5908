"""One preview of motion from the command line: check everything, read, draw, tell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import typer

from vcomp.cli.parsing import parse_size
from vcomp.cli.report import Report
from vcomp.engine.sources import Sources
from vcomp.errors import UsageError
from vcomp.media.inputs import locate
from vcomp.media.outputs import STDOUT, check_apart, check_output, check_parent

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from vcomp.engine.engine import Engine
    from vcomp.engine.settings import Settings

_STRIP_COLUMNS, _STRIP_HEIGHT_PX = 8, 192


@dataclass(frozen=True, kw_only=True)
class PreviewJob:
    """The options of `vcomp motion preview`."""

    motion: tuple[str, ...]
    camera: str | None
    bundle: str | None
    over: str | None
    num_frames: int | None
    fps: float | None
    size: str | None
    out: str
    overwrite: bool
    quiet: bool
    model: str

    @property
    def is_strip(self) -> bool:
        """Whether one picture is written."""
        return self.out.lower().endswith(".png")

    def check(self) -> None:
        """All that can be told without torch.

        Raises:
            UsageError: No motion is named.
            OutputError: The result cannot be written.
            MediaError: A file is missing.
        """
        inputs = [*self.motion, *(path for path in (self.bundle, self.over) if path is not None)]
        if not self.motion and self.camera is None and self.bundle is None:
            raise UsageError("There is no motion to preview.", hint="Name --motion or --camera.")
        if self.is_strip:
            check_parent(self.out)
        else:
            check_output(self.out, overwrite=self.overwrite)
        check_apart([self.out], inputs)
        for path in inputs:
            locate(path)

    def settings(self, defaults: Settings) -> Settings:
        """Length, rate and size.

        Raises:
            UsageError: A value is out of range.
        """
        return replace(
            defaults,
            num_frames=defaults.num_frames if self.num_frames is None else self.num_frames,
            fps=defaults.fps if self.fps is None else self.fps,
            size=defaults.size if self.size is None else parse_size(self.size),
        )


def _motion(job: PreviewJob, engine: Engine, settings: Settings, report: Report) -> Float[Tensor, "2 f h w"]:
    """What the model would be given: all parts together, at the video's length and size."""
    from vcomp.conditions.stored import load_bundle
    from vcomp.engine.moving import as_seen
    from vcomp.engine.reading import Reader

    stored = None
    if job.bundle is not None:
        stored = load_bundle(job.bundle, num_frames=settings.num_frames).conditions.motion
    sources = Sources(motion=job.motion or None, camera=job.camera)
    motion = Reader(engine, settings, report.note).motion(sources, stored=stored)
    if motion is None:
        raise UsageError(f"{job.bundle} holds no motion.", hint="Extract it with --only motion,flow.")
    return as_seen(motion, settings, engine.system.card.preparation)


def run_preview(job: PreviewJob) -> None:
    """Draw; the path goes to stdout, all talk to stderr.

    Raises:
        VcompError: Of the kind that says what is wrong.
    """
    job.check()
    with Report(quiet=job.quiet) as report:
        from vcomp.conditions.motion_view import motion_rows, side_by_side
        from vcomp.engine.engine import Engine
        from vcomp.media.clip import Clip
        from vcomp.media.preview import strip
        from vcomp.media.read import read_picture
        from vcomp.media.write import write_clip, write_picture
        from vcomp.models.system import load_system

        engine = Engine(load_system(job.model), device="cpu")
        settings = job.settings(engine.default_settings)
        motion = _motion(job, engine, settings, report)
        rows = motion_rows(motion, None if job.over is None else read_picture(job.over))
        if job.is_strip:
            write_picture(strip(rows, columns=_STRIP_COLUMNS, height_px=_STRIP_HEIGHT_PX), job.out)
        else:
            write_clip(Clip(side_by_side(rows), settings.fps), job.out, overwrite=job.overwrite)
        fastest = motion.float().norm(dim=0).max().item()
        report.note(
            f"{job.out}: {settings.num_frames} frames, up to {fastest:.1f} pixels per frame"
            f" at {settings.size[0]}x{settings.size[1]}"
        )
    if job.out != STDOUT:
        typer.echo(job.out)
