"""The command `tito`: start a unit, test it, and see where you are in the course."""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tinytorch import curriculum
from tinytorch.curriculum import CurriculumError
from tinytorch.tito import overlay
from tinytorch.tito.workspace import Workspace, WorkspaceError, workspace

COLOURS = {"passed": "green", "not started": "dim", "compile error": "magenta"}

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
tracks = typer.Typer(no_args_is_help=True, help="The orders in which the course can be taught.")
app.add_typer(tracks, name="track")

Directory = Annotated[
    Path | None,
    typer.Option("--dir", help="The workspace: the folder that holds modules/.", file_okay=False),
]


@app.callback()
def about() -> None:
    """Build a machine-learning framework in C++, one unit at a time.

    **The loop:** `tito start activations` writes files whose tasks are empty. Open one, find a line
    that says `TASK`, write the body below it, save, and run `tito test activations`: within seconds
    you see which tasks pass, which law a failing one breaks, and on what input.
    """


@app.command()
def start(
    unit: Annotated[str, typer.Argument(help="The unit, such as `activations`.")],
    directory: Directory = None,
) -> None:
    """Write the unit's files into the workspace.

    Files that are there already stay as they are, whatever is in them.
    """
    place = workspace(directory)
    written = place.start(unit)
    console = Console()
    folder = place.folder(unit)
    for path in written:
        console.print(f"wrote {path}", markup=False, highlight=False, soft_wrap=True)
    if not written:
        console.print(f"{folder} is complete; nothing was changed", markup=False, soft_wrap=True)
    found = place.course.tasks(unit)
    console.print(
        f"\n{curriculum.load().unit(unit).title}\n"
        f"{_count(len(found), 'task')}, {_count(sum(t.points for t in found), 'point')}. "
        f"Find TASK in {found[0].path.name}, write, then: tito test {unit}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")


@app.command("test")
def check(
    target: Annotated[
        str | None, typer.Argument(metavar="[UNIT|TASK]", help="By default all that is started.")
    ] = None,
    directory: Directory = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object and nothing else.")
    ] = False,
    integrated: Annotated[
        bool, typer.Option("--integrated", help="Use all your units, not only the tested one.")
    ] = False,
    keyword: Annotated[
        str, typer.Option("-k", metavar="EXPR", help="Only tests whose name matches.")
    ] = "",
    timeout: Annotated[
        float | None, typer.Option(help="Seconds one call may take (default 10).", min=0.01)
    ] = None,
) -> None:
    """Build what you wrote and grade it.

    A task is *passed* when all of its laws hold. The others are *not started*, *failed*, *crashed*,
    *timeout* or *compile error*, each with its story. All units but the tested one are the
    reference's, so that an error elsewhere costs nothing here; `--integrated` uses all of yours.
    The exit status is 0 only when all passed.
    """
    begin = time.perf_counter()
    place = workspace(directory)
    units = [target.partition(".")[0]] if target else list(place.units())
    if not units:
        raise WorkspaceError("nothing is started here; run: tito start activations")
    for unit in units:
        place.require(unit)
    with ThreadPoolExecutor() as background:
        building = background.submit(
            overlay.build, place, [*units, *place.units()] if integrated else units
        )
        try:
            from tinytorch.tito.grading import grade  # imports pytest, meanwhile
        except ModuleNotFoundError as error:
            raise WorkspaceError(
                f"{error.name} is not installed; run: pip install 'tinytorch-cpp[course]'"
            ) from None
        built = building.result()
    task = target if target and "." in target else None
    results = []
    for unit in units:
        result = grade(place, unit, built, task, keyword, integrated, timeout)
        result = replace(result, seconds=time.perf_counter() - begin)
        begin = time.perf_counter()
        results.append(result)
        if not as_json:
            _show(result)
    if as_json:
        found = [result.as_json() for result in results]
        print(json.dumps(found[0] if target else _sum(found)))
    raise typer.Exit(0 if all(result.passed for result in results) else 1)


def _sum(found: list[dict[str, Any]]) -> dict[str, Any]:
    sums = {key: sum(result[key] for result in found) for key in ("seconds", "score", "max")}
    return sums | {"modules": found}


def _show(result: Any) -> None:
    console = Console(highlight=False)
    width = max(len(task.id) for task in result.tasks)
    for task in result.tasks:
        colour = COLOURS.get(task.status, "red")
        line = Text(f"  {task.id:{width}}  {task.points:2}/{task.max:<2}  ")
        console.print(line.append(task.status, style=colour), soft_wrap=True)
    for task in result.tasks:
        told = [story for story in task.stories if story.status == task.status]
        if told and task.status != "not started":
            console.print()
            console.print(told[0].text(task.id), markup=False, soft_wrap=True)
            others = len(told) - 1
            if others:
                laws = "law does" if others == 1 else "laws do"
                console.print(f"  and {others} more {laws} not hold", style="dim")
    console.print(f"\n{result.unit}: {result.score}/{result.max} points in {result.seconds:.1f} s")


@app.command()
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


def main() -> None:
    try:
        app()
    except (WorkspaceError, CurriculumError) as error:
        print(f"tito: {error}", file=sys.stderr)
        sys.exit(2)
