"""Where a worker was when it crashed or was stopped: from crash.cpp's stack to a line of source."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

PREFIX = "tito: "
PLACE = re.compile(r"(.*):(\d+)")


@dataclass(frozen=True)
class Stack:
    signal: str = ""
    task: str = ""
    frames: tuple[tuple[str, int], ...] = ()  # library and offset, innermost first


def split(output: str) -> tuple[Stack, str]:
    """The last stack in a worker's output, and the output without stacks: what the code printed."""
    stack, printed = Stack(), []
    for line in output.splitlines():
        if not line.startswith(PREFIX):
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
            stack = Stack(stack.signal, stack.task, (*stack.frames, frame))
    return stack, "\n".join(printed)


def locate(stack: Stack, libraries: Iterable[Path], sources: Path) -> str:
    """`rows.cpp:14`, the innermost line of the student's files in the stack, or nothing."""
    own = {str(library) for library in libraries}
    tool = shutil.which("addr2line")
    if tool is None:
        return ""
    for library, offset in stack.frames:
        if library not in own:
            continue
        for line in _lines([tool, "-i", "-e", library, hex(offset - 1)]):
            place = PLACE.match(line)
            if place and Path(place[1]).is_relative_to(sources):
                return f"{Path(place[1]).name}:{place[2]}"
    return ""


def _lines(command: Sequence[str]) -> list[str]:
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return run.stdout.splitlines()
