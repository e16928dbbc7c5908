"""The commands of the README, as a stranger would copy them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from command import Run

ROOT = Path(__file__).parents[2]
FILE = re.compile(r".+\.(mp4|png|gif|svg)|.+/")


def _commands() -> list[list[str]]:
    """Those that make or change a video of what is in examples/, or of nothing."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    words = [shlex.split(line, comments=True) for line in lines]
    return [
        command
        for command in words
        if command[1:2] in (["generate"], ["inpaint"], ["stylize"]) and _ready(command)
    ]


def _ready(command: list[str]) -> bool:
    """Whether it makes a file, of sources that are there without another command's work."""
    if "-o" not in command or "|" in command:
        return False
    result = command[command.index("-o") + 1]
    return all((ROOT / word).exists() for word in command if FILE.fullmatch(word) and word != result)


def test_there_are_commands_to_copy() -> None:
    assert {command[1] for command in _commands()} == {"generate", "inpaint", "stylize"}
    assert len(_commands()) > 14


@pytest.mark.parametrize("command", _commands(), ids=" ".join)
def test_a_command_of_the_readme_is_understood(vcomp: Run, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples", target_is_directory=True)
    outcome = vcomp(*command[1:], "--dry-run")
    assert outcome.code == 0, outcome.err
    assert re.search(r"memory|peak", outcome.out)  # in words or as JSON
    assert "was trained without" not in outcome.err
