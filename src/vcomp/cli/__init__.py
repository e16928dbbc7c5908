"""The command line: one file per command, which parses, calls the library and renders."""

from __future__ import annotations

import gc
import sys
from typing import Annotated

import typer

from vcomp.cli.evaluate import EXAMPLES as EVALUATE_EXAMPLES
from vcomp.cli.evaluate import evaluate
from vcomp.cli.extract import EXAMPLES as EXTRACT_EXAMPLES
from vcomp.cli.extract import extract
from vcomp.cli.generate import EXAMPLES as GENERATE_EXAMPLES
from vcomp.cli.generate import generate
from vcomp.cli.inpaint import EXAMPLES as INPAINT_EXAMPLES
from vcomp.cli.inpaint import inpaint
from vcomp.cli.motion import app as motion
from vcomp.cli.report_page import EXAMPLES as REPORT_EXAMPLES
from vcomp.cli.report_page import report
from vcomp.cli.show import EXAMPLES as SHOW_EXAMPLES
from vcomp.cli.show import show
from vcomp.cli.stylize import EXAMPLES as STYLIZE_EXAMPLES
from vcomp.cli.stylize import stylize
from vcomp.cli.train import EXAMPLES as TRAIN_EXAMPLES
from vcomp.cli.train import train
from vcomp.cli.usage import Commands
from vcomp.cli.weights import app as weights
from vcomp.errors import VcompError

# Importing torch makes a million objects that stay. Looking for cycles among them every 700 objects, and once
# more at the end, takes Python a second.
_COLLECTED_AFTER = 20_000

app = typer.Typer(
    name="vcomp",
    cls=Commands,
    help="Make short videos from any combination of text, pictures, sketches, depth, motion and masks.",
    epilog="Start with: [cyan]vcomp generate --text 'a yellow circle on blue' -o out.mp4[/cyan]\n\n"
    "Exit codes: 0 is success, 2 a mistake in the command; all of them are in docs/cli.md.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(epilog=GENERATE_EXAMPLES)(generate)
app.command(epilog=EXTRACT_EXAMPLES)(extract)
app.command(epilog=INPAINT_EXAMPLES)(inpaint)
app.command(epilog=STYLIZE_EXAMPLES)(stylize)
app.command(epilog=SHOW_EXAMPLES)(show)
app.command("eval", epilog=EVALUATE_EXAMPLES)(evaluate)
app.command(epilog=REPORT_EXAMPLES)(report)
app.command(epilog=TRAIN_EXAMPLES)(train)
app.add_typer(motion, name="motion")
app.add_typer(weights, name="weights")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"vcomp {version('vcomp')}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Make short videos from any combination of text, pictures, sketches, depth, motion and masks."""


def main() -> None:
    """Run the command line; an error is a sentence and its remedy on stderr, and an exit code by its kind."""
    gc.set_threshold(_COLLECTED_AFTER)
    try:
        app(prog_name="vcomp")
    except VcompError as error:
        typer.secho("Error: ", fg=typer.colors.RED, err=True, nl=False)
        typer.echo(error, err=True)
        sys.exit(error.exit_code)
    finally:
        gc.freeze()
