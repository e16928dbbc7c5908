"""What `vcomp weights list` shows: lines for people, objects for programs."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from rich.console import Console
from rich.filesize import decimal
from rich.text import Text

from vcomp.weights.registry import WeightFile
from vcomp.weights.store import State, Store

_STYLES = {
    State.READY: "green",
    State.UNCHECKED: "green",
    State.DAMAGED: "red",
    State.PARTIAL: "yellow",
    State.MISSING: "dim",
}
_PIPE_WIDTH = 140  # nothing is wrapped where there is no terminal
_SIZE_WIDTH = 8  # "~178.0 MB" is the longest there is


def as_object(store: Store, file: WeightFile) -> dict[str, object]:
    """A file as the registry has it, with where it is and in what state."""
    return {
        **file.model_dump(mode="json"),
        "state": store.state(file).value,
        "path": str(store.place(file)),
        "expected_sha256": store.expected_sha256(file),
    }


def print_table(store: Store, files: Sequence[WeightFile]) -> None:
    """Two lines a file, what it is for in the second, and what is missing in all; it fits 80 columns."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, _PIPE_WIDTH)
    states = {file.id: store.state(file) for file in files}
    words = {file.id: _in_words(store, file, states[file.id]) for file in files}
    id_width = max((len(file.id) for file in files), default=0)
    state_width = max(map(len, words.values()), default=0)
    for file in files:
        size = ("" if file.bytes_exact else "~") + decimal(file.bytes)
        row = Text(f"{file.id:<{id_width}}  ")
        row.append(f"{words[file.id]:<{state_width}}", style=_STYLES[states[file.id]])
        row.append(f"  {size:>{_SIZE_WIDTH}}  {file.licence}")
        console.print(row)
        instead = f" (instead of {file.alternative_to})" if file.alternative_to else ""
        for line in wrap(file.purpose + instead, console.width - 2):
            console.print(Text(f"  {line}", style="dim"))
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
    left, models = [file.id for file in files], []
    for model in store.registry.models:
        lacks = [file.id for file in store.registry.select([model]) if not _will_do(store, file)]
        if len(lacks) > 1 and set(lacks) <= set(left):
            models.append(model)
            left = [name for name in left if name not in lacks]
    return f"{len(files)} to fetch, {size}: vcomp weights pull {' '.join([*models, *left])}"
