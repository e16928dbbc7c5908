"""Write docs/cli.md from the commands' own --help, so that the two cannot disagree."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COMMANDS = ("", "generate", "show", "train")
OUT = Path(__file__).parents[1] / "docs" / "cli.md"


def help_of(command: str) -> str:
    """What `vcomp COMMAND --help` prints, without colours, 100 columns wide."""
    arguments = [str(Path(sys.executable).with_name("vcomp")), *command.split(), "--help"]
    plain = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    text = subprocess.run(arguments, capture_output=True, text=True, check=True, env=plain).stdout
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


def main() -> None:
    """One section a command."""
    sections = [f"## `{f'vcomp {c}'.strip()}`\n\n```text\n{help_of(c)}\n```\n" for c in COMMANDS]
    OUT.write_text("# Commands\n\nMade by `make cli-docs` from `--help`.\n\n" + "\n".join(sections))
    print(OUT)


if __name__ == "__main__":
    main()
