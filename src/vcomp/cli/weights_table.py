"""What `vcomp weights list` shows: a table for people, objects for programs."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from vcomp.weights.registry import WeightFile
from vcomp.weights.store import State, Store

_STYLES = {
    State.READY: "green",
    State.UNCHECKED: "green",
    State.DAMAGED: "red",
    State.PARTIAL: "yellow",
    State.MISSING: "dim",
}
_PIPE_WIDTH = 140  # nothing is cut short where there is no terminal


def as_object(store: Store, file: WeightFile) -> dict[str, object]:
    """A file as the registry has it, with where it is and in what state."""
    return {
        **file.model_dump(mode="json"),
        "state": store.state(file).value,
        "path": str(store.place(file)),
        "expected_sha256": store.expected_sha256(file),
    }


def print_table(store: Store, files: Sequence[WeightFile]) -> None:
    """One row a file, and what is missing in all."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, _PIPE_WIDTH)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("file", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("size", no_wrap=True, justify="right")
    table.add_column("licence")
    table.add_column("what it is for")
    for file in files:
        state = store.state(file)
        about = "" if file.bytes_exact else "about "
        table.add_row(
            file.id,
            f"[{_STYLES[state]}]{_in_words(store, file, state)}[/]",
            about + decimal(file.bytes),
            file.licence,
            file.purpose
            + (f" [dim](alternative to {file.alternative_to})[/dim]" if file.alternative_to else ""),
        )
    console.print(table)
    missing = [file for file in files if file.alternative_to is None and not _will_do(store, file)]
    console.print(f"\n{store.folder}: {_missing(store, missing)}", markup=False, soft_wrap=True)


def _in_words(store: Store, file: WeightFile, state: State) -> str:
    if state is State.PARTIAL:
        return f"{100 * store.partial(file).stat().st_size // file.bytes} % fetched"
    return str(state.value)


def _will_do(store: Store, file: WeightFile) -> bool:
    """Whether a file or an alternative to it is here."""
    return any(store.place(one).exists() for one in store.registry.alternatives(file.id))


def _missing(store: Store, files: Sequence[WeightFile]) -> str:
    """What is still to be fetched, and the shortest command that does."""
    if not files:
        return "nothing is missing."
    size = decimal(sum(file.bytes for file in files))
    names = [file.id for file in files]
    for model in store.registry.models:
        if [file.id for file in store.registry.select([model]) if not _will_do(store, file)] == names:
            names = [model]
            break
    return f"{len(files)} to fetch, {size}: vcomp weights pull {' '.join(names)}"
