"""Grading a unit that was built: run its tests on a lab, and sum up what became of each task."""

from __future__ import annotations

import gc
import io
import os
import sys
import time
from collections.abc import Collection
from contextlib import redirect_stderr
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tinytorch.tito import plugin
from tinytorch.tito.lab import Lab
from tinytorch.tito.overlay import Overlay
from tinytorch.tito.plugin import Grading, Story
from tinytorch.tito.sources import empty_tasks
from tinytorch.tito.tasks import Task
from tinytorch.tito.turns import Turns, cores
from tinytorch.tito.workspace import Workspace, WorkspaceError


@dataclass(frozen=True)
class TaskResult:
    id: str
    status: str
    max: int
    stories: tuple[Story, ...]  # of the tests that do not pass

    @property
    def points(self) -> int:
        return self.max if self.status == "passed" else 0


@dataclass(frozen=True)
class UnitResult:
    unit: str
    seconds: float
    tasks: tuple[TaskResult, ...]

    @property
    def score(self) -> int:
        return sum(task.points for task in self.tasks)

    @property
    def max(self) -> int:
        return sum(task.max for task in self.tasks)

    @property
    def passed(self) -> bool:
        return all(task.status == "passed" for task in self.tasks)

    def as_json(self) -> dict[str, Any]:
        return {
            "module": self.unit,
            "seconds": round(self.seconds, 3),
            "score": self.score,
            "max": self.max,
            "tasks": [
                {"id": task.id, "status": task.status, "points": task.points, "max": task.max}
                for task in self.tasks
            ],
        }


def grade(
    workspace: Workspace,
    unit: str,
    built: Overlay,
    task: str | None = None,
    keyword: str = "",
    integrated: bool = False,
    timeout: float | None = None,
    theirs: Collection[str] | None = None,
    shared: bool = False,
) -> UnitResult:
    """Grades all of a unit, or one task, or the tests that match `keyword`.

    Isolated, all other units are the reference; integrated, they are what was built of them; with
    `theirs`, only these are.  shared: by two processes, where there are cores for them.
    """
    begin = time.perf_counter()
    wanted = wanted_tasks(workspace, unit, task)
    only = frozenset(found.id for found in wanted if found.id not in built.broken)
    parts = built.parts(theirs if theirs is not None else None if integrated else [unit])
    sources = workspace.root / "modules"
    new_lab = partial(Lab, parts, sources, built.watch, timeout, built.environment)
    with new_lab() as lab:
        lab.prepare()
        hints = {found.id: found.hint for found in wanted}
        grading = Grading(lab, hints, only, empty=empty_tasks(workspace, unit))
        if only:
            turns = Turns(grading, new_lab) if shared and cores() > 1 else None
            run_pytest(workspace.course.test(unit), grading, keyword, turns)
    results = []
    for found in wanted:
        if found.id in built.broken:
            story = Story("compile error", "", built.broken[found.id])
            results.append(TaskResult(found.id, "compile error", found.points, (story,)))
        elif found.id in grading.stories:
            stories = tuple(s for s in grading.stories[found.id] if s.status != "passed")
            results.append(TaskResult(found.id, grading.status(found.id), found.points, stories))
        elif not keyword:
            raise WorkspaceError(f"no test grades {found.id}")
    if not results:
        raise WorkspaceError(f"no test of {task or unit} matches -k {keyword!r}")
    return UnitResult(unit, time.perf_counter() - begin, tuple(results))


def wanted_tasks(workspace: Workspace, unit: str, task: str | None) -> list[Task]:
    """The tasks to grade.  Raises WorkspaceError for a unit or a task that is not there."""
    workspace.require(unit)
    return [workspace.course.task(task)] if task else list(workspace.course.tasks(unit))


def run_pytest(tests: Path, grading: Grading, keyword: str, turns: Turns | None = None) -> None:
    """Runs one file of tests with nothing but our plugin: no settings found on the way are read."""
    arguments = [str(tests), "-c", os.devnull, f"--rootdir={tests.parent}", "--noconftest"]
    arguments += ["--import-mode=importlib"]
    arguments += ["-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:faulthandler"]
    # These two collect garbage five times over at the end, a quarter of a second.
    arguments += ["-p", "no:unraisableexception", "-p", "no:threadexception"]
    if keyword:
        arguments += ["-k", keyword]
    kept = _without(("PYTEST_ADDOPTS", "PYTEST_PLUGINS"))
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.modules.pop(tests.stem, None)  # of another folder's file of that name
    code = int(pytest.ExitCode.INTERNAL_ERROR)
    complaint = io.StringIO()  # about the arguments, on standard error
    collects = gc.isenabled()
    gc.disable()  # of the seconds that a verdict takes, it was a fifth
    try:
        with redirect_stderr(complaint):
            code = pytest.main(arguments, plugins=[plugin, grading, *([turns] if turns else [])])
    finally:
        if turns is not None:
            code = turns.join(code)
        if collects:
            gc.enable()
        del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        os.environ.update(kept)
    if code == pytest.ExitCode.USAGE_ERROR:
        raise WorkspaceError(
            f"-k: expected names, `and`, `or` and `not`, got {keyword!r}"
            if keyword
            else f"the grading tests do not run:\n{complaint.getvalue()}"
        )
    if code == pytest.ExitCode.INTERRUPTED and not grading.problems:
        raise KeyboardInterrupt
    if grading.problems:
        raise WorkspaceError("the grading tests do not run:\n" + "\n".join(grading.problems))


def _without(names: Collection[str]) -> dict[str, str]:
    return {name: os.environ.pop(name) for name in names if name in os.environ}
