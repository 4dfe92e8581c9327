"""What the machine has of what the course needs, and for what is missing the command that mends it.

A check is necessary where a student cannot test without it; the others are for one command.
"""

from __future__ import annotations

import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import tinytorch
from tinytorch import _cpu
from tinytorch.tito import overlay, sanitizer

DISK = 500 << 20  # bytes a workspace with all modules may take
COURSE = "pip install 'tinytorch-cpp[course]'"


@dataclass(frozen=True)
class Check:
    """`holds` and `found` say what is there; `cure` is the command for when it is not."""

    name: str
    holds: bool
    found: str
    necessary: bool = False
    cure: str = ""
    use: str = ""  # what it is for

    def as_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "ok": self.holds,
            "necessary": self.necessary,
            "found": self.found,
            "cure": "" if self.holds else self.cure,
        }


# By package manager: how to install, and the names of what differs.
MANAGERS: dict[str, tuple[str, dict[str, str]]] = {
    "apt-get": ("sudo apt-get install", {}),
    "dnf": ("sudo dnf install", {"g++": "gcc-c++", "libasan": "libasan libubsan"}),
    "pacman": ("sudo pacman -S", {"g++": "gcc"}),
    "apk": ("sudo apk add", {}),
    "zypper": ("sudo zypper install", {"g++": "gcc-c++"}),
    "brew": ("brew install", {"g++": "llvm", "gdb": "llvm"}),
}


def install(package: str) -> str:
    """The command that installs a package of this system's."""
    if sys.platform == "darwin" and package == "g++":
        return "xcode-select --install"
    manager = next(filter(shutil.which, MANAGERS), "apt-get")
    command, names = MANAGERS[manager]
    return f"{command} {names.get(package, package)}"


def examine(root: Path) -> Iterator[Check]:
    """All checks, for a workspace in `root`."""
    yield Check("system", True, f"{platform.system()} {platform.release()} {platform.machine()}")
    yield Check("tinytorch", True, f"{tinytorch.__version__} in {Path(tinytorch.__file__).parent}")
    yield _python()
    yield _compiler()
    yield _builds()
    yield _ninja()
    for package in ("numpy", "pytest", "hypothesis", "typer", "rich"):
        cure = COURSE if package in ("pytest", "hypothesis") else f"pip install {package}"
        yield _package(package, necessary=True, cure=cure)
    yield Check("SIMD", True, f"{_cpu.levels()[0]}; loaded: {Path(tinytorch.library_dir()).name}")
    yield Check("threads", True, _threads())
    yield _disk(root)
    yield _tool("addr2line", "binutils", "the line of a crash")
    yield _tool(("gdb", "lldb"), "gdb", "tito debug")
    yield _sanitizer()
    yield _bubblewrap()
    yield _tool("ccache", "ccache", "building the library from its sources again")
    yield _tool("cmake", "cmake", "building the library from its sources")
    yield _package("matplotlib", cure="pip install 'tinytorch-cpp[milestones]'", use="pictures")
    yield _package("scikit-learn", cure="pip install 'tinytorch-cpp[milestones]'", use="the digits")


def _python() -> Check:
    found = f"{platform.python_version()} in {sys.prefix}"
    own = sys.prefix != sys.base_prefix
    return Check("Python", True, found + ("" if own else ", no virtual environment"), True)


def compiler_version(text: str) -> tuple[str, int] | None:
    """The compiler, and its major version, out of what --version prints."""
    clang = re.search(r"(Apple )?clang version (\d+)", text)
    if clang:
        return ("Apple clang" if clang[1] else "clang"), int(clang[2])
    gcc = re.search(r"(?:Free Software Foundation)", text)
    number = re.search(r"\b(\d+)\.\d+(?:\.\d+)?\b", text)
    return ("g++", int(number[1])) if gcc and number else None


