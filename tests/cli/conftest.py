"""Running the command in this process, through its real entry point, and media to give it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from command import VCOMP, Outcome, Run

from vcomp.cli import main
from vcomp.media.clip import Clip
from vcomp.media.write import write_clip, write_picture


@pytest.fixture
def vcomp(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run `vcomp` with arguments, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str | Path) -> Outcome:
        monkeypatch.setattr(sys, "argv", [str(VCOMP), *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capfd.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run


@pytest.fixture
def generate(vcomp: Run, model_folder: Path) -> Run:
    """Run `vcomp generate` on the small system, in two steps."""
    return lambda *arguments: vcomp("generate", "--model", model_folder, "--steps", "2", *arguments)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of a shell that finds `vcomp`."""
    path = f"{VCOMP.parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path}


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    """Dark lines on white."""
    picture = np.full((200, 200, 3), 255, np.uint8)
    cv2.circle(picture, (100, 100), 60, (20, 20, 20), 3)
    write_picture(picture, tmp_path / "drawing.png")
    return tmp_path / "drawing.png"


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Six frames of texture moving right."""
    texture = np.random.default_rng(1).integers(0, 255, (9, 12, 3), np.uint8)
    frames = np.stack([np.roll(cv2.resize(texture, (96, 72)), 2 * i, axis=1) for i in range(6)])
    write_clip(Clip(frames, 8.0), tmp_path / "film.mp4")
    return tmp_path / "film.mp4"
