"""Limits on the process that runs this file, and then the command that they are for.

    python -I -S limit.py '{"cpu": 30, "memory": 2147483648, ...}' command ...

It comes between a sandbox and what runs in it: a limit on processes counts only those of the
sandbox when it is set inside. Needs only the standard library.
"""

from __future__ import annotations

import json
import os
import resource
import sys

NO_NEW_PRIVILEGES = 38  # PR_SET_NO_NEW_PRIVS


def main(settings: str, *command: str) -> None:
    limits = json.loads(settings)
    os.umask(0o022)
    if limits["uid"] is not None:  # a user of its own, who owns nothing and may signal nobody
        os.setgroups([])
        os.setgid(limits["uid"])
        os.setuid(limits["uid"])
    for name, value in (
        ("RLIMIT_CORE", 0),
        ("RLIMIT_CPU", limits["cpu"]),
        ("RLIMIT_AS", limits["memory"]),
        ("RLIMIT_FSIZE", limits["file"]),
        ("RLIMIT_NOFILE", 256),
        ("RLIMIT_NPROC", limits["processes"]),
    ):
        _set(getattr(resource, name, None), value)
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    os.execvp(command[0], command)


def _set(which: int | None, value: int) -> None:
    if which is None:
        return
    hard = resource.getrlimit(which)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    try:
        resource.setrlimit(which, (value, value))
    except (ValueError, OSError):  # macOS knows no limit on memory
        if sys.platform == "linux":
            raise


if __name__ == "__main__":
    main(*sys.argv[1:])
