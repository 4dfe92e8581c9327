"""`tito submit`: one archive of what you wrote."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated

import typer

from tinytorch.tito.commands import FILES, Directory, Json, app, count, say
from tinytorch.tito.sources import empty_tasks
from tinytorch.tito.workspace import WorkspaceError, workspace


@app.command(rich_help_panel=FILES)
def submit(
    modules: Annotated[
        list[str] | None, typer.Argument(metavar="[MODULE]...", help="By default all you started.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The archive.", show_default="submission.zip")
    ] = None,
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """Pack your modules into one archive to hand in.

    `tito submit activations` writes submission.zip: your sources, and a list of their hashes. The
    same files make the same bytes, so two archives can be compared. Nothing is compiled or run;
    what it would be worth says `tito test`.
    """
    from tinytorch.tito.grader import packing

    place = workspace(directory)
    units = list(modules or place.units())
    if not units:
        raise WorkspaceError("nothing is started here; run: tito start activations")
    files = packing.collect(place, sorted(set(units), key=units.index))
    target = (out or place.root / "submission.zip").resolve()
    data = packing.pack(files)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    except OSError as error:
        raise WorkspaceError(f"{target} cannot be written: {error.strerror}") from None
    digest = hashlib.sha256(data).hexdigest()
    if as_json:
        told = {"archive": str(target), "sha256": digest} | dict(packing.manifest(files))
        print(json.dumps(told))
        return
    for unit, named in files.items():
        tasks = place.course.tasks(unit)
        empty = len(empty_tasks(place, unit))
        left = f", {empty} of {count(len(tasks), 'task')} not started" if empty else ""
        say(f"  {unit}: {count(len(named), 'file')}{left}")
    say(f"\nwrote {target}\nsha256 {digest}")
