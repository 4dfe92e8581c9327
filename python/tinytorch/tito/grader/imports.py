"""What a library asks of the process it is loaded into, and what it shows there.

The answers may not be called from somewhere else.

A solution needs mathematics, memory and the modules that its own needs. One that looks functions up
by name, starts programs, has the C library load libraries (as iconv does), or refers to what it was
not linked with (Python, for one) is looking for the answer somewhere else. Read from the table of
symbols, so no spelling in the source hides it.

It shows the names that the reference's library of the module shows, and no other: one could take
the place of a function that modules loaded later call, and see what they hand over.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import tinytorch
from tinytorch.tito import overlay
from tinytorch.tito.grader.sandbox import KEPT_OUTPUT, Sandbox
from tinytorch.tito.workspace import WorkspaceError
from tinytorch.tito.writing import write_safely

SYMBOL = re.compile(r"^(?:[0-9a-f]+ )?\s*([A-Za-z]) (\S+)$")
COPIED = re.compile(r"_ZN?K?St")  # the standard library's templates: each library has its own
COMPILERS = re.compile(r"__gmon_start__|_ITM_.*|__cxa_finalize|_Jv_.*|_ZTH.*|_ZTW.*|__asan_.*")
REFUSED = re.compile(
    r"dl(m?open|v?sym|addr1?|info|error|close|_iterate_phdr)|_?_?_dl_.*|_r_debug|__libc_dl.*"
    r"|(__)?v?fork|_Fork|forkpty|daemon|clone3?|__clone2?|f?exec[a-z]*|posix_spawn.*|system"
    r"|p(open|trace|ersonality)|_IO_p(roc_)?open|r(cmd|exec)(_af)?|shm(at|get)|syscall|mprotect|pkey_mprotect|mmap(64)?|mremap|memfd_create|shm_open|process_vm_.*"
    r"|getauxval|backtrace(_symbols(_fd)?)?|init_module|unshare|setns|mount|userfaultfd"
    r"|iconv(_open|ctl)?|(secure_)?(set|put|unset|clear)env|_{0,2}environ|wordexp|nss_.*"
    r"|_ZN?.*dynamic_library.*|Py[A-Z_].*|_Py.*"
)


def foreign(
    library: Path, given: Iterable[Path], box: Sandbox, environment: Mapping[str, str]
) -> list[str]:
    """The names in `library` that a solution has no need of.  `given`: what it is linked with."""
    if overlay.DARWIN:  # its symbols have other names
        return []
    nm = _nm()

    def names(arguments: Sequence[str]) -> list[str]:
        status, output = box.run([nm, *arguments], environment)
        if status != 0:
            raise WorkspaceError(f"nm cannot read {library.name}: {output.strip()[-300:]}")
        if len(output) >= KEPT_OUTPUT:  # what was cut off may be the name that is looked for
            raise WorkspaceError(f"{library.name} names more symbols than any solution does")
        found = (SYMBOL.match(line.strip()) for line in output.splitlines())
        return [match[2] for match in found if match]

    wanted = names(["-D", "--undefined-only", str(library)])
    known: set[str] | None = None
    refused = []
    for name in wanted:
        plain, at, version = name.partition("@")
        if REFUSED.fullmatch(plain) or version.endswith("PRIVATE"):
            refused.append(plain)
        elif not at and not COMPILERS.fullmatch(plain):
            if known is None:
                known = _defined(tuple(given), names)
            if plain not in known:
                refused.append(plain)
    return refused


def write_exports(folder: Path, unit: str) -> None:
    """Writes the linker's script that keeps all other names of a unit's library to itself."""
    reference = Path(tinytorch.library_dir()) / overlay.library_name(unit)
    if overlay.DARWIN or not reference.is_file():
        return
    command = [_nm(), "-D", "--defined-only", str(reference)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = (SYMBOL.match(line.strip()) for line in output.splitlines())
    names = sorted({match[2] for match in found if match and not COPIED.match(match[2])})
    shown = "".join(f"    {name};\n" for name in names)
    write_safely(exports(folder, unit), f"{{\n  global:\n{shown}  local: *;\n}};\n")


def exports(folder: Path, unit: str) -> Path:
    """Where that script lies in the folder that builds share."""
    return folder / f"{unit}.exports"


def _nm() -> str:
    nm = shutil.which("nm")
    if nm is None:
        raise WorkspaceError("nm is not installed; it comes with the compiler (binutils)")
    return nm


def _defined(paths: tuple[Path, ...], names: Callable[[Sequence[str]], list[str]]) -> set[str]:
    if paths not in _cache:
        _cache[paths] = set(names(["-D", "--defined-only", *map(str, paths)]))
    return _cache[paths]


_cache: dict[tuple[Path, ...], set[str]] = {}
