"""What ends a command early, as one sentence with its cure; a traceback helps nobody here.

An error that nobody foresaw is tito's own mistake: it is said so, and its traceback is kept in a
file for a report.
"""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback

from tinytorch.curriculum import CurriculumError
from tinytorch.tito.tasks import MarkerError
from tinytorch.tito.workspace import WorkspaceError

FORESEEN = (WorkspaceError, CurriculumError, MarkerError)
A_FOLDER = "a folder is expected there; move the file away, then run the command again"
ELSEWHERE = "work where you may write: tito init ~/framework"
CURES = {
    errno.EEXIST: A_FOLDER,
    errno.ENOTDIR: A_FOLDER,
    errno.EISDIR: "a file is expected there; move the folder away, then run the command again",
    errno.ENOSPC: "make room on it (`df -h .` shows how much there is), then run the command again",
    errno.EDQUOT: "make room in your quota, then run the command again",
    errno.EROFS: ELSEWHERE,
    errno.EACCES: ELSEWHERE,
    errno.EPERM: ELSEWHERE,
    errno.EMFILE: "close programs, or run: ulimit -n 1024",
    errno.EAGAIN: "this user may not start more processes; end some, then run the command again",
    errno.ENOMEM: "there is not enough memory; close programs, then run the command again",
}


def sentence(error: Exception) -> str:
    """What happened and what mends it, for whoever gave the command."""
    if isinstance(error, FORESEEN):
        return str(error)
    if isinstance(error, OSError):
        return _of_the_system(error)
    if isinstance(error, ModuleNotFoundError):
        return f"{error.name} is not installed; run: pip install 'tinytorch-cpp[course]'"
    if isinstance(error, MemoryError):
        return CURES[errno.ENOMEM]
    return (
        f"a mistake of tito's own, not of yours: {type(error).__name__}: {str(error)[:300]}\n"
        f"  please report it with the command you gave{_kept(error)}"
    )


def _of_the_system(error: OSError) -> str:
    words = error.strerror or str(error)
    if error.filename is None and error.errno == errno.ENOENT:
        return "the folder you are in is gone; cd to one that is there"
    if error.errno == errno.ENOSPC:
        words = "the disk is full"
    file = error.filename2 or error.filename  # of a file that was to be renamed: its new name
    named = f"{os.fsdecode(file)}: " if isinstance(file, str | bytes) else ""
    cure = CURES.get(error.errno or 0)
    return f"{named}{words}" + (f"; {cure}" if cure else "")


def _kept(error: Exception) -> str:
    """Where its traceback is, where that can be written."""
    told = "".join(traceback.format_exception(error))
    try:
        handle, name = tempfile.mkstemp(prefix="tito-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{sys.argv!r}\n{told}")
    except OSError:
        return ""
    return f", and the file {name}"


def say(error: Exception) -> None:
    """Prints the sentence on standard error."""
    print(f"tito: {sentence(error)}", file=sys.stderr)
