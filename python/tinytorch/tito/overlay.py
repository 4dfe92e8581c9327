"""The overlay: a student's units as shared libraries that take the reference's place when loaded.

Each file is compiled from an instrumented copy, and ninja builds only what changed, on top of
core's headers compiled once. A task that does not compile is left out and reported; the others are
still graded. What units have in Python is a package, and needs no compiler.
"""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import tinytorch
from tinytorch import curriculum
from tinytorch.tito import diagnostics, packages, sanitizer, tasks
from tinytorch.tito.sources import Source, all_tasks, collect, write_if_changed
from tinytorch.tito.workspace import Course, Workspace, WorkspaceError

COMMON = ("-std=c++20", "-fPIC", "-fno-omit-frame-pointer")
# With the lines of a crash and no variables: a third of the compiler's time.
FLAGS = (*COMMON, "-g1", "-O1", "-DTINYTORCH_CHECK_BOUNDS")
UNBALANCED = diagnostics.CompileError(("the braces in this task do not pair up",), ())
DARWIN = sys.platform == "darwin"
SUFFIX = ".dylib" if DARWIN else ".so"


@dataclass(frozen=True)
class Variant:
    """A way to compile, in a folder of its own below build/."""

    name: str
    flags: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)  # of the process that loads it


class Runner(Protocol):
    """How a build is run: here, or in a sandbox."""

    def __call__(self, command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str]:
        """Its exit status, and what it printed."""


@dataclass(frozen=True)
class Kit:
    """What a grader brings to the builds of many: what is compiled once for all, and a runner."""

    common: Path
    run: Runner
    given: bool = True  # whether files that are as they were handed out are compiled already
    exports: Path | None = None  # a script of the linker's: the names that a library may show


CHECKED = Variant("", FLAGS)  # as tests want it: views check their bounds
NATIVE = ("-march=native",) if platform.machine() in ("x86_64", "AMD64") else ()
# As milestones and benchmarks want it: no index is checked.
FAST = Variant("fast", (*COMMON, "-g1", "-O3", *NATIVE, "-fno-math-errno", "-fno-trapping-math"))

# As a debugger wants it: every variable is there, line by line.
PLAIN = Variant("plain", (*COMMON, "-g", "-O0", "-DTINYTORCH_CHECK_BOUNDS"))


def sanitized() -> Variant:
    """Checked, and watched by the compiler's sanitizers.  Raises WorkspaceError without them."""
    try:
        environment = sanitizer.environment(compiler())
    except LookupError as error:
        raise WorkspaceError(str(error)) from None
    return Variant("sanitized", (*FLAGS, *sanitizer.FLAGS), environment)


@dataclass(frozen=True)
class Overlay:
    """What was built by unit, in order of their needs, and why some tasks did not compile."""

    libraries: Mapping[str, Path]
    packages: Mapping[str, Path]
    watch: Path | None  # only with libraries
    broken: Mapping[str, tuple[str, ...]]
    environment: Mapping[str, str] = field(default_factory=dict)

    def parts(self, units: Collection[str] | None = None) -> list[Path]:
        """What a worker loads of these units, by default of all."""
        return [
            path
            for built in (self.libraries, self.packages)
            for unit, path in built.items()
            if units is None or unit in units
        ]


def build(
    workspace: Workspace,
    units: Sequence[str],
    variant: Variant = CHECKED,
    kit: Kit | None = None,
) -> Overlay:
    """Builds all of `units`.  Raises WorkspaceError where a build fails and no file of theirs."""
    with alone(workspace.build):
        return _build(workspace, units, variant, kit)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Waits for others who build there: a second terminal, or `--watch`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(
    workspace: Workspace, units: Sequence[str], variant: Variant, kit: Kit | None
) -> Overlay:
    order = [unit for unit in curriculum.load().track().units if unit in units]
    broken: dict[str, tuple[str, ...]] = {}
    in_python = {unit: packages.build(workspace, unit, broken) for unit in order}
    found = {unit: folder for unit, folder in in_python.items() if folder}
    in_cpp = {unit: collect(workspace, unit, ".cpp", broken) for unit in order}
    order = [unit for unit in order if in_cpp[unit]]
    if not order:
        return Overlay({}, found, None, broken)
    folder = workspace.build / variant.name
    sources = [source for unit in order for source in in_cpp[unit]]
    if kit is None:
        write_if_changed(folder / "precompiled.h", _core_headers())
    write_if_changed(folder / "build.ninja", _ninja_file(workspace, order, sources, variant, kit))
    while True:
        for source in sources:
            if kit is not None:
                _check_plain(source.copy, workspace.root)
            source.write()
        output = _run_ninja(folder, kit.run if kit else run_here)
        if not output:
            break
        if kit is None and FULL.search(output):
            raise WorkspaceError(
                f"the disk of {folder} is full; make room on it (`df -h .` shows how much there "
                "is), then run the command again"
            )
        if not _attribute(output, sources, workspace.root, broken) and not _stopped(
            output, sources, broken
        ):
            raise WorkspaceError(f"the build failed, and no file of yours is named:\n{output}")
    libraries = {unit: folder / library_name(unit) for unit in order}
    watch = (kit.common if kit else folder) / f"tito_crash{SUFFIX}"
    return Overlay(libraries, found, watch, broken, variant.environment)


