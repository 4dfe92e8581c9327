"""Grades as they are kept: one file for each submission and module, written whole or not at all.

OUT/grades/<submission>/<module>.json     the grade, and the hashes of all that it rests on
OUT/history/<submission>/<module>-N.json  what it was before a regrade
OUT/reports/<submission>.md               for the student
OUT/class.csv                             raw, late and final points
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FORMAT = 1


@dataclass(frozen=True)
class Finding:
    """What became of one test that did not pass."""

    test: str
    status: str
    title: str = ""
    lines: tuple[str, ...] = ()  # for the instructor; for the student too where not hidden
    shapes: tuple[str, ...] = ()
    read: str = ""
    hidden: bool = False


@dataclass(frozen=True)
class TaskGrade:
    id: str
    status: str
    points: float
    max: float
    stories: tuple[Finding, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "status": self.status, "points": self.points, "max": self.max}


@dataclass(frozen=True)
class Grade:
    submission: str
    module: str
    seconds: float
    tasks: tuple[TaskGrade, ...]
    hashes: Mapping[str, str] = field(default_factory=dict)
    arrived: float = 0.0
    graded: float = 0.0
    sandbox: str = ""
    notes: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        return sum(task.points for task in self.tasks)

    @property
    def max(self) -> float:
        return sum(task.max for task in self.tasks)

    def as_json(self) -> dict[str, Any]:
        """What `--json` tells of it."""
        told: dict[str, Any] = {
            "submission": self.submission,
            "module": self.module,
            "seconds": round(self.seconds, 3),
            "score": self.score,
            "max": self.max,
            "tasks": [task.as_json() for task in self.tasks],
        }
        return told | ({"notes": list(self.notes)} if self.notes else {})


def write_text(path: Path, text: str) -> None:
    """All of it or nothing: a reader, or a power cut, never meets half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise


@dataclass(frozen=True)
class Store:
    root: Path

    def path(self, submission: str, module: str) -> Path:
        return self.root / "grades" / submission / f"{module}.json"

    def save(self, grade: Grade) -> None:
        data = {"format": FORMAT, "score": grade.score, "max": grade.max} | asdict(grade)
        write_text(self.path(grade.submission, grade.module), json.dumps(data, indent=1))

    def load(self, submission: str, module: str) -> Grade | None:
        """The grade that is kept, or None where there is none that can be read."""
        try:
            text = self.path(submission, module).read_text(encoding="utf-8")
            return _grade(json.loads(text))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def all(self) -> list[Grade]:
        found = []
        for path in sorted((self.root / "grades").glob("*/*.json")):
            grade = self.load(path.parent.name, path.stem)
            if grade is not None:
                found.append(grade)
        return found

    @contextmanager
    def alone(self, submission: str, module: str) -> Iterator[None]:
        """Waits until no other process is at work on this grade, whoever started it."""
        path = self.root / ".work" / "locks" / f"{submission}.{module}"
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def keep_old(self, submission: str, module: str) -> None:
        """Copies the grade there is, if any, into the history, before another takes its place."""
        old = self.path(submission, module)
        if old.is_file():
            folder = self.root / "history" / submission
            number = 1 + sum(1 for _ in folder.glob(f"{module}-*.json"))
            text = old.read_text(encoding="utf-8", errors="replace")
            write_text(folder / f"{module}-{number}.json", text)


def _grade(data: Mapping[str, Any]) -> Grade:
    if data["format"] != FORMAT:
        raise ValueError(f"a grade of format {data['format']}")
    kept = {key: data[key] for key in Grade.__dataclass_fields__}
    kept["notes"] = tuple(kept["notes"])
    kept["tasks"] = tuple(
        TaskGrade(**{**task, "stories": tuple(_story(story) for story in task["stories"])})
        for task in data["tasks"]
    )
    return Grade(**kept)


def _story(data: Mapping[str, Any]) -> Finding:
    return Finding(**{**data, "lines": tuple(data["lines"]), "shapes": tuple(data["shapes"])})
