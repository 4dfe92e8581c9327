"""`tito info` and `tito track`: the course, its orders, and what is started."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tinytorch import curriculum
from tinytorch.tito.commands import COURSE, Directory, app
from tinytorch.tito.workspace import Workspace, WorkspaceError, workspace

tracks = typer.Typer(no_args_is_help=True, help="The orders in which the course can be taught.")
app.add_typer(tracks, name="track", rich_help_panel=COURSE)


@app.command(rich_help_panel=COURSE)
def info(directory: Directory = None) -> None:
    """Show the course: units in order, their tasks, and what is started."""
    place = workspace(directory)
    course = curriculum.load()
    track = course.track()
    table = Table("", "unit", "title", "tasks", "points", "", box=None)
    for name in track.units:
        tasks = _tasks_or_none(place, name)
        table.add_row(
            str(track.numbers[name]),
            name,
            course.units[name].title,
            str(len(tasks)) if tasks else "",
            str(sum(task.points for task in tasks)) if tasks else "",
            "started" if name in place.units() else "",
        )
    Console().print(table)


def _tasks_or_none(place: Workspace, unit: str) -> Any:
    try:
        return place.course.tasks(unit)
    except WorkspaceError:
        return None


@tracks.command("list")
def list_tracks() -> None:
    """Show every track with its order; units in brackets share a number."""
    for track in curriculum.load().tracks.values():
        groups = [group[0] if len(group) == 1 else f"[{' '.join(group)}]" for group in track.groups]
        mark = " (default)" if track.default else ""
        print(f"{track.name}{mark}: {track.title}\n  {', '.join(groups)}")


@tracks.command("check")
def check_track(
    order: Annotated[
        list[str] | None, typer.Argument(metavar="[UNIT]...", help="An order of your own.")
    ] = None,
) -> None:
    """Check the course's tracks, or an order of units of your own."""
    course = curriculum.load()
    if order:
        groups = tuple((unit,) for unit in order)
        course.check(curriculum.Track("yours", "", groups))
        print(f"{len(order)} units in an order that can be taught")
    else:
        for track in course.tracks.values():
            print(f"{track.name}: {len(track.units)} units, {len(track.groups)} numbers")
