"""Where things are: the course's stubs and tests, and a student's workspace.

    DIR/modules/<unit>/<file>     the student's files; task bodies aside, the reference's content
    DIR/.tito/                    progress, backups, and the stubs that the student started from
    DIR/build/                    what tito makes of them; may be deleted

In a clone the course is read from the sources, solutions left out: a unit's C++ from cpp/modules,
its Python from the library's package of that name. An installed package carries it without them,
in tinytorch/course.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tinytorch
from tinytorch import curriculum
from tinytorch.curriculum import Unit, near
from tinytorch.tito import chapters, tasks
from tinytorch.tito.tasks import Task
from tinytorch.tito.writing import write_safely


class WorkspaceError(Exception):
    """Something a command cannot go on without; the message is a sentence and names the cure."""


def known(unit: str) -> Unit:
    """The module of that name.  Raises WorkspaceError, with the name that was meant."""
    units = curriculum.load().units
    if unit not in units:
        cure = near(unit, units) or "see: tito info"
        raise WorkspaceError(f"`{unit}` is not a module of the course; {cure}")
    return units[unit]


@dataclass(frozen=True)
class Course:
    """Stubs, tests and chapters of the units, from a clone or from the installed package."""

    modules: tuple[Path, ...]  # folders of units
    tests: Path
    milestones: Path = Path()
    chapters: Path = Path()

    def files(self, unit: str) -> dict[str, str]:
        """The unit's files as a student receives them, by name."""
        known(unit)
        folders = [folder for root in self.modules if tasks.teaches(folder := root / unit)]
        if not folders:
            raise WorkspaceError(f"this version has no tasks for `{unit}` yet")
        return {
            path.name: tasks.stub(path.read_text(encoding="utf-8"), path)
            for folder in folders
            for path in sorted(folder.iterdir())
            if path.suffix in (*tasks.SOURCES, ".h")
        }

    def tasks(self, unit: str) -> tuple[Task, ...]:
        """The unit's tasks: what is graded, whatever a student's files say."""
        return tuple(
            task for name, text in self.files(unit).items() for task in tasks.find(text, Path(name))
        )

    def task(self, name: str) -> Task:
        """The task of that name.  Raises WorkspaceError, with the name that was meant."""
        unit, _, last = name.partition(".")
        found = {task.id: task for task in self.tasks(unit)}
        if name not in found:
            meant = near(last, [task.rpartition(".")[2] for task in found], f"{unit}.")
            every = f"the tasks of {unit}: {', '.join(found)}"
            raise WorkspaceError(f"`{name}` is not a task; {meant or every}")
        return found[name]

    def chapter(self, unit: str) -> str:
        """The unit's chapter, or nothing."""
        path = self.chapters / f"{unit}.md"
        if not path.is_file():
            return ""
        return chapters.filled(path.read_text(encoding="utf-8"), known(unit), self.tasks(unit))

    def test(self, unit: str) -> Path:
        path = self.tests / f"test_{unit}.py"
        if not path.is_file():
            raise WorkspaceError(f"this version has no grading tests for `{unit}` yet")
        return path


def course() -> Course:
    """The course that belongs to this package: what it carries, or the clone that it lies in.

    Never one found near a workspace: tests that a student could write would grade nothing.
    """
    package = Path(tinytorch.__file__).resolve().parent
    carried, clone = package / "course", package.parents[1]
    if carried.is_dir():
        return Course(
            (carried / "modules",), carried / "tests", carried / "milestones", carried / "docs"
        )
    if (clone / "cpp" / "modules").is_dir():
        return Course(
            (clone / "cpp" / "modules", package),
            clone / "tests_py",
            clone / "milestones",
            clone / "docs",
        )
    raise WorkspaceError(f"this installation carries no course: expected it in {carried}")


@dataclass(frozen=True)
class Workspace:
    root: Path
    course: Course

    def folder(self, unit: str) -> Path:
        return self.root / "modules" / unit

    @property
    def build(self) -> Path:
        return self.root / "build"

    @property
    def state(self) -> Path:
        return self.root / ".tito"

    def origin(self, unit: str) -> Path:
        """The unit's files as the student received them, to tell later what is whose."""
        return self.state / "stubs" / unit

    def units(self) -> tuple[str, ...]:
        """The units that were started, in the default track's order."""
        units = curriculum.load().track().units
        return tuple(unit for unit in units if self.folder(unit).is_dir())

    def start(self, unit: str) -> list[Path]:
        """Writes what is not there yet of the unit's files and its chapter; returns the new ones.

        Headers are for reading: they are written without write permission, and the build uses the
        installed ones.
        """
        written = []
        for name, text in self.course.files(unit).items():
            path = self.folder(unit) / name
            if path.exists():
                continue
            self.hand_out(unit, name, text)
            written.append(path)
        chapter, copy = self.course.chapter(unit), self.root / "docs" / f"{unit}.md"
        if chapter and not copy.exists():
            write_safely(copy, chapter)
            written.append(copy)
        return written

    def hand_out(self, unit: str, name: str, text: str) -> None:
        """Writes one file of the course's, and keeps a copy of what it was."""
        for folder in (self.folder(unit), self.origin(unit)):
            read_only = folder == self.folder(unit) and name.endswith(".h")
            write_safely(folder / name, text, 0o444 if read_only else 0o644)

    def require(self, unit: str) -> Path:
        """The folder of a unit that was started.  Raises WorkspaceError."""
        self.course.files(unit)
        if not self.folder(unit).is_dir():
            raise WorkspaceError(f"`{unit}` is not started here; run: tito start {unit}")
        return self.folder(unit)


def workspace(directory: Path | None, new: bool = False) -> Workspace:
    """The workspace in `directory`; by default the one around the current folder.

    Where there is none yet: the folder `workspace` of a clone, else the current folder.
    new: a folder that is named need not be there yet.
    """
    if directory is not None and not new and not directory.is_dir():
        raise WorkspaceError(f"there is no folder {directory}; run: tito init {directory}")
    here = Path.cwd()
    around = (here, *here.parents)
    if directory is None:
        clone = next((folder for folder in around if (folder / "cpp" / "modules").is_dir()), None)
        mine = next((folder for folder in around if _is_workspace(folder)), None)
        directory = mine or (clone / "workspace" if clone else here)
    return Workspace(directory.resolve(), course())


def _is_workspace(folder: Path) -> bool:
    modules = folder / "modules"
    return (folder / ".tito").is_dir() or (
        folder.name != "cpp" and any((modules / unit).is_dir() for unit in curriculum.load().units)
    )
