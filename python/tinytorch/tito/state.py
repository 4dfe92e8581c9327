"""What a workspace remembers, in one file: .tito/progress.json.

    tasks       by id: the status a test run found, and the hash of the source it found it in
    milestones  by name: what a run found, and on whose modules
    hints       by task: how many were read
    track       the order that was chosen, or null

Only a run of the tests writes a status. Where the source has changed since, the status is stale.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tinytorch
from tinytorch import curriculum
from tinytorch.curriculum import Track
from tinytorch.tito import tasks
from tinytorch.tito.workspace import Workspace, WorkspaceError
from tinytorch.tito.writing import write_safely

FORMAT = 1
SECTIONS = ("tasks", "milestones", "hints")


class Damaged(ValueError):
    """A progress file that is none."""


@dataclass
class State:
    """The file's content, by section."""

    tasks: dict[str, dict[str, Any]]
    milestones: dict[str, dict[str, Any]]
    hints: dict[str, int]
    track: str | None = None
    version: str = tinytorch.__version__  # of the course that the stubs came from

    def as_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "tinytorch": self.version,
            "track": self.track,
            "tasks": dict(sorted(self.tasks.items())),
            "milestones": self.milestones,
            "hints": self.hints,
        }

    def chosen(self) -> Track:
        """The chosen track, or the default one."""
        course = curriculum.load()
        return course.track(self.track if self.track in course.tracks else None)


def path(place: Workspace) -> Path:
    return place.state / "progress.json"


def read(place: Workspace) -> State:
    """What the workspace remembers.  A damaged file is put aside, and said so."""
    file = path(place)
    try:
        return _parse(file.read_bytes())
    except FileNotFoundError:
        return State({}, {}, {})
    except OSError as error:
        raise WorkspaceError(f"{file} cannot be read: {error.strerror}") from None
    except Damaged as error:
        aside = file.with_name(f"progress.damaged-{stamp()}.json")
        file.replace(aside)
        print(
            f"tito: {file} is damaged ({error}); it is kept as {aside.name}, and progress starts "
            "anew: `tito test` finds again what passes",
            file=sys.stderr,
        )
        return State({}, {}, {})


@contextmanager
def changing(place: Workspace) -> Iterator[State]:
    """The state, to change inside `with`; written at its end, whoever else writes meanwhile."""
    try:
        place.state.mkdir(parents=True, exist_ok=True)
        lock = (place.state / "lock").open("w")
    except OSError as error:
        raise WorkspaceError(f"{place.state} cannot be written: {error.strerror}") from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state = read(place)
        yield state
        write_safely(path(place), json.dumps(state.as_json(), indent=1) + "\n")


def stamp() -> str:
    """Now, as a name."""
    return time.strftime("%Y%m%d-%H%M%S") + f"-{time.time_ns() // 1_000_000 % 1000:03}"


def _parse(data: bytes) -> State:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"it is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise Damaged("it holds no object")
    if isinstance(found.get("format"), int) and found["format"] > FORMAT:
        raise WorkspaceError(
            ".tito/progress.json was written by a newer version of tinytorch; run: "
            "pip install --upgrade tinytorch-cpp"
        )
    if found.get("format") != FORMAT:
        raise Damaged(f"its format is {found.get('format')!r}, and this version reads {FORMAT}")
    for section, kind in (("tasks", dict), ("milestones", dict), ("hints", int)):
        entries = found.get(section)
        if not isinstance(entries, dict) or not all(isinstance(e, kind) for e in entries.values()):
            raise Damaged(f"`{section}` is not what it should be")
    for entry in found["tasks"].values():
        if not all(isinstance(entry.get(key), str) for key in ("status", "source")):
            raise Damaged("a task has no status or no source")
    for entry in found["milestones"].values():
        if not isinstance(entry.get("sources", {}), dict):
            raise Damaged("a milestone's sources are not what they should be")
    for task, number in found["hints"].items():
        found["hints"][task] = max(0, number)
    track = found.get("track")
    return State(
        found["tasks"],
        found["milestones"],
        found["hints"],
        track if isinstance(track, str) else None,
        str(found.get("tinytorch", tinytorch.__version__)),
    )


# --- evidence -----------------------------------------------------------------------------------


def sources(place: Workspace, unit: str) -> dict[str, str]:
    """By task of a unit: the hash of the student's file it is in, and of files without tasks.

    Those can hold what any task calls; a file with tasks of its own makes only these stale.
    """
    names = {task.id: task.path.name for task in place.course.tasks(unit)}
    folder, every = place.folder(unit), set(names.values())
    if not folder.is_dir():
        return {}
    content = {file.name: file.read_bytes() for file in tasks.sources(folder)}
    shared = b"".join(content[name] for name in sorted(content.keys() - every))
    return {
        task: digest(content[name] + b"\0" + shared)
        for task, name in names.items()
        if name in content
    }


def module_source(place: Workspace, unit: str) -> str:
    """One hash for all of the student's files of a module."""
    return digest("".join(sorted(sources(place, unit).values())))


def moved(place: Workspace, seen: Mapping[str, str]) -> bool:
    """Whether a file of these modules has changed since."""
    known = curriculum.load().units  # a newer course may have renamed one
    return any(unit not in known or module_source(place, unit) != was for unit, was in seen.items())


def digest(content: bytes | str) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()[
        :16
    ]


def record(
    place: Workspace, found: Mapping[str, Mapping[str, Any]], seen: Mapping[str, str]
) -> None:
    """Notes what a run of the tests found; `seen`: the sources as they were when it began."""
    with changing(place) as state:
        for task, result in found.items():
            if task in seen:
                state.tasks[task] = {
                    **result,
                    "source": seen[task],
                    "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
                    "tinytorch": tinytorch.__version__,
                }


@dataclass(frozen=True)
class Standing:
    """A task, and what is known of it."""

    id: str
    max: int
    status: str
    stale: bool = False
    source: str = ""
    at: str = ""

    @property
    def points(self) -> int:
        return self.max if self.holds else 0

    @property
    def holds(self) -> bool:
        """Whether it passed, on the source as it is now."""
        return self.status == "passed" and not self.stale

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "status": self.status,
            "stale": self.stale,
            "points": self.points,
            "max": self.max,
        }


def standing(place: Workspace, state: State, unit: str) -> tuple[Standing, ...]:
    """The unit's tasks with what the last runs found; none for a unit this version has not yet."""
    try:
        found = place.course.tasks(unit)
    except WorkspaceError:
        return ()
    now = sources(place, unit)
    result = []
    for task in found:
        known = state.tasks.get(task.id, {})
        status = str(known.get("status", "not started"))
        result.append(
            Standing(
                task.id,
                task.points,
                status,
                bool(known) and now.get(task.id) != known["source"],
                str(known.get("source", "")),
                str(known.get("at", "")),
            )
        )
    return tuple(result)


def complete(found: tuple[Standing, ...]) -> bool:
    return bool(found) and all(task.holds for task in found)
