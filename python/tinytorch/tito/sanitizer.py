"""Reports of AddressSanitizer and UndefinedBehaviorSanitizer, as one sentence with a line.

Both write pages; a student needs what was done, to what, and in which line of theirs.
"""

from __future__ import annotations

import platform
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FLAGS = ("-fsanitize=address,undefined", "-fno-sanitize=vptr", "-fno-sanitize-recover=all")

ADDRESS = re.compile(r"^==\d+==ERROR: AddressSanitizer: (?P<kind>[\w-]+)", re.MULTILINE)
ACCESS = re.compile(r"^(?P<what>READ|WRITE) of size (?P<bytes>\d+) ", re.MULTILINE)
REGION = re.compile(
    r"(?P<offset>\d+) bytes? (?P<side>before|after|inside of|to the left of|to the right of) "
    r"(?P<size>\d+)-byte region"
)
FRAME = re.compile(r"^ +#\d+ 0x[0-9a-f]+ .*?(?P<path>/[^\n:]+):(?P<line>\d+)", re.MULTILINE)
UNDEFINED = re.compile(
    r"^(?P<path>[^\n:]+):(?P<line>\d+):\d+: runtime error: (?P<told>.*)$", re.MULTILINE
)
WORDS = {
    "heap-buffer-overflow": "it leaves the memory of an array",
    "stack-buffer-overflow": "it leaves the memory of a local array",
    "global-buffer-overflow": "it leaves the memory of a global array",
    "heap-use-after-free": "it uses memory that was given back",
    "stack-use-after-scope": "it uses a local variable that is gone",
    "stack-use-after-return": "it uses a local variable that is gone",
    "attempting": "it gives back memory twice, or memory that is not its own",
    "alloc-dealloc-mismatch": "it gives memory back in another way than it was taken",
    "SEGV": "it uses an address where there is nothing",
    "stack-overflow": "it calls itself without end",
}


@dataclass(frozen=True)
class Report:
    sentence: str
    where: str  # file:line of the student's, or nothing


def split(output: str, sources: Path) -> tuple[Report | None, str]:
    """The report in a worker's output, and the output without it."""
    undefined = UNDEFINED.search(output)
    address = ADDRESS.search(output)
    if address and (undefined is None or address.start() < undefined.start()):
        kind, text = address["kind"], output[address.start() :]
        before = output[: address.start()].rstrip("=\n")
        return Report(
            f"AddressSanitizer, {kind}: {_told(kind, text)}", _where(text, sources)
        ), before
    if undefined:
        place = Path(undefined["path"])
        where = f"{place.name}:{undefined['line']}" if place.is_relative_to(sources) else ""
        told = f"UndefinedBehaviorSanitizer: {undefined['told']}"
        return Report(told, where), output[: undefined.start()].rstrip("\n")
    return None, output


def _told(kind: str, text: str) -> str:
    words = WORDS.get(kind, kind)
    access, region = ACCESS.search(text), REGION.search(text)
    if access:
        words += f"; it {'reads' if access['what'] == 'READ' else 'writes'} {access['bytes']} bytes"
        if region:
            side = {"to the left of": "before", "to the right of": "after", "inside of": "inside"}
            place = side.get(region["side"], region["side"])
            words += f", {region['offset']} bytes {place} a block of {region['size']} bytes"
    return words


def _where(text: str, sources: Path) -> str:
    for frame in FRAME.finditer(text):
        if Path(frame["path"]).is_relative_to(sources):
            return f"{Path(frame['path']).name}:{frame['line']}"
    return ""


def environment(compiler: str) -> Mapping[str, str]:
    """What a process needs to load a sanitized library into a Python that is not.

    Raises LookupError with a sentence where the compiler carries no sanitizer.
    """
    if sys.platform != "linux":
        raise LookupError("--sanitize needs Linux: elsewhere Python does not load its libraries")
    found = []
    for names in (("libasan.so", f"libclang_rt.asan-{platform.machine()}.so"), ("libstdc++.so.6",)):
        paths = [path for name in names if (path := _library(compiler, name))]
        if paths:
            found.append(paths[0])
    if not found or "asan" not in found[0]:
        raise LookupError(
            "--sanitize needs the compiler's AddressSanitizer, and there is none: on Fedora run "
            "`sudo dnf install libasan libubsan`; with Debian's g++ it comes along"
        )
    return {
        "LD_PRELOAD": ":".join(found),
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1:handle_abort=0:color=never",
        "UBSAN_OPTIONS": "abort_on_error=1:print_stacktrace=0:color=never",
        "TINYTORCH_NO_CACHE": "1",
    }


def _library(compiler: str, name: str) -> str:
    command = [*shlex.split(compiler), f"-print-file-name={name}"]
    if shutil.which(command[0]) is None:
        return ""
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    path = run.stdout.strip()
    return path if path.startswith("/") and Path(path).is_file() else ""
