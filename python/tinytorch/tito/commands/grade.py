"""`tito grade`: other people's code, built and tested in a sandbox, and its points kept."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tinytorch import curriculum
from tinytorch.tito.commands import TEACHING, app, count, say, seconds
from tinytorch.tito.workspace import WorkspaceError, course

if TYPE_CHECKING:
    from tinytorch.tito.grader.session import Session
    from tinytorch.tito.grader.store import Grade


@app.command(rich_help_panel=TEACHING)
def grade(
    submissions: Annotated[
        list[Path],
        typer.Argument(metavar="SUBMISSION...", help="Workspaces, archives, or folders of them."),
    ],
    module: Annotated[
        str | None,
        typer.Option("--module", "-m", help="Only this module; by default what is handed in."),
    ] = None,
    tests: Annotated[
        Path | None,
        typer.Option(help="A folder of hidden tests, test_MODULE.py, beside the course's own."),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option("--course", help="The class's rules.", show_default="course.toml, if there"),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write all grades here, as one JSON list.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("-j", "--jobs", help="How many at a time.", min=1, max=256)
    ] = None,
    out: Annotated[Path, typer.Option(help="Where grades are kept and reports written.")] = Path(
        "grades"
    ),
    regrade: Annotated[
        bool, typer.Option("--regrade", help="Say whose points changed since last time, and why.")
    ] = False,
    times: Annotated[
        Path | None,
        typer.Option(help="CSV of `submission,time`, in place of the archives' own times."),
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds a call may take.", parser=seconds)] = 10.0,
    altogether: Annotated[
        float,
        typer.Option("--seconds", help="Seconds all tests of a module may take.", parser=seconds),
    ] = 240.0,
    sandbox: Annotated[
        str, typer.Option(help="auto, bwrap (or refuse to grade), or limits alone.")
    ] = "auto",
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML here.")] = None,
    gradescope: Annotated[
        Path | None, typer.Option(help="Write Gradescope's results.json here.")
    ] = None,
    github: Annotated[
        Path | None, typer.Option(help="Append outputs of a GitHub step here: $GITHUB_OUTPUT.")
    ] = None,
) -> None:
    """Grade submissions: pristine tests, each in a sandbox of its own.

    `tito grade inbox/ --module activations` grades every workspace and archive in a folder. Each is
    copied, built and tested with limits on time, memory, processes and files; the expected values
    stay outside. Finished grades are kept in --out: stopped at any moment, the same command goes
    on where it was, and only what has changed is graded again.

    After you mended a test, `tito grade inbox/ --regrade` says whose points changed and why. The
    rules of a class (due dates, weights, voided tests ...) stand in course.toml.
    """
    try:
        from tinytorch.tito.grader import intake, reports
        from tinytorch.tito.grader import sandbox as boxes
        from tinytorch.tito.grader.rules import Rules, load
        from tinytorch.tito.grader.session import Session
        from tinytorch.tito.grader.store import Store
    except ModuleNotFoundError as error:
        raise WorkspaceError(
            f"{error.name} is not installed; run: pip install 'tinytorch-cpp[course]'"
        ) from None
    if sandbox not in ("auto", "bwrap", "limits"):
        raise WorkspaceError(f"--sandbox: expected auto, bwrap or limits, got {sandbox}")
    if tests is not None and not tests.is_dir():
        raise WorkspaceError(f"--tests: there is no folder {tests}")
    here = Path("course.toml")
    chosen = load(rules) if rules else load(here) if here.is_file() else Rules()
    if module is not None:
        curriculum.load().unit(module)
        course().test(module)
    out = out.resolve()
    found = intake.find(submissions, skip=[out])
    trial = out / ".work" / "trial"
    trial.mkdir(parents=True, exist_ok=True)
    choice = boxes.choose(sandbox, trial)
    session = Session(
        Store(out),
        chosen,
        choice,
        tests.resolve() if tests else None,
        module,
        timeout,
        altogether,
        jobs or os.cpu_count() or 2,
        _times(times) if times else {},
    )
    planned = session.plan(found)
    before = {(job.submission, job.unit): session.store.load(job.submission, job.unit)
              for job in planned}  # fmt: skip
    waiting = [job for job in planned if session.kept(job) is None]
    errors = Console(stderr=True, highlight=False)
    if waiting:
        for line in _walls(choice):
            errors.print(line, markup=False, soft_wrap=True)
    _run(session, waiting, len(planned), errors)
    grades = [kept for job in planned if (kept := session.kept(job)) is not None]
    if json_file is not None:
        _write(json_file, json.dumps([one.as_json() for one in grades], indent=1) + "\n")
    reports.write(session.store, chosen, grades)
    if junit is not None:
        _write(junit, reports.junit(grades))
    if gradescope is not None:
        _write(gradescope, reports.gradescope(grades, chosen))
    if github is not None:
        with github.open("a", encoding="utf-8") as file:
            file.write(reports.github(grades))
    _show(grades, out, len(planned) - len(waiting))
    if regrade:
        _changes(grades, before)


def _run(session: Session, waiting: Sequence[object], planned: int, errors: Console) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[last]}", markup=False),
    )
    # Refreshed by hand: a thread of its own would be one too many when processes are started.
    with Progress(*columns, console=errors, auto_refresh=False) as bar:
        task = bar.add_task("grading", total=planned, completed=planned - len(waiting), last="")

        def done(job: object, grade: Grade) -> None:
            words = f"{grade.submission} {grade.module} {grade.score:g}/{grade.max:g}"
            bar.update(task, advance=1, last=words[:40], refresh=True)

        session.run(waiting, done)  # type: ignore[arg-type]


def _walls(choice: object) -> list[str]:
    """What holds a submission in, and what does not."""
    undefended = choice.undefended()  # type: ignore[attr-defined]
    if not undefended:
        return []
    words = [f"graded without a sandbox, with limits alone: {choice.why}"]  # type: ignore[attr-defined]
    return [*words, *(f"  not defended: {line}" for line in undefended)]


def _times(path: Path) -> dict[str, float]:
    found = {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for number, row in enumerate(csv.reader(file), 1):
                if not row or (number == 1 and row[0].strip() == "submission"):
                    continue
                when = dt.datetime.fromisoformat(row[1].strip())
                found[row[0].strip()] = when.astimezone().timestamp()
    except (OSError, ValueError, IndexError, OverflowError, csv.Error) as error:
        raise WorkspaceError(
            f"{path}: expected lines `submission,2026-10-01T12:00`: {error}"
        ) from None
    return found


def _write(path: Path, text: str) -> None:
    from tinytorch.tito.grader.store import write_text

    write_text(path, text)


def _show(grades: Sequence[Grade], out: Path, kept: int) -> None:
    table = Table("submission", "module", "points", "of", "", box=None)
    for one in grades:
        wrong: dict[str, int] = {}
        for task in one.tasks:
            if task.status != "passed":
                wrong[task.status] = wrong.get(task.status, 0) + 1
        words = ", ".join(f"{number} {status}" for status, number in wrong.items())
        refused = [note for note in one.notes if note.startswith("refused")]
        row = (one.submission, one.module, f"{one.score:g}", f"{one.max:g}")
        table.add_row(*row, "; ".join([*refused, *([words] if words else [])]))
    Console(highlight=False, markup=False).print(table)
    again = f", {kept} of them kept from before" if kept else ""
    say(f"\n{count(len(grades), 'grade')}{again}: {out}/grades, class.csv, reports/")


def _changes(grades: Sequence[Grade], before: Mapping[tuple[str, str], Grade | None]) -> None:
    from tinytorch.tito.grader import reports

    lines = reports.changes(grades, before)
    say()
    for line in lines or ["no points changed"]:
        say(line)
