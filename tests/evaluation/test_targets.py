"""What make numbers printed, read back, and the side of its targets that it is on."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from vcomp.errors import UsageError
from vcomp.evaluation.numbers import NAMES
from vcomp.evaluation.statistics import Estimate, unknown
from vcomp.evaluation.targets import TARGETS, read_numbers


def test_targets_are_of_numbers_there_are() -> None:
    assert set(TARGETS) <= set(NAMES)


def test_a_target_is_reached_from_its_side_and_by_its_bound() -> None:
    least, most = TARGETS["sketch_f1"], TARGETS["motion_epe_ratio"]
    assert [str(least), str(most)] == ["≥ 0.85", "≤ 0.35"]
    assert [least.is_reached(x) for x in (0.84, 0.85, 0.9, math.nan)] == [False, True, True, False]
    assert [most.is_reached(x) for x in (0.3, 0.35, 0.36, math.nan)] == [True, True, False, False]


def test_numbers_come_back_as_they_were_printed(tmp_path: Path) -> None:
    path = tmp_path / "numbers.jsonl"
    once, again = (Estimate(value=x, n=3, low=0.5, high=1.5, facts={"worst": "a"}) for x in (0.75, 1.0))
    lines = [once.to_json("x"), unknown("no model").to_json("y"), again.to_json("x")]
    path.write_text("\n".join(lines))
    numbers = read_numbers(path)
    assert numbers["x"] == again
    assert math.isnan(numbers["y"].value)
    assert numbers["y"].facts == {"reason": "no model"}


@pytest.mark.parametrize("line", ["text: 4/200", '{"name": "x"}', "[1]", '{"name": "x", "value": 1, "n": 2}'])
def test_other_lines_are_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "numbers.jsonl"
    path.write_text(f"{unknown('').to_json('x')}\n{line}\n")
    with pytest.raises(UsageError, match=r"Line 2 of .*numbers.jsonl is not a number"):
        read_numbers(path)
