"""When something is wrong: `tito debug` and `tito bisect`."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tinytorch import curriculum
from tinytorch.tito import overlay
from tinytorch.tito.commands import SEARCH, Directory, Json, app, say, seconds
from tinytorch.tito.tasks import Task
from tinytorch.tito.workspace import Workspace, WorkspaceError, workspace


@app.command(rich_help_panel=SEARCH)
def debug(
    task: Annotated[str, typer.Argument(help="A task that fails, such as `activations.softmax`.")],
    keyword: Annotated[
        str, typer.Option("-k", metavar="EXPR", help="Only tests whose name matches.")
    ] = "",
    show: Annotated[
        bool, typer.Option("--show", help="Print the debugger's command and do not start it.")
    ] = False,
    directory: Directory = None,
) -> None:
    """Stop in the failing test of a task, in gdb, lldb or Python's own debugger.

    `tito debug activations.softmax` finds the first test that fails, builds your file without
    optimisation, makes the same calls again and stops at the first line of the task: `next` goes on
    by a line, `print i` shows a variable, `continue` runs to the crash.
    """
    place = workspace(directory)
    unit = task.partition(".")[0]
    place.require(unit)
    found = place.course.task(task)
    built = overlay.build(place, [unit], overlay.PLAIN)
    if task in built.broken:
        raise WorkspaceError(f"{task} does not compile; run: tito test {task}")
    title, messages = _failing_calls(place, unit, task, built, keyword)
    from tinytorch.tito import replay

    calls = place.state / "debug" / f"{task}.calls"
    replay.save(calls, messages)
    command = _debugger(place.folder(unit) / found.path.name, task, calls, built.parts([unit]))
    say(f"{task}: {title}", style="bold")
    if show:
        say(shlex.join(command))
        return
    raise typer.Exit(subprocess.run(command, check=False).returncode)


def _failing_calls(
    place: Workspace, unit: str, task: str, built: overlay.Overlay, keyword: str
) -> tuple[str, list[bytes]]:
    """The first test of the task that fails: its title, and what it asked its worker for."""
    from tinytorch.tito.recording import failing_calls

    found = failing_calls(place, unit, task, built, keyword)
    if found is None:
        raise WorkspaceError(f"no test of {task} fails" + (f" with -k {keyword}" * bool(keyword)))
    return found


def _debugger(path: Path, task: str, calls: Path, parts: Sequence[Path]) -> list[str]:
    """The command that stops at the first line of a task's body."""
    from tinytorch.tito import replay, tasks

    text = path.read_text(encoding="utf-8", errors="replace")
    line = _first_line(text, next(each for each in tasks.find(text, path) if each.id == task))
    program = [sys.executable, "-P", str(replay.__file__)]
    rest = [str(calls), *map(str, parts)]
    if path.suffix == ".py":
        return [*program, "--pdb", f"{path}:{line}", *rest]
    if gdb := shutil.which("gdb"):
        quiet = ["-iex", "set auto-load no", "-iex", "set debuginfod enabled off"]
        stops = ["set breakpoint pending on", "set confirm off"]
        stops += [f'break -source "{path}" -line {line}', "run"]
        return [gdb, "-q", *quiet, *(word for stop in stops for word in ("-ex", stop)), "--args",
                *program, *rest]  # fmt: skip
    if lldb := shutil.which("lldb"):
        stop = f'breakpoint set --file "{path.name}" --line {line}'
        return [lldb, "-o", stop, "-o", "run", "--", *program, *rest]
    raise WorkspaceError("neither gdb nor lldb is installed; see: tito doctor")


def _first_line(text: str, task: Task) -> int:
    """The first line of a body that says something."""
    lines = text.splitlines()
    said = (number for number in range(task.body, task.last) if lines[number - 1].strip())
    return next(said, task.body)


# --- bisect -------------------------------------------------------------------------------------


@app.command(rich_help_panel=SEARCH)
def bisect(
    target: Annotated[str, typer.Argument(metavar="MODULE|TASK", help="What fails.")],
    keyword: Annotated[
        str, typer.Option("-k", metavar="EXPR", help="Only tests whose name matches.")
    ] = "",
    timeout: Annotated[
        float | None,
        typer.Option(help="Seconds one call may take (default 10).", parser=seconds),
    ] = None,
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """Find the module to blame when a test fails with all of yours and passes alone.

    `tito bisect autograd` runs autograd's tests with your modules and the reference's swapped in
    and out, until the smallest set of yours is left that makes them fail. Exit status 0 when there
    is nothing to find, 1 with a culprit.
    """
    place = workspace(directory)
    unit = target.partition(".")[0]
    place.require(unit)
    from tinytorch.tito.grading import grade

    needed = (*curriculum.load().all_needs(unit), unit)
    own = [name for name in needed if name in place.units()]
    built = overlay.build(place, own)
    task = target if "." in target else None
    runs: list[dict[str, Any]] = []

    def fails(chosen: Sequence[str]) -> bool:
        result = grade(
            place, unit, built, task, keyword, timeout=timeout, theirs=chosen, shared=True
        )
        wrong = [each.id for each in result.tasks if each.status != "passed"]
        runs.append({"yours": list(chosen), "fails": wrong})
        if not as_json:
            word = f"fails: {', '.join(wrong)}" if wrong else "passes"
            say(f"  your {', '.join(chosen) or 'nothing'}: {word}")
        return bool(wrong)

    culprits = search(own, fails)
    if as_json:
        print(json.dumps({"target": target, "culprits": culprits, "runs": runs}))
    elif not culprits:
        say(f"\n{target} passes with all of yours: {', '.join(own)}", style="green")
    elif culprits == [unit]:
        say(f"\n{unit} fails on its own, whatever the others are: tito test {target}", style="bold")
    else:
        together = " together" if len(culprits) > 1 else ""
        say(f"\nto blame: your {' and '.join(culprits)}{together}", style="bold red")
        say(f"Next: tito test {next(name for name in culprits if name != unit)}")
    raise typer.Exit(1 if culprits else 0)


def search(own: Sequence[str], fails: Callable[[Sequence[str]], bool]) -> list[str]:
    """A smallest set of modules that fails: without any one of them it passes.

    Empty when all together pass. One that fails alone is found first, and that is nearly always.
    """
    if not fails(own):
        return []
    for name in own if len(own) > 1 else ():
        if fails([name]):
            return [name]
    left = list(own)
    for name in own:
        fewer = [other for other in left if other != name]
        if len(fewer) > 1 and fails(fewer):
            left = fewer
    return left
