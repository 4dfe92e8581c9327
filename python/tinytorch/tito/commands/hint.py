"""`tito hint`: three hints a task, one at a time."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Annotated

import typer

from tinytorch.tito import state
from tinytorch.tito.commands import LOOP, Directory, Json, app, say
from tinytorch.tito.workspace import Workspace, WorkspaceError, workspace

FILE = Path(__file__).parents[1] / "hints.toml"
STEPS = ("the idea", "the plan", "nearly the answer")


def hints(task: str) -> list[str]:
    """The task's hints, the gentlest first; none for a task that has none."""
    unit, _, name = task.partition(".")
    with FILE.open("rb") as file:
        found: list[str] = tomllib.load(file).get(unit, {}).get(name, [])
    return found


@app.command(rich_help_panel=LOOP)
def hint(
    task: Annotated[
        str | None, typer.Argument(help="A task; by default the first that does not pass yet.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Only the hints read so far, no new one.")
    ] = False,
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """Read the next hint for a task.

    The first call of `tito hint activations.softmax` tells the idea, the second the plan, the third
    nearly the answer. Hints cost no points; those you have read are shown again with the next.
    """
    place = workspace(directory)
    task = task or _next(place)
    unit = task.partition(".")[0]
    found = hints(task) or [place.course.task(task).hint]
    if again:
        read = state.read(place).hints.get(task, 0)
    else:
        with state.changing(place) as now:
            read = now.hints[task] = min(now.hints.get(task, 0) + 1, len(found))
    if as_json:
        print(json.dumps({"task": task, "hints": found[:read], "of": len(found)}))
        return
    for number, text in enumerate(found[:read]):
        step = STEPS[number] if len(found) == len(STEPS) else "hint"
        say(f"{number + 1}/{len(found)}  {step}", style="bold")
        say(f"{text}\n")
    if read < len(found):
        say(f"still stuck? tito hint {task}", style="dim")
    else:
        say(f"that was all; read docs/{unit}.md, or: tito test {task}", style="dim")


def _next(place: Workspace) -> str:
    """The first task of what is started that has not passed."""
    now = state.read(place)
    if not place.units():
        raise WorkspaceError("nothing is started here; run: tito start tensor")
    for unit in place.units():
        for task in state.standing(place, now, unit):
            if not task.holds:
                return task.id
    raise WorkspaceError("all that is started passes; see: tito status")