def _compiler() -> Check:
    name = shlex.split(overlay.compiler())
    cure = install("g++")
    if not name or shutil.which(name[0]) is None:
        return Check("compiler", False, f"no `{overlay.compiler()}`", True, cure)
    text = _output([*name, "--version"])
    known = compiler_version(text)
    first = text.splitlines()[0] if text else "it does not answer"
    if known is None:
        return Check("compiler", True, f"{first} (unknown: g++ 12 or clang 15 are tried)", True)
    least = {"g++": 12, "clang": 15, "Apple clang": 15}[known[0]]
    if known[1] < least:
        cure = f"{cure}  # {known[0]} {least} or later, then: export CXX=its name"
        return Check("compiler", False, f"{first}; expected {least} or later", True, cure)
    return Check("compiler", True, first, True)


def _builds() -> Check:
    """Whether a C++20 program compiles and links: a compiler without its library is common."""
    name = shlex.split(overlay.compiler())
    cure = install("g++")
    if not name or shutil.which(name[0]) is None:
        return Check("C++20", False, "no compiler", True, cure)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "try.cpp")
        source.write_text(
            "#include <numbers>\n#include <vector>\n"
            "template <class T> concept Number = requires(T x) { x + x; };\n"
            "double twice(Number auto x) { return 2 * std::numbers::pi * x; }\n"
            'extern "C" double f(double x) { return twice(std::vector<double>(1, x)[0]); }\n'
        )
        library = str(Path(folder, "try.so"))
        text = _output([*name, "-std=c++20", "-shared", "-fPIC", str(source), "-o", library])
        if Path(library).is_file():
            return Check("C++20", True, "compiles and links", True)
    first = next((line for line in text.splitlines() if "error" in line), text[:200])
    return Check("C++20", False, f"a small program does not build: {first}", True, cure)


def _ninja() -> Check:
    own = Path(sysconfig.get_path("scripts")) / "ninja"
    found = str(own) if own.is_file() else shutil.which("ninja")
    if found is None:
        return Check("Ninja", False, "not found", True, COURSE)
    return Check("Ninja", True, f"{_output([found, '--version']).strip()} in {found}", True)


def _package(name: str, necessary: bool = False, cure: str = "", use: str = "") -> Check:
    try:
        return Check(name, True, version(name), necessary, use=use)
    except PackageNotFoundError:
        return Check(name, False, "not installed", necessary, cure, use)


def _threads() -> str:
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{tinytorch.get_num_threads()} of {os.cpu_count()} cores, {allowed} allowed"


def _disk(root: Path) -> Check:
    place = next(folder for folder in (root, *root.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    found = f"{free / (1 << 30):.1f} GB free at {place}"
    writable = os.access(place, os.W_OK)
    if not writable:
        return Check("disk", False, f"{place} cannot be written", True, "tito init ~/framework")
    return Check("disk", free >= DISK, found, True, f"df -h {place}  # a workspace takes 0.5 GB")


def _tool(names: str | tuple[str, ...], package: str, use: str) -> Check:
    every = (names,) if isinstance(names, str) else names
    found = next(filter(None, map(shutil.which, every)), None)
    title = " or ".join(every)
    return Check(title, found is not None, found or "not found", False, install(package), use)


def _sanitizer() -> Check:
    try:
        sanitizer.environment(overlay.compiler())
    except LookupError as error:
        package = "g++" if shutil.which("apt-get") else "libasan"  # Debian's compiler brings it
        return Check("sanitizer", False, str(error), False, install(package), "test --sanitize")
    return Check("sanitizer", True, "AddressSanitizer", use="test --sanitize")


def _bubblewrap() -> Check:
    use, path = "grading strangers' code", shutil.which("bwrap")
    if sys.platform != "linux":
        return Check("bubblewrap", False, "Linux only", False, "grade in a Linux container", use)
    if path is None:
        return Check("bubblewrap", False, "not found", False, install("bubblewrap"), use)
    try:
        command = [path, "--ro-bind", "/", "/", "--unshare-pid", "--unshare-net", "true"]
        run = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
        told = run.stderr.strip()
    except (OSError, subprocess.TimeoutExpired) as error:
        told = str(error)
    if told:
        cure = "sudo sysctl kernel.unprivileged_userns_clone=1"
        return Check("bubblewrap", False, f"it does not start: {told}", False, cure, use)
    return Check("bubblewrap", True, path, use=use)


def _output(command: list[str]) -> str:
    try:
        run = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=30,
            check=False,
            env=os.environ | {"LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return run.stdout + run.stderr
