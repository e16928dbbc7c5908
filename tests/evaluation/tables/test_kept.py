"""Values in a file: what comes back, and what an interruption leaves."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from vcomp.evaluation.tables.kept import KeptValues

OF = {"way": "text", "steps": 2}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "values.jsonl"


def test_what_was_kept_is_not_missing(path: Path) -> None:
    kept = KeptValues(path)
    assert kept.missing(OF, ["a"], range(3)) == [0, 1, 2]
    kept.add(OF, [0, 2], {"a": [0.1, math.nan], "b": [math.inf, -2.5]})
    for again in (kept, KeptValues(path)):
        assert again.missing(OF, ["a", "b"], range(3)) == [1]
        assert again.missing(OF, ["a", "c"], range(3)) == [0, 1, 2]
        assert again.missing({**OF, "steps": 3}, ["a"], [0]) == [0]
        assert again.missing(dict(reversed(OF.items())), ["a"], [0]) == []
        assert again.values(OF, "b", [2, 0]) == [-2.5, math.inf]
        assert math.isnan(again.values(OF, "a", [2])[0])


def test_later_values_add_to_earlier_ones(path: Path) -> None:
    KeptValues(path).add(OF, [0], {"a": [1.0]})
    KeptValues(path).add(OF, [0, 1], {"b": [2.0, 3.0]})
    kept = KeptValues(path)
    assert kept.values(OF, "a", [0]) == [1.0]
    assert kept.values(OF, "b", [0, 1]) == [2.0, 3.0]
    with pytest.raises(KeyError):
        kept.values(OF, "a", [1])


def test_a_line_cut_short_is_dropped(path: Path) -> None:
    kept = KeptValues(path)
    kept.add(OF, [0], {"a": [1.0]})
    kept.add(OF, [1], {"a": [2.0]})
    path.write_bytes(path.read_bytes()[:-5])
    cut = KeptValues(path)
    assert cut.missing(OF, ["a"], range(2)) == [1]
    cut.add(OF, [1], {"a": [3.0]})
    assert KeptValues(path).values(OF, "a", range(2)) == [1.0, 3.0]
