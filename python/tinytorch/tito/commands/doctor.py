"""`tito doctor`: what the machine has of what the course needs."""

from __future__ import annotations

import json

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tinytorch.tito.commands import SEARCH, Directory, Json, app, count, say
from tinytorch.tito.workspace import workspace


@app.command(rich_help_panel=SEARCH)
def doctor(directory: Directory = None, as_json: Json = False) -> None:
    """Look at the machine: what is missing, and the command that mends it.

    Run `tito doctor` first on a new machine, and with `CXX=clang++ tito doctor` look at another
    compiler. The exit status is 1 when something is missing that `tito test` cannot do without.
    """
    from tinytorch.tito import doctor

    checks = list(doctor.examine(workspace(directory, new=True).root))
    bad = [check for check in checks if check.necessary and not check.holds]
    if as_json:
        print(json.dumps({"ok": not bad, "checks": [check.as_json() for check in checks]}))
        raise typer.Exit(1 if bad else 0)
    table = Table("", "", "", box=None, show_header=False, pad_edge=False)
    for check in checks:
        mark, style = ("ok", "green") if check.holds else ("missing", "red")
        if not check.holds and not check.necessary:
            mark, style = "not here", "yellow"
        told = check.found + (f"  (for {check.use})" if check.use else "")
        table.add_row(Text(mark, style=style), check.name, Text(told, overflow="fold"))
    Console(highlight=False).print(table)
    for check in checks:
        if not check.holds and check.cure:
            word = "needed" if check.necessary else f"for {check.use}"
            say(f"\n{check.name}, {word}:\n    {check.cure}")
    if bad:
        say(f"\n{count(len(bad), 'thing')} to mend before `tito test` works", style="bold red")
    else:
        say("\nAll that is needed is here.", style="bold green")
    raise typer.Exit(1 if bad else 0)
