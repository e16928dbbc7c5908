"""What `make numbers` printed, and what its numbers should be at least, or at most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vcomp.errors import UsageError
from vcomp.evaluation.statistics import Estimate


@dataclass(frozen=True)
class Target:
    """A bound of a number.

    Args:
        relation: Of the number to the bound.
        bound: In the number's unit.
    """

    relation: Literal["≥", "≤"]
    bound: float

    def __str__(self) -> str:
        return f"{self.relation} {self.bound:g}"

    def is_reached(self, value: float) -> bool:
        """Whether a value is on the right side; nan is not."""
        return value >= self.bound if self.relation == "≥" else value <= self.bound


TARGETS: Mapping[str, Target] = {
    "autoencoder_psnr_db": Target("≥", 34),
    "text_background": Target("≥", 0.95),
    "text_colour": Target("≥", 0.90),
    "text_kind": Target("≥", 0.80),
    "text_direction": Target("≥", 0.85),
    "sketch_f1": Target("≥", 0.85),
    "single_sketch_f1": Target("≥", 0.80),
    "unseen_sketch_f1": Target("≥", 0.70),
    "depth_order": Target("≥", 0.95),
    "motion_epe_ratio": Target("≤", 0.35),
    "stroke_obeyed": Target("≥", 0.90),
    "image_psnr_db": Target("≥", 26),
    "style_right": Target("≥", 0.90),
    "composition_loss": Target("≤", 0.10),
}
"""By the number's name."""


def read_numbers(path: Path) -> dict[str, Estimate]:
    """Numbers by name, of a file of JSON lines; of those that are there twice the last.

    Raises:
        UsageError: A line is no number.
    """
    numbers = {}
    for index, line in enumerate(path.read_text().splitlines(), start=1):
        try:
            name, estimate = Estimate.from_json(line)
        except ValueError as error:
            raise UsageError(
                f"Line {index} of {path} is not a number.", hint="Give a file that make numbers printed."
            ) from error
        numbers[name] = estimate
    return numbers
