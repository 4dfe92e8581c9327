"""Your files: `tito diff`, `reset` and `update`."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from tinytorch import curriculum
from tinytorch.tito import belongings, scaffold, tasks
from tinytorch.tito.commands import FILES, Directory, Json, app, say
from tinytorch.tito.workspace import Workspace, WorkspaceError, workspace
from tinytorch.tito.writing import write_safely

Target = Annotated[
    str, typer.Argument(metavar="MODULE|TASK", help="A module, or one of its tasks.")
]


def _named(place: Workspace, target: str) -> tuple[str, dict[str, str]]:
    """The module of a target that is started, and its stubs: only the task's file for a task."""
    unit, dot, _ = target.partition(".")
    place.require(unit)
    files = place.course.files(unit)
    if not dot:
        return unit, files
    name = place.course.task(target).path.name
    return unit, {name: files[name]}


@app.command(rich_help_panel=FILES)
def diff(
    target: Annotated[
        str | None, typer.Argument(metavar="[MODULE|TASK]", help="By default all that is started.")
    ] = None,
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """Show what you wrote: your files beside the empty ones you started from.

    `tito diff activations` shows a module, `tito diff activations.softmax` the file of one task.
    """
    place = workspace(directory)
    units = [target] if target else list(place.units())
    if not units:
        raise WorkspaceError("nothing is started here; run: tito start tensor")
    found: dict[str, str] = {}
    for each in units:
        unit, stubs = _named(place, each)
        names = set(stubs)
        if "." not in each:
            names |= {path.name for path in tasks.sources(place.folder(unit))}
        for name in sorted(names):
            path = place.folder(unit) / name
            own = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
            told = difflib.unified_diff(
                stubs.get(name, "").splitlines(),
                own.splitlines(),
                f"empty/{unit}/{name}",
                f"modules/{unit}/{name}",
                lineterm="",
            )
            if text := "\n".join(told):
                found[f"modules/{unit}/{name}"] = text
    if as_json:
        print(json.dumps({"files": found}))
        return
    colours = {"+": "green", "-": "red", "@": "cyan"}
    console = Console(highlight=False)
    for text in found.values():
        for line in text.splitlines():
            console.print(Text(line, style=colours.get(line[:1], "")), soft_wrap=True)
    if not found:
        say("no difference: what is here is as it was handed out")


@app.command(rich_help_panel=FILES)
def reset(
    target: Target,
    directory: Directory = None,
) -> None:
    """Empty a module or one task again; what you wrote is kept first.

    `tito reset activations.softmax` empties that body alone, `tito reset activations` hands out all
    files anew. Copies of what was there go to .tito/backups/, and files of your own stay.
    """
    place = workspace(directory)
    unit, stubs = _named(place, target)
    folder = place.folder(unit)
    changes: dict[Path, str] = {}
    for name, stub in stubs.items():
        path = folder / name
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        wanted = stub if "." not in target else _without(text, stub, path, target)
        if wanted != text:
            changes[path] = wanted
    if not changes:
        say(f"{target} is as it was handed out; nothing was changed")
        return
    kept = belongings.back_up(place, [path for path in changes if path.is_file()])
    for path, text in changes.items():
        if "." in target:
            write_safely(path, text)
        else:
            place.hand_out(unit, path.name, text)
        say(f"reset {path.relative_to(place.root)}")
    say(f"what was there is kept in {kept.relative_to(place.root)}")


def _without(text: str, stub: str, path: Path, task: str) -> str:
    """The student's file with that body as it was handed out."""
    try:
        if task not in belongings.bodies(text, path):
            raise tasks.MarkerError(f"{path.name}: the line TASK {task} is missing")
    except tasks.MarkerError as error:
        unit = task.partition(".")[0]
        raise WorkspaceError(
            f"{error}; mend it, or empty the whole module: tito reset {unit}"
        ) from None
    return belongings.with_bodies(text, path, {task: belongings.bodies(stub, path)[task]})


@app.command(rich_help_panel=FILES)
def update(directory: Directory = None, as_json: Json = False) -> None:
    """Bring the files of a newer version into the workspace, and keep yours.

    Run it after `pip install --upgrade`. Bodies you wrote move into the new files, renamed tasks
    take your code and your progress along, and new tasks come empty. Where you and the new version
    changed the same lines around the tasks, your file stays and you are told.
    """
    place = workspace(directory)
    found = belongings.update(place, curriculum.load().renames)
    scaffold.furnish(place)
    kept = str(found.backup.relative_to(place.root)) if found.backup else ""
    if as_json:
        print(json.dumps({"done": found.done, "left": found.left, "backup": kept}))
        return
    for line in found.done:
        say(line)
    for line in found.left:
        say(f"\n{line}", style="yellow")
    if kept:
        say(f"what was there is kept in {kept}")
    if not found.done and not found.left:
        say("all files are up to date; nothing was changed")
