"""The rules of one class: course.toml, read and checked.

title = "Machine Learning Systems, autumn"
track = "discovery"              # or  order = ["tensor", "activations", ...]
tests = "hidden"                 # a folder of test_<module>.py beside this file

[late]
percent_per_day = 10             # of the points reached, for every day begun
at_most = 50                     # percent
grace_minutes = 15

[modules.activations]
weight = 2
due = 2026-10-01T23:59:00+02:00
closes = 2026-10-08              # later is worth nothing
voided = ["test_softmax_of_*"]   # count for nobody
visible = ["test_relu_*"]        # hidden tests whose inputs a student may see
hidden = ["test_gelu_*"]         # of the course's own tests, some whose inputs he may not
points = { "activations.gelu" = 4 }
extra = { "activations.speed" = 2 }   # graded by extra tests, marked with that id
"""

from __future__ import annotations

import datetime as dt
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinytorch import curriculum
from tinytorch.tito.workspace import WorkspaceError

LATEST = 2.5e11  # seconds since 1970: a file may claim any time, a calendar ends


@dataclass(frozen=True)
class Late:
    percent_per_day: float = 0.0
    at_most: float = 100.0
    grace_minutes: float = 0.0


@dataclass(frozen=True)
class ModuleRules:
    weight: float = 1.0
    due: dt.datetime | None = None
    closes: dt.datetime | None = None
    voided: tuple[str, ...] = ()
    visible: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    points: Mapping[str, float] = field(default_factory=dict)
    extra: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Rules:
    """What a class has decided; without course.toml, what the course says."""

    title: str = ""
    order: tuple[str, ...] = ()
    tests: Path | None = None
    late: Late = Late()
    modules: Mapping[str, ModuleRules] = field(default_factory=dict)

    def module(self, unit: str) -> ModuleRules:
        return self.modules.get(unit, ModuleRules())

    def penalty(self, unit: str, arrived: float) -> float:
        """The part of the points that is lost by being late: 0 to 1."""
        own = self.module(unit)
        when = dt.datetime.fromtimestamp(min(max(arrived, 0.0), LATEST), dt.UTC)
        grace = dt.timedelta(minutes=self.late.grace_minutes)
        if own.closes and when > own.closes + grace:
            return 1.0
        if not own.due or when <= own.due + grace:
            return 0.0
        days = math.ceil((when - own.due) / dt.timedelta(days=1))
        return min(days * self.late.percent_per_day, self.late.at_most) / 100


def load(path: Path) -> Rules:
    """The rules in a file.  Raises WorkspaceError with a sentence for what it cannot mean."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"{path}: {error}") from None
    try:
        return _rules(data, path.parent)
    except (ValueError, OverflowError, curriculum.CurriculumError) as error:
        raise WorkspaceError(f"{path.name}: {error}") from None


def _rules(data: Mapping[str, Any], folder: Path) -> Rules:
    _known(data, ("title", "track", "order", "tests", "late", "modules"), "course.toml")
    course = curriculum.load()
    if "track" in data and "order" in data:
        raise ValueError("either `track` or `order` says the order, not both")
    if "order" in data:
        groups = tuple(
            tuple(item) if isinstance(item, list) else (item,)
            for item in _of(data, "order", list, "course.toml")
        )
        chosen = curriculum.Track("yours", "", groups)
        course.check(chosen)
    else:
        chosen = course.track(data.get("track"))
    late = _table(data, "late")
    _known(late, ("percent_per_day", "at_most", "grace_minutes"), "[late]")
    tests = data.get("tests")
    if tests is not None:
        tests = folder / _of(data, "tests", str, "course.toml")
        if not tests.is_dir():
            raise ValueError(f"`tests`: there is no folder {tests}")
    modules = {
        unit: _module(unit, entry, chosen.units) for unit, entry in _table(data, "modules").items()
    }
    numbers = {key: _number(late, key, "[late]") for key in late}
    return Rules(str(data.get("title", "")), chosen.units, tests, Late(**numbers), modules)


def _module(unit: str, entry: Any, order: tuple[str, ...]) -> ModuleRules:
    where = f"[modules.{unit}]"
    if unit not in order:
        raise ValueError(f"{where}: `{unit}` is not a module of this course's order")
    if not isinstance(entry, dict):
        raise ValueError(f"{where}: expected a table")
    _known(entry, tuple(ModuleRules.__dataclass_fields__), where)
    voided, visible, hidden = (_words(entry, key, where) for key in ("voided", "visible", "hidden"))
    points, extra = (
        {_task(name, unit, where): _number(table, name, f"{where} {key}") for name in table}
        for key in ("points", "extra")
        for table in [_table(entry, key)]
    )
    due, closes = (_time(entry, key, where) for key in ("due", "closes"))
    if due and closes and closes < due:
        raise ValueError(f"{where}: it closes before it is due")
    weight = _number(entry, "weight", where) if "weight" in entry else 1.0
    return ModuleRules(weight, due, closes, voided, visible, hidden, points, extra)


def _task(name: str, unit: str, where: str) -> str:
    if name.partition(".")[0] != unit or not name.partition(".")[2]:
        raise ValueError(f'{where}: expected ids such as "{unit}.name", got "{name}"')
    return name


def _known(table: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in keys:
            raise ValueError(f"{where}: `{key}` means nothing here; known: {', '.join(keys)}")


def _of(table: Mapping[str, Any], key: str, kind: type, where: str) -> Any:
    if not isinstance(table[key], kind):
        raise ValueError(f"{where}: expected `{key}` to be a {kind.__name__}, got {table[key]!r}")
    return table[key]


def _table(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = _of({key: table.get(key, {})}, key, dict, "course.toml")
    return found


def _words(table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    found = _of({key: table.get(key, [])}, key, list, where)
    if not all(isinstance(word, str) for word in found):
        raise ValueError(f"{where}: expected `{key}` to list names of tests, got {found!r}")
    return tuple(found)


def _number(table: Mapping[str, Any], key: str, where: str) -> float:
    value = table[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise ValueError(f"{where}: expected `{key}` to be a number from 0 up, got {value!r}")
    return value


def _time(table: Mapping[str, Any], key: str, where: str) -> dt.datetime | None:
    value = table.get(key)
    if value is None or isinstance(value, dt.datetime):
        return value.astimezone() if value is not None and value.tzinfo is None else value
    if isinstance(value, dt.date):  # the whole day
        return dt.datetime.combine(value, dt.time(23, 59, 59)).astimezone()
    raise ValueError(f"{where}: expected `{key}` to be a date or a time, got {value!r}")
