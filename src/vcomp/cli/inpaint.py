"""`vcomp inpaint`: something new in a part of a video, or around it."""

from __future__ import annotations

from vcomp.cli import edit_options as edit
from vcomp.cli import options as opt

EXAMPLES = """[bold]Examples[/bold]

Something new in a box of the video:
[cyan]vcomp inpaint clip.mp4 --mask 40,30,64,64 --text "a green heart" -o out.mp4[/cyan]

Where a picture is white, carried along with what it covers; first only look where that is:
[cyan]vcomp inpaint clip.mp4 --mask mask.png --track --dilate 4 --preview-mask area.mp4[/cyan]
[cyan]vcomp inpaint clip.mp4 --mask mask.png --track --dilate 4 --text "a red star" -o out.mp4[/cyan]

The left third, in the look of a picture:
[cyan]vcomp inpaint clip.mp4 --mask "left 33%" --style paint.png --text "hills" -o out.mp4[/cyan]

A wider picture than there was:
[cyan]vcomp inpaint clip.mp4 --outpaint 16:9 -o wide.mp4[/cyan]
"""


def inpaint(
    video: edit.Edited,
    *,
    mask: edit.Area = None,
    outpaint: edit.Outpaint = None,
    track: edit.Track = False,
    invert: edit.Invert = False,
    dilate: edit.Dilate = 0,
    feather: edit.Feather = None,
    preview_mask: edit.PreviewMask = None,
    text: opt.Text = None,
    image: opt.Image = None,
    sketch: opt.Sketch = None,
    style: opt.Style = None,
    depth: opt.Depth = None,
    motion: opt.Motion = None,
    guide: opt.Guides = None,
    guidance_scale: opt.GuidanceScale = None,
    guidance_rescale: opt.GuidanceRescale = None,
    strength: opt.Strengths = None,
    steps: opt.Steps = 20,
    sampler: opt.Sampler = "dpm++",
    seed: opt.Seed = None,
    out: edit.EditOut = None,
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
    """Make a video anew where a mask is white, or around its frames. Everywhere else it stays as it is.

    The result has the frame rate, the length, the sound and, but for outpainting, the size of VIDEO. The
    pictures of conditions are of the whole frame, as the mask is. The result's path is printed on stdout.
    """
    from importlib.metadata import version
    from secrets import randbits

    from vcomp.cli.edit_job import inpaint_job
    from vcomp.cli.edit_recipe import InpaintRecipe
    from vcomp.cli.job import Output
    from vcomp.errors import UsageError

    if out is None and preview_mask is None:
        raise UsageError("There is nowhere to write to.", hint="Give --out, or --preview-mask alone.")
    for option, is_given in (("--strip", strip), ("--json", as_json)):
        if is_given and out is None:
            raise UsageError(f"{option} tells of a result, and there is none.", hint="Give --out.")
    if dry_run and preview_mask is not None:
        raise UsageError("--dry-run writes nothing.", hint="Leave out --preview-mask.")
    recipe = InpaintRecipe(
        version=version("vcomp"),
        video=video,
        mask=mask,
        outpaint=outpaint,
        track=track,
        invert=invert,
        dilate=dilate,
        feather=feather,
        text=text,
        image=image,
        sketch=sketch,
        style=style,
        depth=depth,
        motion=tuple(motion or ()),
        guide=tuple(guide or ()),
        guidance_scale=guidance_scale,
        guidance_rescale=guidance_rescale,
        strength=tuple(strength or ()),
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
    output = None if out is None else Output(out, strip, None, overwrite, as_json, quiet, dry_run)
    inpaint_job(recipe, output, preview=preview_mask, quiet=quiet, offload=offload)
