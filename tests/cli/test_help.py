"""Help costs nothing and shows everything."""

from __future__ import annotations

import subprocess
import sys

from command import Run


def test_help_imports_nothing_slow() -> None:
    code = "import sys; from vcomp.cli import main; sys.argv[1:] = ['--help']\ntry: main()\n"
    code += "except SystemExit: print([m for m in ('torch', 'numpy', 'av') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_typo_is_told_without_torch() -> None:
    code = "import sys; from vcomp.cli import main\n"
    code += "sys.argv[1:] = ['generate', '--text', 'a', '--sampler', 'dmp', '-o', 'out.mp4']\n"
    code += "try: main()\nexcept SystemExit as end: print(end.code, 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "2 False\n"


def test_commands_are_listed(vcomp: Run) -> None:
    outcome = vcomp("--help")
    assert outcome.code == 0
    assert all(command in outcome.out for command in ("generate", "show", "report", "train"))


def test_options_stand_in_panels_with_examples_below(vcomp: Run) -> None:
    outcome = vcomp("generate", "--help")
    panels = ["Conditions", "Guidance", "Video", "Output", "Model", "Examples"]
    places = [
        outcome.out.index(f"{name} ") if name != "Examples" else outcome.out.index(name) for name in panels
    ]
    assert places == sorted(places)


def test_version(vcomp: Run) -> None:
    assert vcomp("--version").out == "vcomp 0.1.0\n"
