"""Tasks: the function bodies that students write, found between two comment lines.

    // TASK activations.relu (2 points): which comparison keeps a NaN?
    for (...) y(i) = ...;
    // END TASK

Comment lines that follow the first at once continue the hint. In Python files the markers stand
after `#`. From one true source come the stub that a student starts with and the copy that a
workspace compiles or imports. Needs only the standard library; a build writes the stubs with

    python -I python/tinytorch/tito/tasks.py cpp/modules/tensor ... DESTINATION
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

SOURCES = (".cpp", ".py")
TASK = re.compile(r"^(\s*)(//|#) TASK\b(.*)$")
END = re.compile(r"^\s*(//|#) END TASK\s*$")
# No number of an order: a digit stands inside a word, as in conv2d, never at its end.
NAME = r"[a-z_]+\.[a-z_]+(?:[0-9][a-z_]+)*"
HEAD = re.compile(rf"^ ({NAME}) \((\d+) points?\): (\S.*)$")
LONGEST_BODY = 30


class MarkerError(ValueError):
    """Markers that do not delimit tasks; the message is a sentence with file and line."""


@dataclass(frozen=True)
class Task:
    id: str
    points: int
    hint: str
    path: Path
    first: int  # line of the TASK marker, from 1
    body: int  # first line of the body
    last: int  # line of the END TASK marker

    @property
    def unit(self) -> str:
        return self.id.partition(".")[0]

    def contains(self, line: int) -> bool:
        return self.first <= line <= self.last


def find(text: str, path: Path) -> tuple[Task, ...]:
    """The tasks of one file, in its order.  Raises MarkerError for markers that do not match up."""
    lines = text.splitlines()
    found: list[Task] = []
    number = 0
    while number < len(lines):
        number += 1
        if END.match(lines[number - 1]):
            raise MarkerError(f"{path.name}:{number}: END TASK without a TASK above it")
        marker = TASK.match(lines[number - 1])
        if not marker:
            continue
        first = number
        comment = marker[2] + " "
        head = HEAD.match(marker[3])
        if not head:
            raise MarkerError(
                f"{path.name}:{first}: expected `TASK unit.name (4 points): hint`, names without "
                f"numbers, got `{lines[first - 1].strip()}`"
            )
        hint = [head[3].strip()]
        while (
            number < len(lines)
            and lines[number].strip().startswith(comment)
            and not END.match(lines[number])
            and not TASK.match(lines[number])
        ):
            hint.append(lines[number].strip().removeprefix(comment))
            number += 1
        body = number + 1
        while number < len(lines) and not END.match(lines[number]):
            if TASK.match(lines[number]):
                break
            number += 1
        name = head[1]
        if number == len(lines) or not END.match(lines[number]):
            raise MarkerError(f"{path.name}:{first}: the line END TASK of {name} is missing")
        number += 1
        found.append(Task(name, int(head[2]), " ".join(hint), path, first, body, number))
    return tuple(found)


def check(found: Sequence[Task], text: str, unit: str) -> None:
    """Holds the tasks of a library's file to the house's rules.  Raises MarkerError."""
    lines = text.splitlines()
    for task in found:
        where = f"{task.path.name}:{task.first}"
        if task.unit != unit:
            raise MarkerError(f"{where}: {task.id} stands in unit `{unit}`, and must be named so")
        if task.points < 1:
            raise MarkerError(f"{where}: {task.id} is worth no points")
        if not 1 <= task.last - task.body <= LONGEST_BODY:
            raise MarkerError(
                f"{where}: expected a body of 1 to {LONGEST_BODY} lines for {task.id}, "
                f"got {task.last - task.body}"
            )
        python = task.path.suffix == ".py"
        if not (_ends_python_function if python else _ends_cpp_function)(lines, task):
            raise MarkerError(f"{where}: {task.id} does not run to the end of one function")
    check_unique(found)


def check_unique(found: Iterable[Task]) -> None:
    seen: dict[str, Task] = {}
    for task in found:
        if task.id in seen:
            raise MarkerError(
                f"{task.path.name}:{task.first}: {task.id} is already a task in "
                f"{seen[task.id].path.name}:{seen[task.id].first}"
            )
        seen[task.id] = task


def _ends_cpp_function(lines: Sequence[str], task: Task) -> bool:
    below = next((line for line in lines[task.last :] if line.strip()), "")
    statement = re.match(
        r"(if|for|while|do|switch|else|struct|class|try|\})\b", _opening(lines, task)
    )
    closed = below.strip() == "}" and _indent(below) < _indent(lines[task.first - 1])
    return closed and not statement and braces_balance(lines, task)


def _ends_python_function(lines: Sequence[str], task: Task) -> bool:
    indent = _indent(lines[task.first - 1])
    body = [line for line in lines[task.body - 1 : task.last - 1] if line.strip()]
    below = next((line for line in lines[task.last :] if line.strip()), "")
    function = _opening(lines, task).startswith(("def ", "async def ", ")"))
    return function and _indent(below) < indent and all(_indent(line) >= indent for line in body)


def _opening(lines: Sequence[str], task: Task) -> str:
    """The nearest line above that is indented less: what the task stands in."""
    indent = _indent(lines[task.first - 1])
    above = (line for line in reversed(lines[: task.first - 1]) if line.strip())
    return next((line.strip() for line in above if _indent(line) < indent), "")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


_LITERALS = re.compile(
    r"""//[^\n]*|/\*[\s\S]*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'"""
)


