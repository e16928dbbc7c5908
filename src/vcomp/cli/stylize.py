"""`vcomp stylize`: a video in the look of a picture."""

from __future__ import annotations

from vcomp.cli import edit_options as edit
from vcomp.cli import options as opt
from vcomp.engine.editing.options import KEEPABLE

_ALL = ",".join(KEEPABLE)

EXAMPLES = """[bold]Examples[/bold]

The clip's structure and motion, the picture's look:
[cyan]vcomp stylize clip.mp4 --style paint.png --text "a boat on a lake" -o out.mp4[/cyan]

Only its outlines are kept, and the first two seconds, at another size:
[cyan]vcomp stylize clip.mp4 --style paint.png --keep sketch --frames 60 --size 640x640 -o out.mp4[/cyan]
"""


def stylize(
    video: edit.Edited,
    *,
    style: edit.Look,
    text: opt.Text = None,
    keep: edit.Keep = _ALL,
    guide: opt.Guides = None,
    guidance_scale: opt.GuidanceScale = None,
    guidance_rescale: opt.GuidanceRescale = None,
    strength: opt.Strengths = None,
    frames: edit.ResultFrames = None,
    fps: edit.ResultFps = None,
    size: edit.ResultSize = None,
    steps: opt.Steps = 20,
    sampler: opt.Sampler = "dpm++",
    seed: opt.Seed = None,
    out: opt.Out,
    audio: edit.Audio = True,
    strip: opt.Strip = False,
    overwrite: opt.Overwrite = False,
    as_json: opt.AsJson = False,
    quiet: opt.Quiet = False,
    dry_run: opt.DryRun = False,
    model: opt.Model = "tiny",
    model_size: edit.ModelSize = None,
    model_fps: edit.ModelFps = None,
    device: opt.Device = "auto",
    dtype: opt.Dtype = "auto",
    offload: opt.Offload = False,
) -> None:
    """Make a video again in the look of a picture: its structure and motion stay.

    The result has the frame rate, the size, the length and the sound of VIDEO, unless told otherwise.
    Its path is printed on stdout.
    """
    from importlib.metadata import version
    from secrets import randbits

    from vcomp.cli.edit_job import stylize_job
    from vcomp.cli.edit_recipe import StylizeRecipe
    from vcomp.cli.job import Output

    recipe = StylizeRecipe(
        version=version("vcomp"),
        video=video,
        style=style,
        text=text,
        keep=keep,
        guide=tuple(guide or ()),
        guidance_scale=guidance_scale,
        guidance_rescale=guidance_rescale,
        strength=tuple(strength or ()),
        frames=frames,
        fps=fps,
        size=size,
        steps=steps,
        sampler=sampler,
        seed=randbits(32) if seed is None else seed,
        audio=audio,
        model=model,
        model_size=model_size,
        model_fps=model_fps,
        device=device,
        dtype=dtype,
    )
    output = Output(out, strip, None, overwrite, as_json, quiet, dry_run)
    stylize_job(recipe, output, offload=offload)
