"""`tito milestone`: history's programs, on the code you wrote."""

from __future__ import annotations

import ast
import contextlib
import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tinytorch import curriculum
from tinytorch.curriculum import near
from tinytorch.tito import state
from tinytorch.tito.commands import COURSE, Directory, Json, app, course, say, seconds
from tinytorch.tito.workspace import Workspace, WorkspaceError, workspace

milestones = typer.Typer(no_args_is_help=True, help="History's programs, on the code you wrote.")
app.add_typer(milestones, name="milestone", rich_help_panel=COURSE)

TIMEOUT = 600.0  # seconds


def _known(place: Workspace, name: str) -> dict[str, Any]:
    """What there is to know of a milestone, for tools."""
    from tinytorch.tito import theatre

    now = state.read(place)
    found = curriculum.load().milestones
    if name not in found:
        every = f"milestones: {', '.join(found)}"
        raise WorkspaceError(f"there is no milestone `{name}`; {near(name, found) or every}")
    milestone = found[name]
    here = name in theatre.scripts(place)
    survey = course.survey(place, now)
    own, others = theatre.cast_of(place, name)
    return {
        "name": name,
        "year": milestone.year,
        "title": milestone.title,
        "state": course.stage_of(place, milestone, now, survey) if here else "not in this version",
        "missing": course.missing(milestone, survey),
        "yours": own,
        "reference": others,
    }


@milestones.command("list")
def list_milestones(directory: Directory = None, as_json: Json = False) -> None:
    """Show the milestones: open or locked, and whose modules they would run on."""
    place = workspace(directory)
    rows = [_known(place, name) for name in curriculum.load().milestones]
    if as_json:
        print(json.dumps({"milestones": rows}))
        return
    table = Table("", "milestone", "", "yours", "not complete", box=None, pad_edge=False)
    for row in rows:
        here = row["state"] != "not in this version"
        table.add_row(
            str(row["year"]),
            row["name"],
            Text(row["state"], style={"passed": "green", "open": "bold"}.get(row["state"], "dim")),
            ", ".join(row["yours"]) if here else "",
            ", ".join(row["missing"]) if here else "",
        )
    Console(highlight=False).print(table)
    say("\nrun one, locked or not: tito milestone run xor", style="dim")


@milestones.command("info")
def tell(
    name: Annotated[str, typer.Argument(help="A milestone, such as `xor`.")],
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """Tell a milestone's story: what it shows, what it needs, and which modules are yours."""
    from tinytorch.tito import theatre

    place = workspace(directory)
    known = _known(place, name)
    path = theatre.scripts(place).get(name)
    story = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) if path else ""
    if as_json:
        print(json.dumps(known | {"story": story}))
        return
    say(f"{known['year']}  {known['title']}\n", style="bold")
    say(story or "This version does not have it yet.")
    say()
    for part in curriculum.load().milestones[name].parts:
        either = f" and {' or '.join(part.either)}" if part.either else ""
        say(f"  {part.title}: needs {', '.join(part.needs)}{either}")
    say(f"\nyours: {', '.join(known['yours']) or 'none yet'}")
    say(f"the reference's: {', '.join(known['reference']) or 'none'}")
    say(f"{known['state']}" + ("" if not path else f"; run it: tito milestone run {name}"))


@milestones.command(
    "run", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)
def run(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A milestone, such as `xor`.")],
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="MODULE", help="Leave this module to the reference."),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(help="Seconds it may take.", parser=seconds, show_default="600, or its own"),
    ] = None,
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """Run a milestone on the code you wrote.

    `tito milestone run xor` trains on your modules in a process of its own; what you have not begun
    is the reference's. Numpy then takes the steps again and judges. Each of your tasks is listed
    with its calls, and the milestone fails when your code was not called at all.

    Options of the milestone itself go along: `tito milestone run xor --hidden 2 --seed 3`.
    """
    from tinytorch.milestone import stage
    from tinytorch.tito import theatre

    place = workspace(directory)
    output = sys.stdout
    with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():
        company, broken = theatre.company(place, name, without or (), timeout or TIMEOUT)
        for task, lines in broken.items():
            say(f"{task}  COMPILE ERROR")
            for line in lines:
                say(f"  {line}")
        say(f"{name} on your {', '.join(company.own)}")
        script = theatre.load(company.script)
        patience: Any = timeout or getattr(script, "TIMEOUT", TIMEOUT)
        company.timeout = float(patience)
        options = list(context.args)
        if "--out" not in " ".join(options):
            options += ["--out", str(place.root / "milestones" / name)]
        code = _play(script, stage, company, options)
        if company.line:
            _show_calls(company)
    if as_json and company.line:
        print(json.dumps(company.line), file=output, flush=True)
    raise typer.Exit(code)


def _play(script: Any, stage: Any, company: Any, options: list[str]) -> int:
    """The script's own command line, with the student's library in the place of this process's."""
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(help=script.__doc__)(script.main)
    token = stage.troupe.set(company)
    try:
        alone(options, prog_name="tito milestone run")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        stage.troupe.reset(token)
    return 0


def _show_calls(company: Any) -> None:
    say("\nYour tasks, and how often they were called:", style="bold")
    for unit in company.own:
        for task in company.place.course.tasks(unit):
            number = company.calls.get(task.id, 0)
            say(f"  {task.id:32} {number:>12,}", style="" if number else "dim")
    lent = company.line["modules"]["reference"]
    if lent:
        say(f"the reference's: {', '.join(lent)}", style="dim")
    if company.lent and company.line["passed"]:
        say(f"It is on your map as passed when these are yours, too: {', '.join(company.lent)}")
