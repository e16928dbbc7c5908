"""`vcomp show`: how a file was made."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from vcomp.cli.recipe import AnyRecipe

EXAMPLES = """[bold]Examples[/bold]

[cyan]vcomp show out.mp4[/cyan]  the command that made it

[cyan]vcomp show out.mp4 | sh[/cyan]  makes it again

[cyan]vcomp show out.mp4 -o again.mp4 | sh[/cyan]  makes it again, elsewhere
"""


def show(
    file: Annotated[str, typer.Argument(help="A video, picture or folder that vcomp wrote.")],
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", help="Where the command is to write.", show_default="FILE itself"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the recipe itself, as JSON.")] = False,
) -> None:
    """Print how FILE was made, as a command that makes the same video again."""
    from vcomp.cli.recipe import read_recipe
    from vcomp.cli.recipe_base import as_seen
    from vcomp.media.comment import read_comment

    recipe = read_recipe(read_comment(file), path=file)
    if as_json:
        typer.echo(recipe.model_dump_json(indent=2))
        return
    typer.echo(command_of(recipe.with_paths(as_seen), file if out is None else out))


def command_of(recipe: AnyRecipe, target: str) -> str:
    """The line for a shell that makes a recipe's video at `target`, with this program."""
    return recipe.as_command(target, program=_program(), overwrite=Path(target).is_dir())


def _program() -> str:
    """This program as a shell finds it, also where it was called by its path."""
    return "vcomp" if shutil.which("vcomp") else str(Path(sys.argv[0]).absolute())
