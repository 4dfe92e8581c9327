"""Compile and link errors: trimmed to what a student needs first, and given to their task."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tinytorch.tito.tasks import Task

PLACE = re.compile(r"(?P<path>/[^:\n]+):(?P<line>\d+)(?::\d+)?[:,]")
ERROR = re.compile(r"(?:: |^)(?:fatal )?error: |undefined reference to |Undefined symbols")
NOISE = re.compile(r"^(FAILED: |ninja: |\[\d+/\d+\]|collect2: |\S*(?:g\+\+|clang\+\+|c\+\+) )")
BEFORE = re.compile(  # lines that precede the error they belong to
    r"^In file included from |^ +from |: In |: At global scope|:   required |:  +required "
)
INCLUDED = re.compile(r"In file included from | +from ")
SHOWN_ERRORS = 3
SHOWN_LINES = 8  # of each


@dataclass(frozen=True)
class CompileError:
    """One error: its lines, and the places they name: its own, those that led there, includes."""

    lines: tuple[str, ...]
    places: tuple[tuple[str, int], ...]

    def blames(self, tasks: Iterable[Task], path: Path) -> Task | None:
        """The task of the file at `path` that holds the error, or a place on the way to it."""
        found = list(tasks)
        for named, line in self.places:
            if named == str(path):
                for task in found:
                    if task.contains(line):
                        return task
        return None

    def told(self, root: Path) -> tuple[str, ...]:
        own = [f"{path}:{line}" for path, line in self.places if path.startswith(f"{root}/")]
        led = (f"{own[0]}: this line leads to",) if own and own[0] not in self.lines[0] else ()
        return tuple(line.replace(f"{root}/", "") for line in (*led, *self.lines))

    def touches(self, path: Path) -> bool:
        return any(named == str(path) for named, _ in self.places)


def parse(output: str) -> list[CompileError]:
    """The errors in what ninja, compiler and linker printed."""
    blocks: list[list[str]] = [[]]
    complete = False  # the last block holds its error, so a BEFORE line opens the next one
    for line in output.splitlines():
        if NOISE.match(line):
            blocks.append([])
            complete = False
            continue
        is_error = bool(ERROR.search(line))
        if (complete and BEFORE.search(line)) or (complete and is_error):
            blocks.append([])
            complete = False
        complete = complete or is_error
        blocks[-1].append(line)
    return [error for block in blocks if (error := _error(block))]


def _error(block: Sequence[str]) -> CompileError | None:
    own = next((i for i, line in enumerate(block) if ERROR.search(line)), None)
    if own is None:
        return None
    others = [*block[:own], *block[own + 1 :]]
    order = [block[own], *sorted(others, key=lambda line: bool(INCLUDED.match(line)))]
    places = [
        (match["path"], int(match["line"])) for line in order for match in PLACE.finditer(line)
    ]
    kept = [line for line in block[own:] if line.strip()]
    end = next((i for i, line in enumerate(kept[1:], 1) if ": note: " in line), len(kept))
    return CompileError(tuple(kept[: min(end, SHOWN_LINES)]), tuple(places))


def trimmed(errors: Sequence[CompileError], root: Path) -> tuple[str, ...]:
    """The first errors, with paths as a student in `root` would type them.

    One that lies in a header of ours is shown below the student's line that led there.
    """
    # A template fails once for each type, in the same words.
    told = [*{error.lines[0]: error.told(root) for error in reversed(errors)}.values()][::-1]
    lines = [line for story in told[:SHOWN_ERRORS] for line in story]
    others = len(told) - SHOWN_ERRORS
    if others > 0:
        lines.append(f"and {others} more error{'s' * (others > 1)}, perhaps of the same cause")
    return tuple(lines)


def by_file(
    errors: Iterable[CompileError], paths: Sequence[Path]
) -> Mapping[Path, list[CompileError]]:
    """Errors by the student's file that they touch; an error that touches none is left out."""
    found: dict[Path, list[CompileError]] = {}
    for error in errors:
        for path in paths:
            if error.touches(path):
                found.setdefault(path, []).append(error)
                break
    return found
