"""Write docs/cli.md from the commands' own --help, so that the two cannot disagree."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from typer.core import TyperGroup
from typer.main import get_command

from vcomp.cli import app
from vcomp.errors import VcompError

OUT = Path(__file__).parents[1] / "docs" / "cli.md"


def help_of(command: str) -> str:
    """What `vcomp COMMAND --help` prints, without colours, 100 columns wide."""
    arguments = [str(Path(sys.executable).with_name("vcomp")), *command.split(), "--help"]
    plain = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    text = subprocess.run(arguments, capture_output=True, text=True, check=True, env=plain).stdout
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


def commands(command: object, prefix: str = "") -> Iterator[str]:
    """The command and all below it, as words after `vcomp`."""
    yield prefix
    if isinstance(command, TyperGroup):
        for name, child in command.commands.items():
            yield from commands(child, f"{prefix} {name}".strip())


def exit_codes() -> str:
    """A table of them, from the kinds of error."""
    kinds = sorted(VcompError.__subclasses__(), key=lambda kind: kind.exit_code)
    meanings = {
        0: "All went well.",
        1: "Something failed in a way that nobody foresaw.",
        **{kind.exit_code: str(kind.__doc__).partition("\n")[0] for kind in kinds},
        130: "It was interrupted with Ctrl-C; nothing is left half-written.",
    }
    rows = [f"| {code} | {meaning} |" for code, meaning in meanings.items()]
    return "\n".join(["## Exit codes", "", "| code | meaning |", "|---|---|", *rows]) + "\n"


def main() -> None:
    """One section a command, and the exit codes of all."""
    names = commands(get_command(app))
    sections = [f"## `{f'vcomp {name}'.strip()}`\n\n```text\n{help_of(name)}\n```\n" for name in names]
    OUT.write_text(
        "# Commands\n\nMade by `make cli-docs` from `--help`.\n\n" + "\n".join([*sections, exit_codes()])
    )
    print(OUT)


if __name__ == "__main__":
    main()
