"""The page as a browser gets it: whole, closed, and nothing from outside."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from vcomp.errors import MediaError
from vcomp.evaluation.measuring import Measurer
from vcomp.evaluation.report.entries import Entry
from vcomp.evaluation.report.looks import look_at
from vcomp.evaluation.report.page import ReportPage
from vcomp.evaluation.subjects import Subject, SubjectSet
from vcomp.evaluation.toolbox import Toolbox
from vcomp.media.clip import Clip, Frames
from vcomp.media.write import write_clip

_VOID = ("meta", "img", "link", "br", "input")


class Tags(HTMLParser):
    """Every tag, and whether each is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def page(tools: Toolbox, moving: Frames, tmp_path: Path) -> str:
    (tmp_path / "copies").mkdir()
    paths = [str(tmp_path / name) for name in ("a.mp4", "b & <c>.gif")]
    for index, path in enumerate(paths):
        write_clip(Clip(moving[: 6 + index], 8.0), path)
    subjects = tuple(Subject(path=path, text="a star") for path in paths)
    [measured] = Measurer(metrics=("frame-consistency", "text-alignment"), tools=tools).measure(
        [SubjectSet(name="set", subjects=subjects)]
    )
    entries = [
        Entry(path=paths[0], command="vcomp generate --text '<b>' -o a.mp4", words={"text": "a <b> star"}),
        Entry(path=paths[1]),
        Entry(path="bad.mp4"),
    ]
    looks = {path: look_at(path, tmp_path / "copies") for path in paths}
    report = ReportPage(
        title="my <results>",
        entries=entries,
        looks={**looks, "bad.mp4": MediaError("bad.mp4 is damaged.")},
        measured=measured,
    )
    return "".join(report.parts())


def test_it_is_closed_and_needs_no_other_file(page: str) -> None:
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert len(tags.sources) >= 5
    assert all(source.startswith(("data:", "#")) for source in tags.sources)
    assert "http" not in re.sub(r"base64,[\w+/=]+", "", page)


def test_videos_are_in_it_to_the_byte(page: str, tmp_path: Path) -> None:
    [video] = re.findall(r'<video [^>]*src="data:video/mp4;base64,([^"]+)"', page)
    assert base64.b64decode(video) == (tmp_path / "a.mp4").read_bytes()
    assert "data:image/gif;base64," in page


def test_it_says_what_there_is_to_say(page: str) -> None:
    words = [
        "my &lt;results&gt;", "a &lt;b&gt; star", "b &amp; &lt;c&gt;.gif", "It carries no recipe.",
        "vcomp generate --text &#39;&lt;b&gt;&#39; -o a.mp4", "bad.mp4 is damaged.",
        "1 more could not be read", "95 % interval of the mean", "by CLIP tiny (",
    ]  # fmt: skip
    assert [word for word in words if word not in page] == []
    assert page.count("<svg") == 2 + 2 * 2
    rows = re.findall(r'<tr><td><a href="#[^"]+">[^<]+</a></td><td>([\d.]+)</td><td>([\d.]+)</td></tr>', page)
    means = re.search(r"<tr><th>mean</th><th>([\d.]+)</th><th>([\d.]+)</th></tr>", page)
    assert means
    for column in (0, 1):
        each = [float(row[column]) for row in rows]
        assert float(means.group(column + 1)) == pytest.approx(sum(each) / 2, abs=1e-4)
