"""What a video was made from, out of the recipe it carries: what it can be measured against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from vcomp.cli.recipe import AnyRecipe, Recipe, read_recipe
from vcomp.errors import MediaError
from vcomp.evaluation.specs import METRICS
from vcomp.evaluation.subjects import Subject
from vcomp.media.comment import read_comment


def own_recipe(path: str) -> AnyRecipe | None:
    """The recipe that a video carries; None if it carries none, or cannot be read."""
    try:
        return read_recipe(read_comment(path), path=path)
    except MediaError:
        return None


def own_subject(path: str, metrics: Iterable[str]) -> Subject:
    """A video with the text, style and references that its recipe names, as far as they are still there.

    Args:
        path: Of the video.
        metrics: That it is to be measured by; where none needs anything, the recipe is not looked for.
    """
    names = tuple(metrics)
    recipe = own_recipe(path) if any(METRICS[name].needs for name in names) else None
    if recipe is None:
        return Subject(path=path)
    followed = own_references(recipe) if isinstance(recipe, Recipe) else {}
    there = {name: file for name, file in followed.items() if name in names and Path(file).exists()}
    has_style = recipe.style is not None and Path(recipe.style).exists()
    return Subject(path=path, text=recipe.text, style=recipe.style if has_style else None, references=there)


def own_references(recipe: Recipe) -> Mapping[str, str]:
    """By metric, the file that the recipe's video was to follow.

    Motion that several files and the camera add up to is no single one's.
    """
    found = {"sketch-f1": recipe.sketch, "depth-error": recipe.depth}
    if len(recipe.motion) == 1 and recipe.camera is None and recipe.bundle is None:
        found["motion-error"] = recipe.motion[0]
    return {name: file for name, file in found.items() if file is not None}
