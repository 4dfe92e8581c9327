"""The command `tito`: start a unit, test it, and see where you are in the course."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

import tinytorch
from tinytorch.tito import commands, mishaps
from tinytorch.tito.commands import app


def _version(wanted: bool) -> None:
    if wanted:
        print(f"tinytorch {tinytorch.__version__}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Build a machine-learning framework in C++, one unit at a time.

    **The loop:** `tito start activations` writes files whose tasks are empty. Open one, find a line
    that says `TASK`, write the body below it, save, and run `tito test activations`: within seconds
    you see which tasks pass, which law a failing one breaks, and on what input.
    """


def main() -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal may know fewer characters than we
        sys.stdout.reconfigure(errors="replace")
    try:
        commands.load()
        app()
    except Exception as error:
        mishaps.say(error)
        sys.exit(2)
    except KeyboardInterrupt:  # before typer watches for it
        sys.exit(130)
