"""Runs something whenever a file is saved: `tito test --watch`."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from tinytorch.tito import mishaps

INTERVAL = 0.2  # seconds between two looks


def snapshot(folders: Sequence[Path]) -> dict[Path, tuple[int, int]]:
    """When each file was last written, and its size."""
    found = {}
    for folder in folders:
        for path in sorted(folder.glob("*")) if folder.is_dir() else ():
            try:
                told = path.stat()
            except FileNotFoundError:  # an editor replaces files
                continue
            if path.suffix in (".cpp", ".py", ".h"):
                found[path] = (told.st_mtime_ns, told.st_size)
    return found


def again_and_again(run: Callable[[], int], folders: Sequence[Path]) -> NoReturn:
    """Calls `run` now and after every change of a file, each time in a process of its own.

    So every run meets a Python in which nothing has run, and starts with all imported. Ends with
    Ctrl-C, and with the status of the last run.
    """
    console = Console(stderr=True, highlight=False)
    seen: dict[Path, tuple[int, int]] | None = None
    code = 0
    try:
        while True:
            now = snapshot(folders)
            if now == seen:
                time.sleep(INTERVAL)
                continue
            seen = now
            console.rule(time.strftime("%H:%M:%S"), style="dim")
            code = _apart(run)
            console.print("waiting for a change; Ctrl-C ends it", style="dim")
    except KeyboardInterrupt:
        sys.exit(code)


def _apart(run: Callable[[], int]) -> int:
    with suppress(ModuleNotFoundError):  # the run says what is missing
        import tinytorch.tito.grading  # noqa: F401  once, for all runs
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 2
        try:
            code = run()
        except Exception as error:
            mishaps.say(error)
        except KeyboardInterrupt:
            code = 128 + signal.SIGINT
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    try:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except KeyboardInterrupt:
        os.waitpid(child, 0)
        raise
