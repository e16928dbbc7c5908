"""`vcomp generate`: conditions in, a video out."""

from __future__ import annotations

from vcomp.cli import options as opt

EXAMPLES = """[bold]Examples[/bold]

A text, a drawing of the first frame, and a stroke along which it moves:
[cyan]vcomp generate --text "a yellow circle" --sketch circle.png --motion path.svg -o out.mp4[/cyan]

Edges and motion of a clip, the motion strengthened, and what was extracted beside the result:
[cyan]vcomp generate --sketch clip.mp4 --motion clip.mp4 --guide motion:4 --strip -o out.mp4[/cyan]

Something new where a mask is white:
[cyan]vcomp generate --text "a green square" --video clip.mp4 --mask mask.png -o out.gif[/cyan]

The depth of a clip and its motion, extracted before:
[cyan]vcomp generate --from clip/ --use depth,flow --text "a red hexagon" -o out.mp4[/cyan]

A stroke drawn by hand, while the camera comes nearer:
[cyan]vcomp generate --image still.png --motion stroke.svg --camera "zoom in 1.02 eased" -o out.mp4[/cyan]

Longer than the model's own 16 frames, from an animation of edges as long as that:
[cyan]vcomp generate --text "a yellow star" --sketch edges.mp4 --frames 64 -o out.mp4[/cyan]

What it would need, without doing it:
[cyan]vcomp generate --model videocomposer --text "a boat" --size 448x256 -o out.mp4 --dry-run[/cyan]

Into a pipe:
[cyan]vcomp generate --text "a yellow star" -o - | ffplay -[/cyan]
"""


def generate(
    *,
    text: opt.Text = None,
    image: opt.Image = None,
    sketch: opt.Sketch = None,
    style: opt.Style = None,
    depth: opt.Depth = None,
    motion: opt.Motion = None,
    camera: opt.Camera = None,
    video: opt.Video = None,
    mask: opt.Mask = None,
    bundle: opt.Bundle = None,
    use: opt.Use = None,
    guide: opt.Guides = None,
    guidance_scale: opt.GuidanceScale = None,
    guidance_rescale: opt.GuidanceRescale = None,
    strength: opt.Strengths = None,
    frames: opt.NumFrames = None,
    window: opt.Window = None,
    overlap: opt.Overlap = None,
    fps: opt.Fps = None,
    size: opt.Size = None,
    steps: opt.Steps = 20,
    sampler: opt.Sampler = "dpm++",
    seed: opt.Seed = None,
    out: opt.Out,
    strip: opt.Strip = False,
    save_conditions: opt.SaveConditions = None,
    overwrite: opt.Overwrite = False,
    as_json: opt.AsJson = False,
    quiet: opt.Quiet = False,
    dry_run: opt.DryRun = False,
    model: opt.Model = "tiny",
    device: opt.Device = "auto",
    dtype: opt.Dtype = "auto",
    offload: opt.Offload = False,
) -> None:
    """Generate a short video from any combination of conditions.

    The path of the result is printed on stdout. How it was made is kept in the file: see [b]vcomp show[/b].
    """
    from importlib.metadata import version
    from secrets import randbits

    from vcomp.cli.job import Output, run
    from vcomp.cli.recipe import Recipe

    recipe = Recipe(
        version=version("vcomp"),
        text=text,
        image=image,
        sketch=sketch,
        style=style,
        depth=depth,
        motion=tuple(motion or ()),
        camera=camera,
        video=video,
        mask=mask,
        bundle=bundle,
        use=use,
        guide=tuple(guide or ()),
        guidance_scale=guidance_scale,
        guidance_rescale=guidance_rescale,
        strength=tuple(strength or ()),
        frames=frames,
        window=window,
        overlap=overlap,
        fps=fps,
        size=size,
        steps=steps,
        sampler=sampler,
        seed=randbits(32) if seed is None else seed,
        model=model,
        device=device,
        dtype=dtype,
    )
    output = Output(out, strip, save_conditions, overwrite, as_json, quiet, dry_run)
    run(recipe, output, offload=offload)