def braces_balance(lines: Sequence[str], task: Task) -> bool:
    """Whether the braces inside a C++ body pair up, literals and comments aside."""
    code = _LITERALS.sub(" ", "\n".join(lines[task.body - 1 : task.last - 1]))
    depth = 0
    for character in code:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return depth == 0


def stub(text: str, path: Path) -> str:
    """The file as a student receives it: every body is one call that says it is not started."""
    lines = text.splitlines(keepends=True)
    for task in reversed(find(text, path)):
        indent = " " * _indent(lines[task.first - 1])
        body = _todo(task) if path.suffix == ".py" else f'todo("{task.id}");'
        lines[task.body - 1 : task.last - 1] = [f"{indent}{body}\n"]
    return "".join(lines)


def _todo(task: Task) -> str:
    """What a Python task does that is not started; the worker knows these words."""
    return f'raise NotImplementedError("{task.id} is not started")'


def empty(text: str, path: Path) -> frozenset[str]:
    """The ids of the tasks whose bodies are as a stub's: nobody has written them."""
    lines = text.splitlines()
    found = find(text, path)
    return frozenset(
        task.id
        for task in found
        if [line.strip() for line in lines[task.body - 1 : task.last - 1] if line.strip()]
        == [_todo(task) if path.suffix == ".py" else f'todo("{task.id}");']
    )


def instrument(text: str, path: Path, source: Path, without: Collection[str] = ()) -> str:
    """The file as a workspace compiles or imports it, line for line.

    Each task opens with a TaskScope on its marker's line, so that errors can name it, and the
    bodies of the tasks in `without` are left out. Messages and debug information name `source`.
    """
    if path.suffix == ".py":
        return _instrument_python(text, path, source, without)
    lines = text.splitlines()
    for task in find(text, path):
        indent = " " * _indent(lines[task.first - 1])
        opening = f'{indent}const ::tinytorch::TaskScope task_scope_("{task.id}");'
        lines[task.first - 1] = opening
        if task.id in without:
            lines[task.first - 1] = f'{opening} ::tinytorch::todo("{task.id}");'
            lines[task.body - 1 : task.last - 1] = [""] * (task.last - task.body)
    quoted = str(source).replace("\\", "\\\\").replace('"', '\\"')
    return "\n".join([f'#line 1 "{quoted}"', *lines, ""])


def _instrument_python(text: str, path: Path, source: Path, without: Collection[str]) -> str:
    """The call is counted on the marker's line, and the last line says where the file came from."""
    lines = text.splitlines(keepends=True)
    for task in find(text, path):
        indent = " " * _indent(lines[task.first - 1])
        counted = f'{indent}__task__("{task.id}")'
        lines[task.first - 1] = counted + "\n"
        if task.id in without:
            lines[task.first - 1] = f"{counted}; {_todo(task)}\n"
            lines[task.body - 1 : task.last - 1] = ["\n"] * (task.last - task.body)
    return "".join(lines) + f"\n# {source}"


def sources(folder: Path) -> tuple[Path, ...]:
    """The files of a unit that are compiled or imported, in the order of their names."""
    return tuple(sorted(path for path in folder.iterdir() if path.suffix in SOURCES))


def tasks_of(folder: Path) -> tuple[Task, ...]:
    """All tasks of a unit's folder."""
    found = tuple(task for path in sources(folder) for task in find(path.read_text(), path))
    check_unique(found)
    return found


def teaches(folder: Path) -> bool:
    """Whether the folder holds tasks: a package of the library may only share a unit's name."""
    return folder.is_dir() and bool(tasks_of(folder))


def write_stubs(folders: Iterable[Path], destination: Path) -> None:
    """The units of these folders without solutions: sources as stubs, headers as they are."""
    for folder in filter(teaches, folders):
        for path in sorted(folder.iterdir()):
            target = destination / folder.name / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix in SOURCES:
                text = path.read_text()
                check(find(text, path), text, folder.name)
                target.write_text(stub(text, path))
            elif path.suffix == ".h":
                shutil.copyfile(path, target)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write the units' sources without solutions.")
    parser.add_argument("folders", type=Path, nargs="*", help="one a unit: cpp/modules/tensor ...")
    parser.add_argument("destination", type=Path)
    options = parser.parse_args(arguments)
    try:
        write_stubs(options.folders, options.destination)
    except MarkerError as error:
        print(f"tasks: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
