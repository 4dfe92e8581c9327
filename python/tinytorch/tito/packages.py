"""Units written in Python: a package of the student's that takes the library's place when imported.

Each file is copied, instrumented, to where the worker imports it from. A task that Python cannot
compile is left out and reported; the others are still graded. Nothing of a student's runs here.
"""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Collection, Sequence
from pathlib import Path

from tinytorch.tito import tasks
from tinytorch.tito.sources import Source, all_tasks, collect
from tinytorch.tito.workspace import Workspace


def build(workspace: Workspace, unit: str, broken: dict[str, tuple[str, ...]]) -> Path | None:
    """Writes the unit's package, and why tasks are left out into `broken`; None without Python."""
    sources = collect(workspace, unit, ".py", broken)
    if not sources:
        return None
    folder = sources[0].copy.parent
    for source in sources:
        _leave_out(source, sources, workspace.root, broken)
        source.write()
    for stale in set(folder.glob("*.py")) - {source.copy for source in sources}:
        stale.unlink()
    return folder


def _leave_out(
    source: Source, sources: Sequence[Source], root: Path, broken: dict[str, tuple[str, ...]]
) -> None:
    """A task is to blame when the file fails with it alone: an open bracket fails far below."""
    if not _error(source, ()):
        return
    every = {task.id for task in source.tasks}
    error = _error(source, every)
    for task in every if error is None else ():
        blamed = _error(source, every - {task})
        if blamed:
            source.without.add(task)
            broken[task] = _told(blamed, source, root)
    error = error or _error(source, source.without)
    if error:  # outside of the tasks
        story = _told(error, source, root)
        unit_wide = source.give_up() or all_tasks(sources, source)
        broken |= {task: story for task in unit_wide if task not in broken}


def _error(source: Source, without: Collection[str]) -> Exception | None:
    """Why Python does not compile the file without these tasks."""
    text = tasks.instrument(source.text, source.path, source.path, without)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, str(source.path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError) as error:
        return error
    return None


def _told(error: Exception, source: Source, root: Path) -> tuple[str, ...]:
    path = source.path.relative_to(root)
    if not isinstance(error, SyntaxError):
        return (f"{path}: {type(error).__name__}: {error}",)
    place = f"{path}:{error.lineno}" if error.lineno else str(path)
    told = "".join(traceback.format_exception_only(error)).splitlines()
    code = [line for line in told if line.startswith("    ")]
    return (f"{place}: {type(error).__name__}: {error.msg}", *code)
