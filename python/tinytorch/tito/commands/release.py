"""`tito release`: what a class gets, without solutions; and what Gradescope gets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinytorch.tito.commands import TEACHING, app, count, say
from tinytorch.tito.workspace import WorkspaceError, course


@app.command(rich_help_panel=TEACHING)
def release(
    out: Annotated[Path, typer.Option(help="A new folder; or the zip, with --gradescope.")],
    through: Annotated[
        str | None, typer.Option(metavar="MODULE", help="Only the modules up to this one.")
    ] = None,
    track: Annotated[str | None, typer.Option(help="The order that --through counts in.")] = None,
    source: Annotated[
        Path | None,
        typer.Option(help="The clone to release; by default the one around here, if any."),
    ] = None,
    check: Annotated[
        bool, typer.Option(help="Build the release and grade it: it must be worth 0 points.")
    ] = True,
    gradescope: Annotated[
        bool, typer.Option("--gradescope", help="Write an autograder for Gradescope instead.")
    ] = False,
    wheel: Annotated[
        Path | None, typer.Option(help="For Gradescope: the wheel.", show_default="in dist/")
    ] = None,
    wheels: Annotated[
        Path | None,
        typer.Option(help="For Gradescope: a folder of all wheels it needs, in place of the index"),
    ] = None,
    module: Annotated[
        str | None, typer.Option("--module", "-m", help="For Gradescope: grade only this module.")
    ] = None,
    rules: Annotated[
        Path | None, typer.Option("--course", help="For Gradescope: the class's course.toml.")
    ] = None,
    tests: Annotated[
        Path | None, typer.Option(help="For Gradescope: a folder of hidden tests.")
    ] = None,
) -> None:
    """Write the tree that a class gets: everything but the solutions.

    `tito release --out ../autumn --through training` copies the clone with every task empty, and
    proves it: no line of any solution is in it, it builds, and it is worth 0 points. A workflow
    for GitHub Classroom lies in it. From an installed package it writes a workspace.

    `tito release --gradescope --wheel dist/tinytorch_cpp-*.whl --out autograder.zip` writes an
    autograder that needs no network.
    """
    from tinytorch.tito.grader import gradescope as zipped
    from tinytorch.tito.grader import release as released

    out = out.resolve()
    if gradescope:
        found = wheel or next(iter(sorted(Path("dist").glob("tinytorch_cpp-*.whl"))), None)
        if found is None:
            raise WorkspaceError(
                "--gradescope needs a wheel: pip wheel --no-deps -w dist . && tito release "
                "--gradescope --wheel dist/tinytorch_cpp-*.whl --out autograder.zip"
            )
        names = zipped.write(out, found, wheels, module, rules, tests)
        say(f"wrote {out}: {count(len(names), 'file')}, {found.name} among them")
        return
    clone = released.clone_around(source)
    if source is not None and clone is None:
        raise WorkspaceError(f"{source} is not a clone: expected cpp/modules in it")
    units = released.chosen_units(course(), track, through)
    if clone is not None:
        result = released.write_tree(clone, out, units)
        say(f"wrote {out}: {count(result.files, 'file')}, {count(len(units), 'module')}")
        say(f"no line of any solution is in it; {result.lines} were looked for")
    else:
        result = released.write_handout(out, units)
        say(f"wrote {out}: a workspace with {count(len(units), 'module')} started")
    released.write_workflow(out, units)
    if check:
        from tinytorch.tito.grader import proof

        for unit, tasks in proof.worthless(out, units):
            say(f"  {unit}: builds, {count(tasks, 'task')} not started, 0 points")
