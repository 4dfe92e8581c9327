"""The sandbox: where a stranger's code is compiled and run.

With bubblewrap it has process ids, a file system and a network of its own: the system and the
library to read, one folder of its own, and nothing else: no home, no other submission, no tests.
Without, it has limits alone, and `undefended` says in plain words what that leaves open. Where the
grader is root, either way the code runs as a user who owns nothing.
"""

from __future__ import annotations

import json
import os
import re
import selectors
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import tinytorch
from tinytorch.tito import overlay
from tinytorch.tito.grader import limit
from tinytorch.tito.workspace import WorkspaceError

MB = 1 << 20
KEPT_OUTPUT = MB
PASSED_ON = ("CXX", "LD_LIBRARY_PATH", "TINYTORCH_ISA", "TINYTORCH_KERNELS", "NINJA_STATUS")
SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
OF_ETC = ("alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d")


@dataclass(frozen=True)
class Limits:
    """Of one process, but for `processes` and `seconds`, which are of all together."""

    cpu: int = 60  # seconds
    memory: int = 2 << 30  # bytes of address space
    file: int = 64 * MB  # bytes of any file it writes
    processes: int = 64  # and threads
    seconds: float = 60.0  # for a build


# Processor time is what limits a compiler; the clock may run while others compile.
COMPILING = Limits(cpu=20, memory=2 << 30, processes=48, seconds=180)
RUNNING = Limits()
LOOKING = Limits(cpu=5, memory=1 << 30, seconds=5)


