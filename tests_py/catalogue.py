"""The catalogue of mutants: plausible wrong solutions of every task, in mutants/<unit>.toml.

    [[mutants]]
    task = "activations.softmax"
    why = "the row's maximum is not subtracted"
    old = "std::exp(x(i, j) - top)"        # occurs once in the task's body
    new = "std::exp(x(i, j))"              # what stands there instead

And the workspaces that one is tried in: the solution with one body replaced. Needs a clone.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tinytorch import curriculum
from tinytorch.tito import overlay, tasks
from tinytorch.tito.grading import TaskResult, UnitResult, grade, run_pytest
from tinytorch.tito.lab import Lab
from tinytorch.tito.overlay import Kit
from tinytorch.tito.plugin import Grading, Story
from tinytorch.tito.workspace import Course, Workspace

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests_py" / "mutants"
SOURCES = (ROOT / "cpp" / "modules", ROOT / "python" / "tinytorch")
COURSE = Course(SOURCES, ROOT / "tests_py", ROOT / "milestones")
LEAST = 3  # of a task
TIMEOUT = 5.0  # seconds a call may take
KEYS = {"task", "why", "old", "new"}

Files = dict[str, str]


@dataclass(frozen=True)
class Mutant:
    task: str
    why: str
    old: str
    new: str

    @property
    def unit(self) -> str:
        return self.task.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.task}: {self.why}"


def units() -> tuple[str, ...]:
    """Those with tasks, in the default track's order."""
    order = curriculum.load().track().units
    return tuple(unit for unit in order if any(tasks.teaches(source / unit) for source in SOURCES))


def ids(unit: str) -> list[str]:
    return [task.id for task in COURSE.tasks(unit)]


def solution(unit: str) -> Files:
    """The unit's files as the library has them."""
    folders = [folder for source in SOURCES if tasks.teaches(folder := source / unit)]
    return {
        path.name: path.read_text(encoding="utf-8")
        for folder in folders
        for path in tasks.sources(folder)
    }


def stub(unit: str) -> Files:
    return {name: tasks.stub(text, Path(name)) for name, text in solution(unit).items()}


def body(files: Files, task: str) -> str:
    """The lines of a task's body.  Raises KeyError."""
    name, found = _found(files, task)
    return "".join(files[name].splitlines(keepends=True)[found.body - 1 : found.last - 1])


def with_body(files: Files, task: str, text: str) -> Files:
    """The files with another body for one task."""
    name, found = _found(files, task)
    lines = files[name].splitlines(keepends=True)
    lines[found.body - 1 : found.last - 1] = [text]
    return files | {name: "".join(lines)}


def _found(files: Files, task: str) -> tuple[str, tasks.Task]:
    for name, text in files.items():
        for found in tasks.find(text, Path(name)):
            if found.id == task:
                return name, found
    raise KeyError(task)


def mutated(mutant: Mutant) -> Files:
    files = solution(mutant.unit)
    text = body(files, mutant.task).replace(mutant.old, mutant.new)
    return with_body(files, mutant.task, text)


def stubbed(task: str) -> Files:
    """The solution with one task as it was handed out."""
    unit = task.partition(".")[0]
    return with_body(solution(unit), task, body(stub(unit), task))


# --- the catalogue ---


def read(path: Path) -> list[Mutant]:
    """The mutants of one file.  Raises ValueError with a sentence."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path.name}: {error}") from None
    entries = found.get("mutants", [])
    if set(found) != {"mutants"} or not all(set(entry) == KEYS for entry in entries):
        raise ValueError(f"{path.name}: expected [[mutants]] with {', '.join(sorted(KEYS))}")
    return [Mutant(**entry) for entry in entries]


def mutants(unit: str) -> list[Mutant]:
    """Those of one unit."""
    return read(FOLDER / f"{unit}.toml")


def problems(unit: str) -> list[str]:
    """What is wrong with the catalogue of one unit, without building anything."""
    path = FOLDER / f"{unit}.toml"
    if not path.is_file():
        return [f"there is no mutants/{unit}.toml"]
    try:
        found = mutants(unit)
    except ValueError as error:
        return [str(error)]
    files, known, told = solution(unit), ids(unit), []
    for mutant in found:
        if mutant.task not in known:
            told.append(f"{mutant}: there is no such task")
            continue
        times = body(files, mutant.task).count(mutant.old)
        if times != 1:
            told.append(
                f"{mutant}: `{mutant.old.strip()}` occurs {times} times in the body, not once"
            )
        if mutant.old == mutant.new:
            told.append(f"{mutant}: it is the solution")
    count = Counter(mutant.task for mutant in found)
    few = [task for task in known if count[task] < LEAST]
    told += [f"{task} has {count[task]} mutants, and needs {LEAST}" for task in few]
    twice = Counter((mutant.task, mutant.old, mutant.new) for mutant in found)
    told += [f"{task}: the same mutant twice" for (task, *_), times in twice.items() if times > 1]
    return told


# --- where it is tried ---


def prepare(folder: Path) -> Kit:
    """What all builds share, compiled once."""
    overlay.prepare_common(folder, overlay.CHECKED, COURSE, ())
    return Kit(folder, overlay.run_here)


@dataclass(frozen=True)
class Trial:
    """A workspace for one unit, in which one solution after the other is graded as by `tito test`.

    What they have in common is compiled once.
    """

    place: Workspace
    unit: str
    kit: Kit

    @classmethod
    def of(cls, unit: str, folder: Path, kit: Kit) -> Trial:
        return cls(Workspace(folder / unit, COURSE), unit, kit)

    def grade(self, files: Files, task: str | None = None) -> UnitResult:
        """All of the unit, or one task, isolated."""
        return grade(self.place, self.unit, self._build(files), task, timeout=TIMEOUT)

    def dies(self, mutant: Mutant) -> TaskResult:
        """What becomes of the mutant's task."""
        return self.grade(mutated(mutant), mutant.task).tasks[0]

    def stories(self, files: Files) -> Mapping[str, list[Story]]:
        """What became of every test, by task; a test may claim several."""
        built, tasks = self._build(files), COURSE.tasks(self.unit)
        sources = self.place.root / "modules"
        with Lab(built.parts(), sources, built.watch, TIMEOUT, built.environment) as lab:
            grading = Grading(lab, {}, frozenset(task.id for task in tasks))
            run_pytest(COURSE.test(self.unit), grading, "")
        return grading.stories

    def _build(self, files: Files) -> overlay.Overlay:
        folder = self.place.folder(self.unit)
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        return overlay.build(self.place, [self.unit], overlay.CHECKED, self.kit)
