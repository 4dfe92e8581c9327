"""Where a worker was when it crashed or was stopped: from its stack to a line of source.

Two write one: crash.cpp for C++, where libraries were loaded, and Python's faulthandler for Python.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tinytorch.tito import tasks

Runner = Callable[[Sequence[str]], str]

PREFIX = "tito: "
PLACE = re.compile(r"(.*):(\d+)")
MANGLED = re.compile(r"\b_Z\w{1,1000}")
PYTHON = re.compile(r'  File "(.*)", line (\d+) in ')
PYTHON_OTHER = re.compile(
    r"Fatal Python error: |(Stack|(Current t|T)hread.*) \(most recent call first\):$"
    r"|Extension modules: |  Binary file |  <(no Python frame|truncated)"
)


@dataclass(frozen=True)
class Stack:
    signal: str = ""
    task: str = ""
    frames: tuple[tuple[str, int], ...] = ()  # library and offset, innermost first
    python: tuple[tuple[str, int], ...] = ()  # file and line, innermost first


def split(output: str) -> tuple[Stack, str]:
    """The last stack in a worker's output, and the output without stacks: what the code printed."""
    stack, printed = Stack(), []
    for line in output.splitlines():
        if not line.startswith(PREFIX):
            frame_in_python = PYTHON.match(line)
            if frame_in_python:
                frame = (frame_in_python[1], int(frame_in_python[2]))
                stack = replace(stack, python=(*stack.python, frame))
            elif not PYTHON_OTHER.match(line):
                printed.append(line)
            continue
        first, _, second = line.removeprefix(PREFIX).rpartition(" ")
        if first.startswith("SIG"):
            stack = Stack(first, "" if second == "-" else second)
        elif first:
            try:
                frame = (first, int(second, 16))
            except ValueError:
                continue
            stack = replace(stack, frames=(*stack.frames, frame))
    return stack, "\n".join(printed).rstrip("\n")


def locate(
    stack: Stack, libraries: Iterable[Path], sources: Path, run: Runner | None = None
) -> tuple[str, str]:
    """The running task and `rows.cpp:14`, the innermost line of the student's files, or nothing.

    run: how to start a tool on a stranger's library.
    """
    where = _in_libraries(stack, libraries, sources, run or _run)
    if where:
        return stack.task, where
    for name, line in stack.python:
        for path in sorted(sources.glob("*/*.py")):
            if name == _as_printed(path):
                return stack.task or _task_at(path, line), f"{path.name}:{line}"
    return stack.task, ""


def _as_printed(path: Path) -> str:
    """As faulthandler does, which knows ASCII alone."""
    return str(path).encode("ascii", "backslashreplace").decode()


def _task_at(path: Path, line: int) -> str:
    try:
        found = tasks.find(path.read_text(encoding="utf-8", errors="replace"), path)
    except (OSError, tasks.MarkerError):
        return ""
    return next((task.id for task in found if task.contains(line)), "")


def _in_libraries(stack: Stack, libraries: Iterable[Path], sources: Path, run: Runner) -> str:
    own = {str(library) for library in libraries}
    tool = shutil.which("addr2line")
    if tool is None:
        return ""
    for library, offset in stack.frames:
        if library not in own:
            continue
        for line in run([tool, "-i", "-e", library, hex(offset)]).splitlines():
            place = PLACE.match(line)
            if place and Path(place[1]).is_relative_to(sources):
                return f"{Path(place[1]).name}:{place[2]}"
    return ""


def readable(words: str, run: Runner | None = None) -> str:
    """What the linker says, with names as they stand in the source."""
    tool, names = shutil.which("c++filt"), MANGLED.findall(words)
    if tool and names:
        read = (run or _run)([tool, *names]).splitlines()
        for name, declared in zip(names, read, strict=False):
            words = words.replace(name, declared)
    return words


def _run(command: Sequence[str]) -> str:
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return run.stdout