@dataclass(frozen=True)
class Sandbox:
    """How to start what belongs to one submission.  It is a Launcher, and its `run` is a Runner."""

    kind: str  # "bwrap" or "limits"
    uid: int | None  # the user that runs it, where the grader is root
    folder: Path  # its own
    writable: bool = False
    visible: tuple[Path, ...] = ()
    masks: tuple[tuple[Path, Path | None], ...] = ()  # what lies there instead, or nothing
    limits: Limits = RUNNING

    @property
    def own_pids(self) -> bool:
        return self.kind == "bwrap"

    def compiling(self, masks: Sequence[tuple[Path, Path | None]], *visible: Path) -> Sandbox:
        return replace(self, writable=True, visible=visible, masks=tuple(masks), limits=COMPILING)

    def running(self, masks: Sequence[tuple[Path, Path | None]], *visible: Path) -> Sandbox:
        return replace(self, writable=False, visible=visible, masks=tuple(masks), limits=RUNNING)

    def command(self, command: Sequence[str]) -> list[str]:
        limits = {
            "uid": self.uid,
            "cpu": self.limits.cpu,
            "memory": self.limits.memory,
            "file": self.limits.file,
            "processes": self.limits.processes + self._already_running(),
        }
        limited = [sys.executable, "-I", "-S", limit.__file__, json.dumps(limits), *command]
        return [*self._walls(), *limited] if self.kind == "bwrap" else limited

    def environment(self, environment: Mapping[str, str]) -> dict[str, str]:
        kept = {name: environment[name] for name in PASSED_ON if name in environment}
        home = "/tmp" if self.kind == "bwrap" else str(self.folder)
        return kept | {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": home,
            "TMPDIR": home,
            "LC_ALL": "C.UTF-8",
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "TINYTORCH_SEALED": "1",
        }

    def look(self, command: Sequence[str]) -> str:
        return replace(self, limits=LOOKING)._run(command, os.environ)[1]

    def run(self, command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str]:
        """Runs it to its end or to the end of its time; its status, and what it printed first."""
        status, output = self._run(command, environment)
        self.clean_up()
        return status, output

    def _run(self, command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str]:
        process = subprocess.Popen(
            self.command(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=self.environment(environment) | {"LC_ALL": "C"},
        )
        assert process.stdout is not None
        output, deadline, over = bytearray(), time.monotonic() + self.limits.seconds, False
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)
            while True:
                if not waiting.select(max(deadline - time.monotonic(), 0)):
                    over = True
                    break
                data = os.read(process.stdout.fileno(), 1 << 16)
                if not data:
                    break
                if len(output) < KEPT_OUTPUT:
                    output += data
        if over:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        status = process.wait()
        process.stdout.close()
        text = output.decode(errors="replace")
        if over:
            text += f"\nerror: stopped after {self.limits.seconds:g} s\n"
        return (status or 1) if over else status, text

    def clean_up(self) -> None:
        if not self.own_pids:
            kill_descendants(os.getpid())

    def _already_running(self) -> int:
        """Processes of this user that count against the limit: none in a world of its own."""
        apart = self.kind == "bwrap" and _counts_by_namespace()
        if apart or self.uid is not None or not os.path.isdir("/proc/self"):
            return 0
        count, mine = 0, os.getuid()
        for process in _processes():
            with suppress(OSError):
                if os.stat(f"/proc/{process}").st_uid == mine:
                    count += len(os.listdir(f"/proc/{process}/task"))
        return count

    def _walls(self) -> list[str]:
        bwrap = shutil.which("bwrap") or "bwrap"
        words = [bwrap, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
        words += ["--unshare-cgroup-try", "--die-with-parent", "--new-session"]
        if self.uid is None:
            words += ["--unshare-user", "--cap-drop", "ALL"]
        words += ["--ro-bind", "/usr", "/usr"]
        for name in SYSTEM:
            if os.path.islink(name):
                words += ["--symlink", os.readlink(name), name]
            else:
                words += ["--ro-bind-try", name, name]
        words += ["--dev", "/dev", "--remount-ro", "/dev"]
        words += ["--perms", "1777", "--size", str(256 * MB), "--tmpfs", "/tmp"]
        for folder in _above((*installation(), *self.visible, self.folder)):
            words += ["--perms", "0755", "--dir", str(folder)]
        for name in OF_ETC:
            words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
        for path in (*installation(), *self.visible):
            words += ["--ro-bind", str(path), str(path)]
        for target, instead in self.masks:
            if instead is not None:
                words += ["--ro-bind", str(instead), str(target)]
            elif target.is_dir():
                words += ["--perms", "0555", "--tmpfs", str(target), "--remount-ro", str(target)]
            else:
                words += ["--ro-bind", "/dev/null", str(target)]
        words += ["--bind" if self.writable else "--ro-bind", str(self.folder), str(self.folder)]
        # Only compilers write: a submission that could write a library could have it loaded.
        words += [] if self.writable else ["--remount-ro", "/tmp"]
        return [*words, "--remount-ro", "/", "--chdir", str(self.folder), "--"]


def _above(paths: Iterable[Path]) -> list[Path]:
    """The folders that lead to these; a user who is not root must be able to pass them."""
    every = {folder for path in paths for folder in path.parents}
    return sorted((every | {Path("/etc")}) - {Path("/"), Path("/tmp")})


@cache
def installation() -> tuple[Path, ...]:
    """What a build or a worker reads: Python, the library and the compiler, wherever they are."""
    package = Path(tinytorch.__file__).parent
    real = {path.resolve() for path in (package, *package.iterdir()) if path.exists()}
    python = {Path(sys.prefix), Path(sys.base_prefix), Path(os.path.realpath(sys.executable))}
    compiler = shutil.which(shlex.split(overlay.compiler())[0])
    others = {Path(tinytorch.library_dir()).parent, Path(tinytorch.include_dir())}
    if compiler:
        others.add(Path(compiler).resolve().parent.parent)
    found = sorted({*python, *real, *others})
    inside = [Path("/usr")]
    for path in found:
        if path == Path("/") or any(path.is_relative_to(outer) for outer in inside):
            continue
        inside.append(path)
    return tuple(inside[1:])


def reference_masks(
    unit: str, library: Path | None, package: Path | None
) -> list[tuple[Path, Path | None]]:
    """Hides the answers to a unit: the reference's library and package, and every other build."""
    own = Path(tinytorch.library_dir()).resolve()
    masks: list[tuple[Path, Path | None]] = [
        (other, None) for other in sorted(own.parent.iterdir()) if other.is_dir() and other != own
    ]
    hidden = own / f"libtinytorch_accelerated{overlay.SUFFIX}"
    if hidden.is_file():
        masks.append((hidden, None))
    reference = own / f"libtinytorch_{unit}{overlay.SUFFIX}"
    if reference.is_file():
        masks.append((reference, library))
    in_python = (Path(tinytorch.__file__).parent / unit).resolve()
    if in_python.is_dir() and package is not None:
        masks.append((in_python, package))
    return masks


# --- which sandbox there is ---

UNDEFENDED = (
    "a submission can read every file that its user can read, other submissions and tests included",
    "it can use the network, and write files until the disk is full",
    "the reference's answers lie within its reach",
)
SAME_USER = "it can signal or inspect any process of yours, this grader included"


@dataclass(frozen=True)
class Choice:
    """What is used on this machine, and why."""

    kind: str
    drops: bool  # to a user of its own
    why: str = ""  # not more

    def sandbox(self, folder: Path) -> Sandbox:
        uid = 60001 + os.getpid() % 4999 if self.drops else None
        return Sandbox(self.kind, uid, folder)

    def undefended(self) -> tuple[str, ...]:
        if self.kind == "bwrap":
            return ()
        return (*UNDEFENDED, *(() if self.drops else (SAME_USER,)))


def choose(wanted: str, trial: Path) -> Choice:
    """The strongest that works here; `wanted` is auto, bwrap or limits.  Raises WorkspaceError."""
    root = os.geteuid() == 0
    why = "asked for limits alone"
    if wanted != "limits":
        why = _tried(Choice("bwrap", root), trial)
        if not why:
            return Choice("bwrap", root)
        if wanted == "bwrap":
            raise WorkspaceError(f"the sandbox does not work here: {why}")
    alone = _tried(Choice("limits", True), trial) if root else ""
    if root and not alone:
        return Choice("limits", True, why)
    if root and wanted == "auto":
        raise WorkspaceError(
            f"submissions would run as root: the sandbox does not work here ({why}), and another "
            f"user cannot run this Python ({alone}); grade as a user who is not root, or say "
            "--sandbox limits"
        )
    return Choice("limits", False, why)


def _tried(choice: Choice, trial: Path) -> str:
    """Why it does not work, or nothing."""
    if choice.kind == "bwrap" and shutil.which("bwrap") is None:
        return "bubblewrap is not installed (Debian and Ubuntu: apt-get install bubblewrap)"
    box = choice.sandbox(trial)
    box = replace(box, writable=True, limits=replace(RUNNING, seconds=20))
    own(box, trial)
    command = [sys.executable, "-I", "-c", "open('tried', 'w').close()"]
    if choice.kind == "limits":
        command[-1] = f"import os; os.chdir({str(trial)!r}); " + command[-1]
    try:
        status, output = box.run(command, os.environ)
    except OSError as error:
        return str(error)
    return "" if status == 0 else (output.strip().splitlines() or [f"exit status {status}"])[-1]


def own(box: Sandbox, folder: Path) -> None:
    """Gives the folder to the user of the sandbox."""
    if box.uid is None:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, box.uid, box.uid, follow_symlinks=False)


