"""The course as data: curriculum.toml, loaded and checked.

Names are identity; a unit's number is its place in a track. Any order in which a unit comes after
all it needs is a valid track. Needs only the standard library, so that the build can ask for the
order before anything is installed:

    python -I python/tinytorch/curriculum.py --cmake --through losses
    tensor:
    activations: tensor
    losses: activations
"""

from __future__ import annotations

import argparse
import difflib
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

FILE = Path(__file__).with_name("curriculum.toml")


class CurriculumError(ValueError):
    """An order, or a file, that cannot be taught; the message is a sentence for its author."""


def near(name: str, known: Iterable[str], before: str = "") -> str:
    """Of the known names the one that was meant, as a question; nothing where none is near."""
    found = difflib.get_close_matches(name.lower(), known, n=1)
    return f"did you mean `{before}{found[0]}`?" if found else ""


@dataclass(frozen=True)
class Unit:
    name: str
    needs: tuple[str, ...]
    title: str
    objectives: tuple[str, ...]
    hours: int
    chapter: str
    concept: str
    checkpoint: tuple[str, ...]
    evidence: tuple[tuple[str, ...], ...] = ()  # by question: tasks and milestones that answer it


@dataclass(frozen=True)
class Track:
    """An order. `groups` holds one tuple of units for each number."""

    name: str
    title: str
    groups: tuple[tuple[str, ...], ...]
    optional: frozenset[str] = frozenset()
    default: bool = False

    @property
    def units(self) -> tuple[str, ...]:
        return tuple(unit for group in self.groups for unit in group)

    @property
    def numbers(self) -> dict[str, int]:
        return {unit: number for number, group in enumerate(self.groups, 1) for unit in group}


@dataclass(frozen=True)
class Part:
    title: str
    needs: tuple[str, ...]
    either: tuple[str, ...] = ()

    def runs_with(self, units: Iterable[str]) -> bool:
        written = set(units)
        return written.issuperset(self.needs) and (
            not self.either or bool(written & {*self.either})
        )


@dataclass(frozen=True)
class Milestone:
    name: str
    year: int
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Curriculum:
    units: Mapping[str, Unit]
    tracks: Mapping[str, Track]
    milestones: Mapping[str, Milestone]
    renames: Mapping[str, str] = field(default_factory=dict)  # modules and task ids, old to new

    def track(self, name: str | None = None) -> Track:
        """The track of that name, or the default one."""
        if name is None:
            return next(track for track in self.tracks.values() if track.default)
        if name not in self.tracks:
            every = f"tracks: {', '.join(self.tracks)}"
            raise CurriculumError(f"there is no track `{name}`; {near(name, self.tracks) or every}")
        return self.tracks[name]

    def unit(self, name: str) -> Unit:
        if name not in self.units:
            meant = near(name, self.units)
            raise CurriculumError(f"`{name}` is not a unit of the course{meant and '; ' + meant}")
        return self.units[name]

    def all_needs(self, name: str) -> tuple[str, ...]:
        """What `name` needs, directly or not, each unit after its own needs."""
        found: dict[str, None] = {}

        def visit(unit: str, path: tuple[str, ...]) -> None:
            if unit in path:
                raise CurriculumError(f"needs form a circle: {' -> '.join((*path, unit))}")
            for need in self.unit(unit).needs:
                visit(need, (*path, unit))
                found[need] = None

        visit(name, ())
        return tuple(found)

    def first_units(self, track: str | None, count: int) -> tuple[Unit, ...]:
        """The first `count` units of a track; any such prefix builds, imports and passes."""
        units = self.track(track).units
        if not 0 <= count <= len(units):
            raise CurriculumError(f"expected 0 to {len(units)} units, got {count}")
        return tuple(self.units[name] for name in units[:count])

    def through(self, track: str | None, last: str) -> tuple[Unit, ...]:
        """The units of a track up to and including `last`."""
        chosen = self.track(track)
        self.unit(last)
        if last not in chosen.units:
            raise CurriculumError(f"track `{chosen.name}` omits `{last}`")
        return self.first_units(track, chosen.units.index(last) + 1)

    def check(self, track: Track) -> None:
        """Refuses, with a sentence, an order in which a unit comes before something it needs."""
        order = track.units
        place = {unit: index for index, unit in enumerate(order)}
        for unit in order:
            self.unit(unit)
        for index, unit in enumerate(order):
            if place[unit] != index:
                raise CurriculumError(f"`{unit}` is listed twice")
        for unit in sorted(track.optional - place.keys()):
            raise CurriculumError(f"`{unit}` is marked optional, but the track omits it")
        for unit in order:
            for need in self.units[unit].needs:
                if need not in place:
                    raise CurriculumError(f"`{unit}` needs `{need}`, which the track omits")
                if place[need] > place[unit]:
                    raise CurriculumError(f"`{unit}` needs `{need}`, which comes later")
                if need in track.optional and unit not in track.optional:
                    raise CurriculumError(f"`{unit}` needs `{need}`, which is marked optional")


@cache
def load(path: Path = FILE) -> Curriculum:
    """The checked curriculum.  Raises CurriculumError for anything that cannot be taught."""
    with path.open("rb") as file:
        return build(tomllib.load(file))


