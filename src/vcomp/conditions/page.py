"""A bundle as one HTML page: source and conditions side by side, playing in step. It needs no other file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from vcomp.conditions.folder import PAGE_NAME, TITLES
from vcomp.conditions.manifest import ConditionEntry, Manifest
from vcomp.media.arrows import colour_wheel
from vcomp.media.inline import file_uri, picture_uri

# A page of more would open slowly; its videos are then linked, and it has to stay in its folder.
MAX_EMBEDDED_BYTES = 2**26
_TEMPLATE = Path(__file__).with_name("page.html")
_WHEEL_PX = 72


@dataclass(frozen=True)
class _Card:
    """One picture or video of the page."""

    name: str
    file: Path
    facts: str


def write_page(folder: Path, manifest: Manifest) -> None:
    """Write `index.html` for the pictures and videos that a bundle's folder holds."""
    cards = list(_cards(folder, manifest))
    embed = sum(card.file.stat().st_size for card in cards) <= MAX_EMBEDDED_BYTES
    page = Template(_TEMPLATE.read_text(encoding="utf-8"))
    before, after = page.substitute(
        title=escape(_title(manifest)),
        facts=escape(_facts(manifest)),
        wheel=picture_uri(colour_wheel(_WHEEL_PX)),
        fps=f"{manifest.fps or 8:g}",
        moves="" if any(card.file.suffix == ".mp4" for card in cards) else "hidden",
        cards="\0",
        manifest=escape(manifest.to_json()),
    ).split("\0")
    with (folder / PAGE_NAME).open("w", encoding="utf-8") as file:
        file.write(before)
        for card in cards:
            file.writelines(_figure(card, embed=embed))
        file.write(after)


def _cards(folder: Path, manifest: Manifest) -> Iterator[_Card]:
    for name in TITLES:
        file = next((path for path in _candidates(folder, name) if path.exists()), None)
        if file is not None:
            entry = manifest.conditions.get(name)
            yield _Card(name, file, "" if entry is None else _entry_facts(entry))


def _candidates(folder: Path, name: str) -> Sequence[Path]:
    return folder / f"{name}.mp4", folder / f"{name}.png"


def _figure(card: _Card, *, embed: bool) -> Iterator[str]:
    title, meaning = TITLES[card.name]
    is_video = card.file.suffix == ".mp4"
    yield f'<figure id="{card.name}">'
    yield '<video muted loop playsinline src="' if is_video else f'<img alt="{escape(title)}" src="'
    if embed:
        yield from file_uri(card.file)
    else:
        yield card.file.name
    yield '"></video>' if is_video else '">'
    facts = f"<small>{escape(card.facts)}</small>" if card.facts else ""
    yield f"<figcaption><b>{title}</b> {meaning}{facts}</figcaption></figure>\n"


def _title(manifest: Manifest) -> str:
    if manifest.source is not None:
        return Path(manifest.source.path).name
    return manifest.text or "Conditions"


def _facts(manifest: Manifest) -> str:
    facts = []
    if manifest.source is not None:
        width, height = manifest.source.size
        facts.append(f"{manifest.source.kind} of {width}×{height}")
    if manifest.size is not None:
        facts.append(f"extracted at {manifest.size[0]}×{manifest.size[1]}")
    if manifest.fps is not None and len(manifest.times_s) > 1:
        facts.append(f"{len(manifest.times_s)} frames at {manifest.fps:g} per second")
    return " · ".join([*facts, f"vcomp {manifest.vcomp}"])


def _entry_facts(entry: ConditionEntry) -> str:
    by = [entry.extractor] if entry.extractor else []
    return " · ".join([*by, f"{entry.least:.3g} to {entry.most:.3g}", entry.unit])