# --- processes ---


def _counts_by_namespace() -> bool:
    """Whether Linux counts a sandbox's processes apart from its user's others."""
    numbers = re.match(r"(\d+)\.(\d+)", os.uname().release)
    return numbers is not None and (int(numbers[1]), int(numbers[2])) >= (5, 14)


def _processes() -> Iterable[int]:
    return (int(name) for name in os.listdir("/proc") if name.isdigit())


def descendants(root: int, with_root: bool = False) -> dict[int, int]:
    """Resident bytes by process id of all that `root` has started, at any depth."""
    children: dict[int, list[int]] = {}
    resident: dict[int, int] = {}
    page = os.sysconf("SC_PAGE_SIZE")
    for process in _processes() if os.path.isdir("/proc/self") else ():
        with suppress(OSError, ValueError, IndexError):
            with open(f"/proc/{process}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
            if fields[0] != b"Z":
                children.setdefault(int(fields[1]), []).append(process)
                resident[process] = int(fields[21]) * page
    found = {root: resident[root]} if with_root and root in resident else {}
    waiting = [root]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            found[child] = resident[child]
            waiting.append(child)
    return found


def kill_descendants(root: int) -> None:
    """Stops all first, so that none can start another meanwhile, and then ends them."""
    for which in (signal.SIGSTOP, signal.SIGKILL):
        for _ in range(50):
            left = descendants(root)
            for process in left:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(process, which)
            quiet = not left or which == signal.SIGSTOP
            if quiet and left.keys() >= descendants(root).keys():
                break
            time.sleep(0.01)
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
