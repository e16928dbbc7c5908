"""Values of samples in a file, so that what was measured once is not measured again."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any


class KeptValues:
    """A file of JSON lines, one for each batch of samples, as it is known.

    A line is `{"of": {…}, "seeds": […], "values": {metric: […]}}`, with Python's NaN and Infinity. A last
    line that an interruption cut short is dropped.

    Args:
        path: The file; there need be none yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values: dict[str, dict[int, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
        path.parent.mkdir(parents=True, exist_ok=True)
        content = path.read_bytes() if path.exists() else b""
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            os.truncate(path, len(whole))
        for line in whole.splitlines():
            batch = json.loads(line)
            self._take(batch["of"], batch["seeds"], batch["values"])

    def missing(self, of: Mapping[str, Any], metrics: Collection[str], seeds: Sequence[int]) -> list[int]:
        """The samples of which not all of these are known."""
        known = self._values[_key(of)]
        return [seed for seed in seeds if not known[seed].keys() >= set(metrics)]

    def values(self, of: Mapping[str, Any], metric: str, seeds: Sequence[int]) -> list[float]:
        """One a sample.

        Raises:
            KeyError: One is missing.
        """
        known = self._values[_key(of)]
        return [known[seed][metric] for seed in seeds]

    def add(self, of: Mapping[str, Any], seeds: Sequence[int], values: Mapping[str, Sequence[float]]) -> None:
        """Keep the values of some samples.

        Args:
            of: All that they depend on.
            seeds: Of the samples.
            values: For each metric, one a sample.
        """
        line = json.dumps({"of": of, "seeds": list(seeds), "values": values})
        with self._path.open("a") as file:
            file.write(f"{line}\n")
        self._take(of, seeds, values)

    def _take(
        self, of: Mapping[str, Any], seeds: Sequence[int], values: Mapping[str, Sequence[float]]
    ) -> None:
        known = self._values[_key(of)]
        for metric, each in values.items():
            for seed, value in zip(seeds, each, strict=True):
                known[seed][metric] = value


def _key(of: Mapping[str, Any]) -> str:
    return json.dumps(of, sort_keys=True)