def _check_plain(path: Path, root: Path) -> None:
    """A compiler that was led astray may have put a link where we write next."""
    if path.resolve() != root.resolve() / path.relative_to(root):
        raise WorkspaceError(f"{path.name} became a link while it was built")


def prepare_common(folder: Path, variant: Variant, course: Course, units: Iterable[str]) -> None:
    """Compiles what the builds of a Kit share: core's headers, and these units' files as they are
    handed out, for all who leave one as it is.  Raises WorkspaceError.
    """
    write_if_changed(folder / "precompiled.h", _core_headers())
    text = _rules(variant, "", folder) + _common_targets()
    for unit in sorted(units):
        for name, stub in course.files(unit).items():
            path = folder / "given" / unit / name
            if path.suffix == ".cpp":
                write_if_changed(path, tasks.instrument(stub, path, path))
                text += _compile(_object(unit, path), _escape(path), "", "precompiled.h.gch")
    write_if_changed(folder / "build.ninja", text)
    output = _run_ninja(folder, run_here)
    if output:
        raise WorkspaceError(f"core's headers do not compile:\n{output}")


def _object(unit: str, path: Path) -> str:
    return f"obj/{unit}/{path.stem}.o"


FULL = re.compile(r"^(?!.*#error).*(?:No space left on device|Disk quota exceeded)", re.M)
UNLINKED = re.compile(r"(?:undefined reference to|multiple definition of) [`'].{1,300}?'")
FAILED = re.compile(r"^FAILED: (?:\[code=\d+\] )?(?:obj/(\w+)/(.+)\.o|libtinytorch_(\w+)\.)", re.M)


def _stopped(output: str, sources: Sequence[Source], broken: dict[str, tuple[str, ...]]) -> bool:
    """Leaves out files whose compilation failed without an error in them; whether there was one.

    The compiler was out of time or memory, or read something that never ends; or the linker misses
    a function, or has two.
    """
    found = False
    linker = [*dict.fromkeys(UNLINKED.findall(output))]
    ends = [line for line in output.splitlines() if re.search(r"error|[Kk]illed|signal", line)]
    story = (
        ("the linker complains:", *linker[:3])
        if linker
        else ("the compiler gave up on this file:", *(line[:300] for line in ends[:3]))
    )
    for unit, stem, library in FAILED.findall(output):
        for source in sources:
            ours = source.path.parent.name
            if (ours, source.path.stem) != (unit, stem) and ours != library:
                continue
            if source.text == source.stub and not source.without:
                continue
            found = True
            unit_wide = source.give_up() or all_tasks(sources, source)
            broken |= {task: story for task in unit_wide if task not in broken}
    return found


def _attribute(
    output: str, sources: Sequence[Source], root: Path, broken: dict[str, tuple[str, ...]]
) -> bool:
    """Leaves out what does not compile, and says why in `broken`; whether anything was left out."""
    found = False
    errors = diagnostics.by_file(diagnostics.parse(output), [source.path for source in sources])
    for source in sources:
        own = errors.get(source.path)
        if not own or (source.text == source.stub and not source.without):
            continue
        found = True
        blamed: dict[str, list[diagnostics.CompileError]] = {}
        lines = source.text.splitlines()
        # Braces that do not pair up make errors anywhere after them.
        for task in source.tasks:
            if task.id not in source.without and not tasks.braces_balance(lines, task):
                blamed[task.id] = [UNBALANCED, *own]
        if not blamed:
            for error in own:
                culprit = error.blames(source.tasks, source.path)
                if culprit:
                    blamed.setdefault(culprit.id, []).append(error)
        if not blamed or source.without.issuperset(blamed):
            story = diagnostics.trimmed(own, root)
            unit_wide = source.give_up() or all_tasks(sources, source)
            broken |= {task: story for task in unit_wide if task not in broken}
            continue
        source.without |= blamed.keys()
        broken |= {task: diagnostics.trimmed(listed, root) for task, listed in blamed.items()}
    return found


def compiler() -> str:
    """The compiler's command: CXX, or what the system calls its C++ compiler."""
    found = next(filter(shutil.which, ("c++", "g++", "clang++")), "c++")
    chosen = os.environ.get("CXX", "").strip()
    try:
        shlex.split(chosen)
    except ValueError:
        raise WorkspaceError(f"CXX is `{chosen}`, which is no command; run: unset CXX") from None
    return chosen or found


