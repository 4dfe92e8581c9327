"""`tito test`: builds what was written and grades it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from tinytorch.tito import overlay, state, watching
from tinytorch.tito.commands import LOOP, Directory, Json, app, seconds
from tinytorch.tito.workspace import Workspace, WorkspaceError, workspace

COLOURS = {"passed": "green", "not started": "dim", "compile error": "magenta"}


@app.command("test", rich_help_panel=LOOP)
def check(
    target: Annotated[
        str | None, typer.Argument(metavar="[MODULE|TASK]", help="By default all that is started.")
    ] = None,
    directory: Directory = None,
    as_json: Json = False,
    integrated: Annotated[
        bool, typer.Option("--integrated", help="Use all your modules, not only the tested one.")
    ] = False,
    keyword: Annotated[
        str, typer.Option("-k", metavar="EXPR", help="Only tests whose name matches.")
    ] = "",
    timeout: Annotated[
        float | None,
        typer.Option(help="Seconds one call may take (default 10).", parser=seconds),
    ] = None,
    sanitize: Annotated[
        bool,
        typer.Option("--sanitize", help="Build with AddressSanitizer and UBSan: slower, stricter."),
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Test again whenever a file is saved, until Ctrl-C.")
    ] = False,
) -> None:
    """Build what you wrote and grade it.

    `tito test activations` grades a module, `tito test activations.softmax` one task, `tito test`
    all that is started. A task is *passed* when all of its laws hold. The others are *not started*,
    *failed*, *crashed*, *timeout* or *compile error*, each with its story.

    All modules but the tested one are the reference's, so that an error elsewhere costs nothing
    here; `--integrated` uses all of yours. The exit status is 0 only when all passed.
    """
    place = workspace(directory)
    units = list(place.units()) if target is None else [target.partition(".")[0]]
    if not units:
        raise WorkspaceError("nothing is started here; run: tito start activations")
    for unit in units:
        place.require(unit)
    run = partial(_run, place, units, target, as_json, integrated, keyword, timeout, sanitize)
    if watch:
        watching.again_and_again(run, [place.folder(unit) for unit in units])
    raise typer.Exit(run())


def _run(
    place: Workspace,
    units: Sequence[str],
    target: str | None,
    as_json: bool,
    integrated: bool,
    keyword: str,
    timeout: float | None,
    sanitize: bool,
) -> int:
    """Tests once; returns the exit status."""
    begin = time.perf_counter()
    variant = overlay.sanitized() if sanitize else overlay.CHECKED
    every = [*units, *place.units()] if integrated else units
    seen = {unit: state.sources(place, unit) for unit in units}
    with ThreadPoolExecutor() as background:
        building = background.submit(overlay.build, place, every, variant)
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
        result = grade(place, unit, built, task, keyword, integrated, timeout, shared=True)
        result = replace(result, seconds=time.perf_counter() - begin)
        begin = time.perf_counter()
        results.append(result)
        if not keyword and not integrated:
            found = {
                each.id: {"status": each.status, "points": each.points, "max": each.max}
                for each in result.tasks
            }
            _record(place, found, seen[unit])
        if not as_json:
            _show(result, " --sanitize" * sanitize + " --integrated" * integrated)
    if as_json:
        reports = [result.as_json() for result in results]
        print(json.dumps(reports[0] if target else _sum(reports)), flush=True)
    return 0 if all(result.passed for result in results) else 1


def _record(place: Workspace, found: dict[str, dict[str, Any]], seen: dict[str, str]) -> None:
    """Notes the results; a verdict is worth telling even where that fails."""
    try:
        state.record(place, found, seen)
    except (WorkspaceError, OSError) as error:
        print(f"tito: these results are not noted: {error}", file=sys.stderr)


def _sum(found: list[dict[str, Any]]) -> dict[str, Any]:
    sums = {key: sum(result[key] for result in found) for key in ("seconds", "score", "max")}
    return sums | {"modules": found}


def _show(result: Any, options: str = "") -> None:
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
            story = replace(told[0], again=told[0].again and told[0].again + options)
            console.print(story.text(task.id), markup=False, soft_wrap=True)
            others = len(told) - 1
            if others:
                laws = "law does" if others == 1 else "laws do"
                console.print(f"  and {others} more {laws} not hold", style="dim")
    console.print(f"\n{result.unit}: {result.score}/{result.max} points in {result.seconds:.1f} s")