def build(data: Mapping[str, Any]) -> Curriculum:
    """The curriculum in `data`, as tomllib returns it."""
    units = _by_name("module", [_unit(entry) for entry in data.get("modules", [])])
    tracks = _by_name("track", [_track(entry) for entry in data.get("tracks", [])])
    milestones = _by_name("milestone", [_milestone(entry) for entry in data.get("milestones", [])])
    curriculum = Curriculum(units, tracks, milestones, _renames(data.get("renames", {}), units))
    for name in units:
        curriculum.all_needs(name)
    for track in tracks.values():
        try:
            curriculum.check(track)
        except CurriculumError as error:
            raise CurriculumError(f"track `{track.name}`: {error}") from None
    if sum(track.default for track in tracks.values()) != 1:
        raise CurriculumError("expected exactly one track with `default = true`")
    for milestone in milestones.values():
        for part in milestone.parts:
            for need in (*part.needs, *part.either):
                curriculum.unit(need)
    return curriculum


Entry = TypeVar("Entry", Unit, Track, Milestone)


def _by_name(kind: str, entries: Sequence[Entry]) -> dict[str, Entry]:
    named = {entry.name: entry for entry in entries}
    if len(named) != len(entries):
        raise CurriculumError(f"two entries name the same {kind}")
    return named


def _field(entry: Mapping[str, Any], key: str, kind: type) -> Any:
    value = entry.get(key)
    if not isinstance(value, kind) or (kind is not bool and value in ("", 0)):
        where = entry.get("name", entry.get("title", "?"))
        raise CurriculumError(f"`{where}`: expected `{key}` to be a {kind.__name__}, got {value!r}")
    return value


def _words(entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
    words = _field(entry, key, list)
    if not all(isinstance(word, str) and word for word in words):
        raise CurriculumError(f"`{entry.get('name')}`: expected `{key}` to list strings")
    return tuple(words)


def _renames(entries: Mapping[str, Any], units: Mapping[str, Unit]) -> dict[str, str]:
    """Checked: a module becomes a module, a task a task, and what is renamed is gone."""
    for old, new in entries.items():
        if not isinstance(new, str) or ("." in old) != ("." in new) or old == new:
            raise CurriculumError(f"renames: expected another name for `{old}`, got {new!r}")
        if new.partition(".")[0] not in units:
            raise CurriculumError(f"renames: `{new}` is not in the course")
        if old in units:
            raise CurriculumError(f"renames: `{old}` is still a unit of the course")
    return dict(entries)


def _evidence(entry: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    lists = entry.get("evidence", [])
    asked = len(entry.get("checkpoint", []))
    if lists and (len(lists) != asked or not all(isinstance(names, list) for names in lists)):
        raise CurriculumError(
            f"`{entry.get('name')}`: `evidence` needs a list for each of {asked} questions"
        )
    return tuple(tuple(names) for names in lists)


def _unit(entry: Mapping[str, Any]) -> Unit:
    return Unit(
        name=_field(entry, "name", str),
        needs=_words(entry, "needs"),
        title=_field(entry, "title", str),
        objectives=_words(entry, "objectives"),
        hours=_field(entry, "hours", int),
        chapter=_field(entry, "chapter", str),
        concept=_field(entry, "concept", str),
        checkpoint=_words(entry, "checkpoint"),
        evidence=_evidence(entry),
    )


def _track(entry: Mapping[str, Any]) -> Track:
    groups = tuple(
        tuple(item) if isinstance(item, list) else (item,) for item in _field(entry, "order", list)
    )
    return Track(
        name=_field(entry, "name", str),
        title=_field(entry, "title", str),
        groups=groups,
        optional=frozenset(entry.get("optional", ())),
        default=entry.get("default", False),
    )


def _milestone(entry: Mapping[str, Any]) -> Milestone:
    parts = tuple(
        Part(
            title=_field(part, "title", str),
            needs=_words(part, "needs"),
            either=tuple(part.get("either", ())),
        )
        for part in _field(entry, "parts", list)
    )
    return Milestone(
        name=_field(entry, "name", str),
        year=_field(entry, "year", int),
        title=_field(entry, "title", str),
        parts=parts,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="The units of the course, in a track's order.")
    parser.add_argument("--cmake", action="store_true", help="lines `unit: need need` for CMake")
    parser.add_argument("--track", help="the order to use (default: the default track)")
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--through", metavar="UNIT", help="only the units up to this one")
    part.add_argument("--first", metavar="K", type=int, help="only the first K units")
    options = parser.parse_args(arguments)
    try:
        curriculum = load()
        track = curriculum.track(options.track)
        if options.through is not None:
            units = curriculum.through(track.name, options.through)
        else:
            count = len(track.units) if options.first is None else options.first
            units = curriculum.first_units(track.name, count)
    except CurriculumError as error:
        print(f"curriculum: {error}", file=sys.stderr)
        return 1
    for unit in units:
        if options.cmake:
            print(f"{unit.name}: {' '.join(unit.needs)}".rstrip())
        else:
            print(f"{track.numbers[unit.name]:2}  {unit.title}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
