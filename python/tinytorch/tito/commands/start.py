"""`tito init` and `tito start`: a workspace, and a unit's files in it, their tasks empty."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from tinytorch import curriculum
from tinytorch.tito import scaffold, state
from tinytorch.tito.commands import LOOP, Directory, app, count, folder_named, say
from tinytorch.tito.workspace import Workspace, WorkspaceError, course, workspace


@app.command(rich_help_panel=LOOP)
def init(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="The folder to make, or `.` for this one.", parser=folder_named
        ),
    ],
) -> None:
    """Make a workspace: a folder to write your framework in.

    `tito init mine && cd mine` is all it takes; no clone is needed. What is in the folder already
    stays as it is, so running it again only adds what is missing.
    """
    root = folder.resolve()
    if root.exists() and not root.is_dir():
        raise WorkspaceError(f"{root} is a file; expected a folder, or a name for a new one")
    if (root / "cpp" / "modules").is_dir():
        raise WorkspaceError(
            f"{root} holds the library's own sources, and your files need a folder of their own; "
            "run: tito init workspace"
        )
    place = Workspace(root, course())
    written = scaffold.furnish(place)
    with state.changing(place) as now:
        track = now.chosen()
    for path in written:
        say(f"wrote {path}")
    if not written:
        say(f"{root} is a workspace already; nothing was changed")
    first = next((unit for unit in track.units if state.standing(place, now, unit)), "tensor")
    go = "" if root == Path.cwd() else f"cd {shlex.quote(str(folder))} && "
    say(f"\nNext: {go}tito start {first}\nA look at the machine first: tito doctor")


@app.command(rich_help_panel=LOOP)
def start(
    unit: Annotated[str, typer.Argument(metavar="MODULE", help="A module, such as `activations`.")],
    directory: Directory = None,
) -> None:
    """Write a module's files, with empty tasks, into the workspace.

    `tito start activations` writes modules/activations/. Start anywhere: what comes earlier and is
    not written stays the reference's. Files that are there already stay as they are.
    """
    place = workspace(directory, new=True)
    now = state.read(place)
    written = place.start(unit)
    if written and (place.state / "progress.json").is_file():
        scaffold.point_editors(place)
    for path in written:
        say(f"wrote {path}")
    if not written:
        say(f"{place.folder(unit)} is complete; nothing was changed")
    found = place.course.tasks(unit)
    say(
        f"\n{curriculum.load().unit(unit).title}\n"
        f"{count(len(found), 'task')}, {count(sum(t.points for t in found), 'point')}. "
        f"Find TASK in {found[0].path.name}, write, then: tito test {unit}"
    )
    skipped = _skipped(place, now, unit)
    if skipped:
        say(f"You skip {', '.join(skipped)}; until you write them they are the reference's here.")


def _skipped(place: Workspace, now: state.State, unit: str) -> list[str]:
    """What comes before `unit` in the chosen track, is here to be written, and is not done."""
    order = now.chosen().units
    before = order[: order.index(unit)] if unit in order else curriculum.load().all_needs(unit)
    found = {name: state.standing(place, now, name) for name in before}
    return [name for name in before if found[name] and not state.complete(found[name])]
