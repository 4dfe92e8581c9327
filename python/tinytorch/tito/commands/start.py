"""`tito start`: a unit's files, with empty tasks, in the workspace."""

from __future__ import annotations

from typing import Annotated

import typer

from tinytorch import curriculum
from tinytorch.tito.commands import LOOP, Directory, app, count, say
from tinytorch.tito.workspace import workspace


@app.command(rich_help_panel=LOOP)
def start(
    unit: Annotated[str, typer.Argument(help="The unit, such as `activations`.")],
    directory: Directory = None,
) -> None:
    """Write the unit's files into the workspace.

    Files that are there already stay as they are, whatever is in them.
    """
    place = workspace(directory)
    written = place.start(unit)
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