def library_name(unit: str) -> str:
    return f"libtinytorch_{unit}{SUFFIX}"


def _rules(variant: Variant, moved: str, common: Path, exports: Path | None = None) -> str:
    if shutil.which(shlex.split(compiler())[0]) is None:
        raise WorkspaceError(f"no C++ compiler `{compiler()}` found; see: tito doctor")
    reference = Path(tinytorch.library_dir())
    precompiled = _shell(common / "precompiled.h")
    soname = "-install_name @rpath/$soname" if DARWIN else "-Wl,-soname,$soname -Wl,-z,defs"
    watched = " ".join(flag for flag in variant.flags if flag.startswith("-fsanitize"))
    if exports:
        soname += f" -Wl,--version-script={_shell(exports)}"
    return f"""\
# Written by tito from what is in modules/.
ninja_required_version = 1.8
flags = {" ".join(variant.flags)} {moved} -I{_shell(tinytorch.include_dir())}
rule precompile
  command = {compiler()} $flags -MMD -MF $out.d -x c++-header $in -o $out
  depfile = $out.d
  deps = gcc
rule compile
  command = {compiler()} $flags -MMD -MF $out.d $own -include {precompiled} -c $in -o $out
  depfile = $out.d
  deps = gcc
rule link
  command = {compiler()} -shared {watched} {soname} -o $out $in -Wl,-rpath,{_shell(reference)}
"""


def _common_targets() -> str:
    crash = _escape(Path(__file__).with_name("crash.cpp"))
    return (
        "build precompiled.h.gch: precompile precompiled.h\n"
        + _compile("crash.o", crash, "", "precompiled.h.gch")
        + _link(f"tito_crash{SUFFIX}", ["crash.o", _core()])
    )


def _core() -> str:
    return _escape(Path(tinytorch.library_dir()) / f"libtinytorch_core{SUFFIX}")


def _ninja_file(
    workspace: Workspace,
    units: Sequence[str],
    sources: Sequence[Source],
    variant: Variant,
    kit: Kit | None,
) -> str:
    reference = Path(tinytorch.library_dir())
    # GCC gives some places in the copy's name in spite of #line; the line numbers are right.
    moved = _shell(f"-ffile-prefix-map={workspace.build / 'src'}={workspace.root / 'modules'}")
    course = curriculum.load()
    folder = kit.common if kit else workspace.build / variant.name
    text = _rules(variant, moved, folder, kit.exports if kit else None)
    text += "" if kit else _common_targets()
    precompiled = "" if kit else "precompiled.h.gch"
    for unit in units:
        objects = []
        for source in sources:
            if source.path.parent == workspace.folder(unit):
                name = _object(unit, source.path)
                if kit and kit.given and source.text == source.stub:
                    compiled = kit.common / name
                    if compiled.is_file():
                        objects.append(_escape(compiled))
                        continue
                objects.append(name)
                own = f"-I{_shell(source.path.parent)}"
                text += _compile(name, _escape(source.copy), own, precompiled)
        needed = [
            path
            for need in course.all_needs(unit)
            if (path := reference / library_name(need)).is_file()
        ]
        text += _link(library_name(unit), [*objects, *map(_escape, needed), _core()])
    return text


def _compile(output: str, source: str, own: str, precompiled: str) -> str:
    needed = f" | {precompiled}" if precompiled else ""
    return f"build {output}: compile {source}{needed}\n  own = {own}\n"


def _link(output: str, inputs: Sequence[str]) -> str:
    return f"build {output}: link {' '.join(inputs)}\n  soname = {output}\n"


def _core_headers() -> str:
    """What every unit includes, in one header to compile once."""
    include = Path(tinytorch.include_dir())
    headers = sorted((include / "core").glob("*.h"))
    return "".join(f'#include "core/{path.name}"\n' for path in headers if path.name != "simd.h")


def _escape(path: str | Path) -> str:
    return str(path).replace("$", "$$").replace(" ", "$ ").replace(":", "$:")


def _shell(path: str | Path) -> str:
    return shlex.quote(str(path)).replace("$", "$$")


def _run_ninja(folder: Path, run: Runner) -> str:
    """Builds all; empty when that went well, else what was printed."""
    jobs = max(2, os.cpu_count() or 2)
    command = [_ninja(), "-C", str(folder), "-k", "0", "-j", str(jobs), "--quiet"]
    status, output = run(command, os.environ | {"LC_ALL": "C", "NINJA_STATUS": ""})
    return "" if status == 0 else output or "the build was stopped"


def run_here(command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str]:
    run = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        env=environment,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


def _ninja() -> str:
    own = Path(sysconfig.get_path("scripts")) / "ninja"
    found = str(own) if own.is_file() else shutil.which("ninja")
    if found is None:
        raise WorkspaceError("ninja is not installed; run: pip install 'tinytorch-cpp[course]'")
    return found
