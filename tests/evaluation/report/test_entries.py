"""What lies beside a result and belongs to it."""

from __future__ import annotations

from pathlib import Path

from vcomp.evaluation.report.entries import Entry, saved_bundles


def bundle(folder: Path) -> Path:
    folder.mkdir()
    (folder / "manifest.json").touch()
    return folder


def test_a_strip_is_found_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "star_strip.png").touch()
    assert Entry(path=str(tmp_path / "star.mp4")).saved_strip == tmp_path / "star_strip.png"
    assert Entry(path=str(tmp_path / "stars.mp4")).saved_strip is None


def test_a_bundle_belongs_to_the_longest_name_that_begins_its_own(tmp_path: Path) -> None:
    results = [str(tmp_path / name) for name in ("star.mp4", "star_red.gif", "moon.webp", "st.mp4")]
    conditions, red = bundle(tmp_path / "star_conditions"), bundle(tmp_path / "star_red-from")
    moon = bundle(tmp_path / "moon")
    bundle(tmp_path / "stars")
    (tmp_path / "st_frames").mkdir()
    assert saved_bundles(results) == {results[0]: conditions, results[1]: red, results[2]: moon}
