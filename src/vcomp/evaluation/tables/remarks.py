"""What people made of the results: text that stands beside the figures."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vcomp.engine.checks import check_name
from vcomp.errors import UsageError
from vcomp.evaluation.targets import TARGETS


class Remarks(BaseModel):
    """Paragraphs of Markdown.

    Args:
        studies: By the study's title.
        numbers: By the name of a number that has a target.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    studies: dict[str, str] = Field(default_factory=dict)
    numbers: dict[str, str] = Field(default_factory=dict)


def read_remarks(path: Path, studies: Collection[str]) -> Remarks:
    """Those of a TOML file with tables `studies` and `numbers`.

    Args:
        path: The file.
        studies: Titles of the studies there are.

    Raises:
        UsageError: It is no such file, or a remark is of what there is not.
    """
    try:
        remarks = Remarks.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise UsageError(
            f"{path} holds no remarks.", hint="Give TOML with texts in the tables studies and numbers."
        ) from error
    for title in remarks.studies:
        check_name("study", title, studies)
    for name in remarks.numbers:
        check_name("number with a target", name, TARGETS)
    return remarks
