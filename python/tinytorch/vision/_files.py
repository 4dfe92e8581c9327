"""Files of datasets: downloaded whole and verified, or not at all.

A download goes into NAME.part, is continued where it broke off, compared with its checksum, and
renamed at last: a file with its right name is always complete.
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ATTEMPTS = 3  # at each file, the addresses in turn
PAUSE = 0.5  # seconds, and more before each further attempt
TIMEOUT = 30.0  # seconds without a byte
CHUNK = 1 << 16


class FileError(RuntimeError):
    """A file that cannot be had, or is not what it should be; the message is a sentence."""


def cache_folder(name: str) -> Path:
    """The user's folder for what can be made again."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "tinytorch" / name


def digest(path: Path, kind: str) -> str:
    """The file's checksum.  kind: md5, sha256, ..."""
    with path.open("rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.new(kind, usedforsecurity=False)
        ).hexdigest()


def fetch(
    urls: Sequence[str], target: Path, verify: Callable[[Path], None], advice: str = ""
) -> None:
    """Puts a file into its place.  verify: raises FileError, or an OSError, for a wrong one.

    Raises FileError when no attempt succeeds; of a download that broke off the part stays, for the
    next time. Two programs that fetch the same file do so one after the other.
    """
    partial = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        held = _held(target)
    except OSError as error:
        raise FileError(f"cannot write to {target.parent}: {error}") from None
    with held:
        if target.exists():
            return
        reason = ""
        for attempt in range(ATTEMPTS):
            time.sleep(PAUSE * attempt)
            try:
                _continue(urls[attempt % len(urls)], partial)
                verify(partial)
            except (OSError, http.client.HTTPException, FileError) as error:
                reason = str(error)
                if isinstance(error, urllib.error.HTTPError):
                    error.close()
                if not isinstance(error, Interrupted):
                    partial.unlink(missing_ok=True)
            else:
                with partial.open("rb") as file:
                    os.fsync(file.fileno())
                partial.replace(target)
                return
        raise FileError(
            f"{target.name} could not be downloaded in {ATTEMPTS} attempts ({reason}){advice}"
        )


class Interrupted(OSError):
    """A download that ended too early."""


def _held(target: Path) -> _Lock:
    return _Lock(target.with_name(f".{target.name}.lock"))


class _Lock:
    """Waits for others who hold the same file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("w")

    def __enter__(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)
        self._file.close()


def _continue(url: str, path: Path) -> None:
    """Appends what is missing of the file, or fetches all of it."""
    begun = path.stat().st_size if path.exists() else 0
    request = urllib.request.Request(url)
    if begun:
        request.add_header("Range", f"bytes={begun}-")
    with urllib.request.urlopen(request, timeout=TIMEOUT) as reply:
        goes_on = reply.status == 206
        done = begun if goes_on else 0
        promised = int(reply.headers.get("Content-Length") or 0)
        with path.open("ab" if goes_on else "wb") as file, _progress(url, done, promised) as told:
            while chunk := reply.read(CHUNK):
                file.write(chunk)
                told(len(chunk))
                done += len(chunk)
    expected = promised + (begun if goes_on else 0)
    if promised and done != expected:
        raise Interrupted(f"{done} of {expected} bytes came")


@contextmanager
def _progress(url: str, done: int, promised: int) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    columns = ("{task.description}", BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(
            url.rpartition("/")[2], total=promised + done if promised else None, completed=done
        )
        yield lambda count: progress.advance(bar, count)
