"""One extraction from the command line: check everything, extract, tell."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import typer
from rich.filesize import decimal

from vcomp.cli.parsing import parse_extractor
from vcomp.cli.report import Report
from vcomp.errors import OutputError, UsageError
from vcomp.extractors.names import check_names
from vcomp.media.inputs import STDIN, locate
from vcomp.media.outputs import STDOUT, atomically, check_parent, writing
from vcomp.wording import counted

if TYPE_CHECKING:
    from vcomp.conditions.bundle import BundleWriter
    from vcomp.conditions.manifest import Manifest
    from vcomp.engine.engine import Engine
    from vcomp.extractors.motion_vectors import Fill
    from vcomp.extractors.streaming import Extraction
    from vcomp.media.resize import FitMode

_TENSORS_SUFFIX = ".safetensors"
_LARGE_BYTES = 50_000_000


@dataclass(frozen=True, kw_only=True)
class ExtractJob:
    """The options of `vcomp extract`."""

    source: str
    out: str
    names: tuple[str, ...]
    mask: str | None
    fps: float | None
    num_frames: int | None
    start_s: float
    size: tuple[int, int] | int
    fit: FitMode
    sketch_by: str | None
    flow_by: str
    vectors: Fill
    half: bool
    pictures: bool
    overwrite: bool
    as_json: bool
    quiet: bool
    model: str
    device: str

    @property
    def tensors_only(self) -> bool:
        """Whether there is nothing to look at in what is written."""
        return self.out == STDOUT or self.out.endswith(_TENSORS_SUFFIX)

    def check(self) -> None:
        """All that can be told without torch.

        Raises:
            UsageError: An option is out of range, or contradicts another.
            OutputError: The result cannot be written.
            MediaError: There is no source.
        """
        check_names(self.names, has_mask=self.mask is not None)
        if self.out == STDOUT and self.as_json:
            raise UsageError("--json does not go with -o -.", hint="Write to a folder instead of the pipe.")
        if self.out == STDOUT and sys.stdout.isatty():
            raise OutputError("Tensors are not for a terminal.", hint="Pipe them on, or name a folder.")
        if self.mask == STDIN == self.source:
            raise UsageError("Source and mask cannot both come through the pipe.", hint="Name one as a file.")
        if self.tensors_only:
            if self.out != STDOUT:
                check_parent(self.out)
        else:
            from vcomp.conditions.folder import check_bundle_folder

            check_bundle_folder(Path(self.out), overwrite=self.overwrite)
        for path in (self.source, self.mask):
            if path is not None:
                locate(path)


def run_extraction(job: ExtractJob) -> None:
    """Extract; the path or the manifest goes to stdout, all talk to stderr.

    Raises:
        VcompError: Of the kind that says what is wrong, and nothing is left half-written.
    """
    start = perf_counter()
    job.check()
    with Report(quiet=job.quiet) as report:
        report.count("starting", 0)
        from vcomp.engine.engine import Engine
        from vcomp.extractors.streaming import extract
        from vcomp.models.system import load_system

        engine = Engine(load_system(job.model, complete=False), device=job.device)
        extraction = _extraction(job, engine)
        with _writer(job) as writer:
            manifest = extract(
                job.source, writer, extraction, on_frames=lambda done: report.count("extracting", done)
            )
        _tell(report, job, manifest, seconds=perf_counter() - start)
    if job.as_json:
        typer.echo(manifest.to_json(), nl=False)
    elif job.out != STDOUT:
        typer.echo(job.out)


def _tell(report: Report, job: ExtractJob, manifest: Manifest, *, seconds: float) -> None:
    for name, entry in manifest.conditions.items():
        if entry.extractor:
            report.note(f"{name}: {entry.extractor}")
    width, height = manifest.size or (0, 0)
    frames = counted(len(manifest.times_s), "frame")
    stored = "" if job.out == STDOUT else f", {decimal(size := _stored_bytes(Path(job.out)))}"
    report.note(f"{job.out}: {frames} of {width}x{height} in {seconds:.1f} s{stored}")
    if stored and size > _LARGE_BYTES and not job.half:
        report.note("Its tensors take half the disk with --half.")
    if not job.tensors_only and job.pictures:
        report.note(f"Look at them: {Path(job.out) / 'index.html'}")


def _stored_bytes(out: Path) -> int:
    """Of a bundle, or of its tensors alone."""
    files = out.iterdir() if out.is_dir() else [out]
    return sum(file.stat().st_size for file in files)


def _extraction(job: ExtractJob, engine: Engine) -> Extraction:
    from vcomp.engine.own_extractors import depth_caveat, own_depth, own_sketch
    from vcomp.extractors.chunks import Sampling
    from vcomp.extractors.named import flow_extractor, sketch_extractor
    from vcomp.extractors.streaming import Extraction

    name, weights = parse_extractor(job.flow_by)
    flow = flow_extractor(name, weights, device=engine.device)
    if job.sketch_by is None:
        sketch = own_sketch(engine)
    else:
        name, weights = parse_extractor(job.sketch_by)
        sketch = sketch_extractor(name, weights, device=engine.device)
    depth = own_depth(engine)
    if caveat := depth_caveat(engine):
        remedy = "for photographs: vcomp weights pull extractors, then --model videocomposer"
        depth = replace(depth, described=f"{depth.described}, which {caveat} ({remedy})")
    return Extraction(
        sampling=Sampling(
            fps=job.fps, num_frames=job.num_frames, start_s=job.start_s, size=job.size, fit=job.fit
        ),
        sketch=sketch,
        depth=depth,
        flow=flow,
        names=job.names,
        mask=job.mask,
        fill=job.vectors,
        recognise=frozenset({"depth"} if job.sketch_by else {"sketch", "depth"}),
        half=job.half,
        looks=job.pictures and not job.tensors_only,
    )


@contextmanager
def _writer(job: ExtractJob) -> Iterator[BundleWriter]:
    """A writer for a folder, or for tensors alone in a file or the pipe."""
    from vcomp.conditions.bundle import BundleWriter, bundle_writer
    from vcomp.conditions.folder import TENSORS_NAME

    if not job.tensors_only:
        with bundle_writer(Path(job.out), overwrite=job.overwrite) as writer:
            yield writer
        return
    beside = Path(tempfile.gettempdir()) if job.out == STDOUT else Path(job.out).absolute().parent
    with tempfile.TemporaryDirectory(dir=beside, prefix=".vcomp-") as scratch:
        with writing(beside if job.out == STDOUT else job.out):
            yield BundleWriter(Path(scratch))
        tensors = Path(scratch) / TENSORS_NAME
        if job.out == STDOUT:
            _pipe(tensors)
        else:
            with atomically(job.out) as target:
                tensors.rename(target)


def _pipe(file: Path) -> None:
    try:
        with file.open("rb") as source:
            shutil.copyfileobj(source, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except OSError as error:
        raise OutputError(
            f"The tensors could not be written to standard output: {error.strerror}.",
            hint="The command that reads them ended too soon.",
        ) from error
