"""The commands of tito: a file a topic, and each file of this folder that exists adds its own.

    from tinytorch.tito.commands import COURSE, Directory, Json, app

    @app.command(rich_help_panel=COURSE)
    def status(directory: Directory = None, as_json: Json = False) -> None: ...

A command raises WorkspaceError for what it cannot go on without: `tito: the sentence`, exit status
2. Every command starts all of these files, so what is slow to import is imported where it is used.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

LOOP = "The loop"
COURSE = "Where you are"
FILES = "Your files"
SEARCH = "When something is wrong"
TEACHING = "For instructors"

LEAST, MOST = 0.01, 1e6  # seconds that anyone may ask for

FIRST = ("start", "check", "hint", "course", "milestone", "files")  # in the order of the help

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


def folder_named(text: str | Path) -> Path:
    """A folder that someone names; no name, as of an unset variable, is not the current one."""
    if not str(text).strip():
        raise typer.BadParameter("expected the name of a folder, or `.` for this one, got nothing")
    return Path(text)


Directory = Annotated[
    Path | None,
    typer.Option(
        "--dir",
        metavar="DIR",
        help="The workspace: the folder that holds modules/.",
        parser=folder_named,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def seconds(text: str | float) -> float:
    """A time that someone asks for, of an option."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not LEAST <= found <= MOST:
        raise typer.BadParameter(f"expected seconds from {LEAST:g} to {MOST:g}, got {text}")
    return found


def load() -> None:
    """Imports every file of commands, so that `app` knows them all."""
    found = {module.name for module in pkgutil.iter_modules(__path__)}
    for name in [*(first for first in FIRST if first in found), *sorted(found.difference(FIRST))]:
        importlib.import_module(f"{__name__}.{name}")


def say(text: Any = "", **style: Any) -> None:
    """One line on standard output, as it is: nothing in it is markup, and it is not wrapped."""
    Console(highlight=False).print(text, markup=False, soft_wrap=True, **style)


def count(number: int, thing: str) -> str:
    """`1 task`, `2 tasks`."""
    return f"{number} {thing}" + ("" if number == 1 else "s")
