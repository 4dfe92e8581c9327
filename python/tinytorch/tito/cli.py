"""The command `tito`: start a unit, test it, and see where you are in the course."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import tinytorch
from tinytorch.curriculum import CurriculumError
from tinytorch.tito import commands
from tinytorch.tito.commands import app
from tinytorch.tito.workspace import WorkspaceError


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
    commands.load()
    try:
        app()
    except (WorkspaceError, CurriculumError) as error:
        print(f"tito: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:  # a folder that may not be written, a disk that is full
        if error.filename is None:
            raise
        print(f"tito: {error.filename}: {error.strerror}", file=sys.stderr)
        sys.exit(2)
