"""One submission, examined in a process of its own: built and run in the sandbox, graded outside.

This process holds the tests and what they expect. It never loads what a student wrote: it talks to
the sandbox in messages of numbers, strings and arrays. What it writes is the grade.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

import tinytorch
from tinytorch import curriculum
from tinytorch.tito import overlay
from tinytorch.tito.grader import imports, intake, sandbox
from tinytorch.tito.grader.rules import ModuleRules
from tinytorch.tito.grader.sandbox import Choice
from tinytorch.tito.grader.store import Finding, Grade, Store, TaskGrade
from tinytorch.tito.grading import run_pytest
from tinytorch.tito.lab import Lab
from tinytorch.tito.overlay import Kit, Overlay
from tinytorch.tito.plugin import Grading, Story
from tinytorch.tito.sources import empty_tasks
from tinytorch.tito.tasks import Task
from tinytorch.tito.workspace import Workspace, WorkspaceError, course

DIE_WITH_PARENT, SUBREAPER = 1, 36  # of prctl
SUSPICIOUS = re.compile(
    r"\b(?:__asm__|__asm|asm|_DYNAMIC|_GLOBAL_OFFSET_TABLE_|__ehdr_start|__dso_handle|link_map"
    r"|Elf64_\w+|__builtin_return_address|__builtin_frame_address)\b|/proc/"
)
ROOM = 64 << 20  # bytes that a build may take
FOREIGN = "this module's library asks for what no solution has a need of:"


@dataclass(frozen=True)
class Job:
    """What to grade of one submission, and by which rules."""

    submission: str
    unit: str
    files: Mapping[str, bytes]
    tests: tuple[tuple[Path, bool], ...]  # and whether they are hidden
    rules: ModuleRules
    hashes: Mapping[str, str]
    arrived: float
    notes: tuple[str, ...]
    store: Store
    common: Path
    work: Path  # its own folder
    choice: Choice
    timeout: float  # seconds a call may take
    seconds: float  # all tests together

    @property
    def limit(self) -> float:
        """Seconds after which it is stopped from outside."""
        return self.seconds + sandbox.COMPILING.seconds + 2 * self.timeout + 30


def examine(job: Job) -> None:
    """Grades a job and keeps the grade.  Runs in a process of its own, which ends with its session:
    one that was killed leaves nobody at work in the folder that the next one needs.
    """
    os.setsid()
    if sys.platform == "linux":
        prctl = ctypes.CDLL(None).prctl
        prctl(DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
        prctl(SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.umask(0o022)
    threading.Thread(target=_end_with_session, daemon=True).start()
    with job.store.alone(job.submission, job.unit):
        _examine(job)


may_save = threading.Lock()


def _end_with_session() -> None:
    # What the forking server starts keeps that server alive, so its death tells nothing.
    session = multiprocessing.parent_process()
    if session is not None:
        session.join()
        with may_save:  # a build that is stopped here is not to become a grade
            sandbox.kill_descendants(os.getpid())
            os.kill(os.getpid(), signal.SIGKILL)


def _examine(job: Job) -> None:
    shutil.rmtree(job.work, ignore_errors=True)
    job.work.mkdir(parents=True)
    with open(log_of(job.work), "w") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.chdir(job.work.parent)
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(job.work.parent / "hypothesis")
    try:
        result = grade(job)
        with may_save:
            job.store.save(result)
    except WorkspaceError as error:  # not the student's fault
        problem_of(job.work).write_text(str(error), encoding="utf-8")
    finally:
        shutil.rmtree(job.work, ignore_errors=True)


def log_of(work: Path) -> Path:
    return work.with_name(f"{work.name}.log")


def problem_of(work: Path) -> Path:
    return work.with_name(f"{work.name}.problem")


def grade(job: Job) -> Grade:
    begin = time.monotonic()
    place = Workspace(job.work, course())
    wanted = place.course.tasks(job.unit)
    results, notes = _results(job, place, wanted), [*job.notes, *suspicions(job.files)]
    tasks = []
    for task_id, points in worth(wanted, job.rules).items():
        if task_id not in results:
            notes.append(f"{task_id} counts for nobody: all its tests are voided")
            continue
        status, stories = results[task_id]
        gained = points if status == "passed" else 0
        tasks.append(TaskGrade(task_id, status, gained, points, stories))
    return Grade(
        job.submission,
        job.unit,
        time.monotonic() - begin,
        tuple(tasks),
        job.hashes,
        job.arrived,
        time.time(),
        job.choice.kind,
        tuple(notes),
    )


def suspicions(files: Mapping[str, bytes]) -> list[str]:
    """What the table of symbols cannot show and no solution has: for a person to look at."""
    return [
        f"{name} says `{found[0]}`, which no solution needs: have a look at it"
        for name, content in sorted(files.items())
        if (found := SUSPICIOUS.search(content.decode(errors="replace")))
    ]


def worth(tasks: tuple[Task, ...], rules: ModuleRules) -> dict[str, float]:
    """The points of each task: the course's, or the class's; and those of extra tests."""
    points = {task.id: rules.points.get(task.id, task.points) for task in tasks}
    return points | {name: most for name, most in rules.extra.items() if name not in points}


def all_with(
    job: Job, status: str, title: str, lines: tuple[str, ...] = (), note: str = ""
) -> Grade:
    """The grade of a submission that went no further, the same status for every task."""
    points = worth(course().tasks(job.unit), job.rules)
    story = Finding("", status, title, lines)
    tasks = tuple(TaskGrade(name, status, 0, most, (story,)) for name, most in points.items())
    notes = (*job.notes, *([note] if note else []))
    return Grade(
        job.submission, job.unit, 0.0, tasks, job.hashes, job.arrived, time.time(),
        job.choice.kind, notes,
    )  # fmt: skip


Results = dict[str, tuple[str, tuple[Finding, ...]]]


def _results(job: Job, place: Workspace, wanted: tuple[Task, ...]) -> Results:
    ids = [*worth(wanted, job.rules)]
    if not job.files:
        return dict.fromkeys(ids, ("not started", ()))
    box = _stage(job, place)
    built = _build(job, place, box)
    if isinstance(built, Finding):
        return dict.fromkeys(ids, ("compile error", (built,)))
    empty = empty_tasks(place, job.unit)
    only = frozenset(name for name in ids if name not in built.broken and name not in empty)
    grading = _run(job, place, built, box, wanted, only)
    results: Results = {}
    for name in ids:
        if name in built.broken:
            words = tuple(intake.plain(line) for line in built.broken[name])
            story = Finding("", "compile error", "", words)
            results[name] = ("compile error", (story,))
        elif name in empty and name not in grading.void:
            results[name] = ("not started", ())
        elif name in grading.stories or name not in grading.void:
            told = grading.stories.get(name, ())
            stories = tuple(_told(story) for story in told if story.status != "passed")
            results[name] = (grading.status(name), stories)
    return results


def _stage(job: Job, place: Workspace) -> sandbox.Sandbox:
    """Writes the files into the job's folder, which is all that the sandbox has of its own."""
    folder = place.folder(job.unit)
    folder.mkdir(parents=True)
    for name, content in job.files.items():
        (folder / name).write_bytes(content)
    place.build.mkdir()
    box = job.choice.sandbox(job.work)
    sandbox.own(box, place.build)
    return box


