"""A student's files on their way into what a worker loads: instrumented, or left out."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tinytorch.tito import tasks
from tinytorch.tito.workspace import Workspace


@dataclass
class Source:
    """One file of a unit."""

    path: Path  # the student's
    copy: Path  # what is compiled or imported
    stub: str  # the course's content, for when the student's is of no use
    text: str
    without: set[str]  # tasks left out

    @property
    def tasks(self) -> tuple[tasks.Task, ...]:
        return tasks.find(self.text, self.path)

    def give_up(self) -> list[str]:
        """Takes the stub instead; returns the tasks that fail with the file."""
        self.text = self.stub
        self.without.clear()
        return [task.id for task in self.tasks]

    def write(self) -> None:
        content = tasks.instrument(self.text, self.path, self.path, self.without)
        write_if_changed(self.copy, content)


def collect(
    workspace: Workspace, unit: str, suffix: str, broken: dict[str, tuple[str, ...]]
) -> list[Source]:
    """The unit's files of that suffix: the student's, and the course's for one that is missing.

    Tasks whose markers are lost are put into `broken`.
    """
    folder = workspace.require(unit)
    stubs = {
        name: text
        for name, text in workspace.course.files(unit).items()
        if Path(name).suffix == suffix
    }
    own = {path.name for path in tasks.sources(folder) if path.suffix == suffix}
    found = []
    for name in sorted(own | stubs.keys()):
        path, stub = folder / name, stubs.get(name, "")
        text = path.read_text(encoding="utf-8", errors="replace") if name in own else stub
        source = Source(path, workspace.build / "src" / unit / name, stub, text, set())
        expected = {task.id for task in tasks.find(stub, path)}
        try:
            if name not in own:
                raise tasks.MarkerError(f"{name} is missing; tito start {unit} writes it again")
            missing = expected - {task.id for task in source.tasks}
            if missing:
                raise tasks.MarkerError(f"{name}: the line TASK {min(missing)} is missing")
        except tasks.MarkerError as error:
            broken |= dict.fromkeys(expected, (str(error),))
            source.give_up()
        found.append(source)
    return found


def empty_tasks(workspace: Workspace, unit: str) -> frozenset[str]:
    """The unit's tasks that are as they were handed out."""
    found: set[str] = set()
    for path in tasks.sources(workspace.folder(unit)):
        with suppress(tasks.MarkerError):
            found |= tasks.empty(path.read_text(encoding="utf-8", errors="replace"), path)
    return frozenset(found)


def all_tasks(sources: Iterable[Source], source: Source) -> list[str]:
    """The tasks of the unit: a file without tasks of its own fails them all."""
    unit = [other for other in sources if other.path.parent == source.path.parent]
    return [task.id for other in unit for task in other.tasks]


def write_if_changed(path: Path, text: str) -> None:
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
