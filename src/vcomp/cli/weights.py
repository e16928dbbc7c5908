"""`vcomp weights`: the files of the published model, listed, fetched, checked, taken in and removed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vcomp.cli.usage import Commands

if TYPE_CHECKING:
    from vcomp.weights.registry import WeightFile
    from vcomp.weights.store import Store

EXAMPLES = """[bold]Examples[/bold]

[cyan]vcomp weights list[/cyan]  what is here, what is missing, sizes and licences

[cyan]vcomp weights pull videocomposer[/cyan]  all that [cyan]--model videocomposer[/cyan] needs

[cyan]vcomp weights import ~/Downloads/*.pth[/cyan]  files you have, whatever they are called

[cyan]VCOMP_HOME=/data/vcomp vcomp weights list[/cyan]  another folder
"""

app = typer.Typer(
    cls=Commands,
    help="The files of the published model: list, fetch, check, take in, remove.",
    epilog=EXAMPLES,
    no_args_is_help=True,
    rich_markup_mode="rich",
)

Wanted = Annotated[
    list[str],
    typer.Argument(metavar="MODEL|FILE…", help="A model, or files by id or name.", show_default=False),
]
Known = Annotated[
    list[str] | None,
    typer.Argument(metavar="[MODEL|FILE…]", help="A model, or files by id or name.", show_default="all"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print an array of objects instead.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing on stderr but errors.")]


@app.command("list")
def list_(names: Known = None, as_json: AsJson = False) -> None:
    """List weight files: what is here, what is missing, sizes, licences.

    A file that [b]unchecked[/b] stands by is there, and is hashed when it is first used.
    """
    from vcomp.cli.weights_table import as_object, print_table

    store = _open()
    files = _chosen(store, names)
    if as_json:
        typer.echo(json.dumps([as_object(store, file) for file in files], indent=2))
    else:
        print_table(store, files)


@app.command()
def pull(
    names: Wanted,
    offline: Annotated[
        bool, typer.Option("--offline", help="Fetch nothing: check that the files are here.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fetch what is missing, and print where it is.

    An interrupted download goes on when the command is run again. No file is used before it was checked.

    Proxies are taken from the environment: HTTPS_PROXY, NO_PROXY.
    """
    from vcomp.cli.weights_report import FileReport
    from vcomp.weights.fetch import pull as pull_files

    store = _open()
    files = store.needed(names)
    results = []
    with FileReport(quiet=quiet) as report:
        for done in pull_files(store, files, offline=offline, on_progress=report.progress):
            results.append(
                {
                    "id": done.file.id,
                    "path": str(done.path),
                    "sha256": done.sha256,
                    "fetched_from": done.fetched_from,
                }
            )
            report.finish(done.file, "fetched" if done.fetched_from else "here already")
    _print_results(results, as_json=as_json)


@app.command()
def verify(names: Known = None, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Read files in full and compare their SHA-256; without names, all that are here.

    Files without a published hash are compared with what was recorded when they first came.
    """
    from vcomp.cli.weights_report import FileReport
    from vcomp.errors import WeightsError

    store = _open()
    if names:
        files = store.needed(names)
    else:
        files = tuple(file for file in store.registry if store.place(file).exists())
    results, failures = [], []
    with FileReport(quiet=quiet) as report:
        for file in files:
            try:
                sha256: str | None = store.check(file, report.progress)
                report.finish(file, "right")
            except WeightsError as error:
                sha256 = None
                failures.append(error)
                report.finish(file, "wrong")
            results.append({"id": file.id, "path": str(store.place(file)), "sha256": sha256})
    if as_json:
        typer.echo(json.dumps(results, indent=2))
    else:
        for result in results:
            typer.echo(f"{result['sha256'] or 'wrong'}  {result['path']}")
    if failures:
        messages = " ".join(error.message for error in failures)
        raise WeightsError(messages, hint=failures[0].hint if len(failures) == 1 else None)


@app.command()
def path(
    file: Annotated[
        str | None, typer.Argument(help="A file by id or name.", show_default="the folder of all")
    ] = None,
) -> None:
    """Print where a file is, once it is sure to be the right one; without FILE, the folder of all files."""
    from vcomp.errors import UsageError

    store = _open()
    if file is None:
        typer.echo(store.folder)
        return
    chosen = store.registry.select([file])
    if len(chosen) > 1:
        raise UsageError(f"{file} is more than one file.", hint="Name one: see vcomp weights list")
    typer.echo(store.path_of(chosen[0].id))


@app.command("import")
def import_(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="Files, or folders to look through.", show_default=False),
    ],
    copy: Annotated[bool, typer.Option("--copy", help="Copy them instead of linking to them.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Take in files that you have already, and print where they are.

    They are recognised by their content, whatever they are called, and linked, so they take no space twice.
    """
    from vcomp.cli.weights_report import FileReport
    from vcomp.weights.importing import import_files

    store = _open()
    results = []
    with FileReport(quiet=quiet) as report:
        for done in import_files(store, files, copy=copy, on_progress=report.progress):
            results.append(
                {
                    "id": done.file.id,
                    "path": str(done.path),
                    "sha256": done.sha256,
                    "source": str(done.source),
                    "how": done.how,
                }
            )
            report.finish(done.file, f"{done.how}: {done.source}")
    _print_results(results, as_json=as_json)


@app.command()
def remove(
    names: Wanted,
    forget: Annotated[
        bool,
        typer.Option("--forget", help="Forget recorded hashes too; the next file is recorded anew."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Remove files with all that was made from them, and unfinished downloads; print what is gone.

    Files that were linked in stay where they were. A model's alternative files go as well.
    """
    from vcomp.weights.store import State

    store = _open()
    results = []
    for file in store.registry.select(names, with_alternatives=True):
        was_here = store.state(file) is not State.MISSING
        freed = store.remove(file, forget=forget)
        if was_here:
            results.append({"id": file.id, "path": str(store.place(file)), "freed": freed})
    _print_results(results, as_json=as_json)


def _print_results(results: Sequence[Mapping[str, object]], *, as_json: bool) -> None:
    """The paths, one a line, or all as JSON; last, so that no bar on stderr is in the way."""
    if as_json:
        typer.echo(json.dumps(results, indent=2))
        return
    for result in results:
        typer.echo(result["path"])


def _open() -> Store:
    from vcomp.weights.store import open_store

    return open_store()


def _chosen(store: Store, names: list[str] | None) -> tuple[WeightFile, ...]:
    """The files that were named, a model's alternatives among them, or all."""
    return store.registry.select(names, with_alternatives=True) if names else store.registry.files