def builds(job: Job) -> str:
    """Why the job's files do not build here, or nothing."""
    shutil.rmtree(job.work, ignore_errors=True)
    place = Workspace(job.work, course())
    built = _build(job, place, _stage(job, place), prepared=False)
    if isinstance(built, Finding):
        return "\n".join((built.title, *built.lines))
    return "\n".join(line for lines in built.broken.values() for line in lines)


def _build(
    job: Job, place: Workspace, box: sandbox.Sandbox, prepared: bool = True
) -> Overlay | Finding:
    """What was built, or why nothing was."""
    compiling = box.compiling(sandbox.reference_masks(job.unit, None, None), job.common)
    try:
        script = imports.exports(job.common, job.unit)
        shown = script if script.is_file() else None  # none of a module in Python
        kit = Kit(job.common, compiling.run, prepared, shown)
        built = overlay.build(place, [job.unit], overlay.CHECKED, kit)
        library = built.libraries.get(job.unit)
        if library is None:
            return built
        lib = Path(tinytorch.library_dir())
        needs = ("core", *curriculum.load().all_needs(job.unit))
        given = [lib / f"libtinytorch_{name}{overlay.SUFFIX}" for name in needs]
        found = imports.foreign(
            library, [path for path in given if path.is_file()], compiling, os.environ
        )
    except WorkspaceError as error:
        _check_disk(job)
        words = tuple(intake.plain(line) for line in str(error).splitlines()[:12])
        return Finding("", "compile error", "", words)
    if found:
        return Finding("", "compile error", FOREIGN, (", ".join(found[:8]),))
    if built.broken:
        _check_disk(job)
    return built


def _check_disk(job: Job) -> None:
    """A disk without room is nobody's compile error.  Raises WorkspaceError."""
    free = shutil.disk_usage(job.work.parent).free
    if free < ROOM:
        raise WorkspaceError(
            f"{free >> 20} MB are left on the disk of {job.store.root}, too little to build; make "
            "room, then run the command again: finished grades are kept"
        )


def _run(
    job: Job,
    place: Workspace,
    built: Overlay,
    box: sandbox.Sandbox,
    wanted: tuple[Task, ...],
    only: frozenset[str],
) -> Grading:
    hidden_files = {path.resolve() for path, hidden in job.tests if hidden}

    def is_hidden(item: pytest.Item) -> bool:
        name = item.name.partition("[")[0]
        if item.path.resolve() in hidden_files:
            return not any(fnmatchcase(name, pattern) for pattern in job.rules.visible)
        return any(fnmatchcase(name, pattern) for pattern in job.rules.hidden)

    together = Grading(
        Lab(),  # nobody asks it
        {task.id: task.hint for task in wanted},
        only,
        voided=job.rules.voided,
        hidden=is_hidden,
        deadline=time.monotonic() + job.seconds,
    )
    for part, tasks in _kinds(built, wanted, only):
        masks = sandbox.reference_masks(
            job.unit, part.libraries.get(job.unit), part.packages.get(job.unit)
        )
        launcher = box.running(masks, job.common)
        sources = place.root / "modules"
        with Lab(part.parts(), sources, part.watch, job.timeout, launcher=launcher) as lab:
            lab.prepare()
            for path, _ in job.tests:
                grading = replace(together, lab=lab, only=tasks, collected=0)
                run_pytest(path, grading, "")
                if not grading.collected:
                    raise WorkspaceError(f"there is no test in {path}")
        with suppress(OSError):
            sandbox.kill_descendants(os.getpid())
    return together


def _kinds(
    built: Overlay, wanted: tuple[Task, ...], only: frozenset[str]
) -> Iterator[tuple[Overlay, frozenset[str]]]:
    """What to load, and the tasks that are graded with it.

    A task in C++ is graded beside the course's Python: the student's could answer in its place.
    """
    in_cpp = frozenset(task.id for task in wanted if task.path.suffix == ".cpp")
    if built.packages and only & in_cpp:
        yield replace(built, packages={}), only & in_cpp
        only -= in_cpp
    if only:
        yield built, only


def _told(story: Story) -> Finding:
    return Finding(
        story.test,
        story.status,
        story.title,
        tuple(intake.plain(line) for line in story.lines),
        story.shapes,
        story.read,
        story.hidden,
    )
