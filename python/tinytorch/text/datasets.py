"""Texts to learn from: some Shakespeare that comes along, and the megabyte that is usual.

tinyshakespeare lies in $TINYTORCH_DATA/tinyshakespeare, or tinytorch/tinyshakespeare in the user's
cache, and is downloaded where it is missing; what it holds is compared with a checksum.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from tinytorch.milestone.data import DataError
from tinytorch.text._sources import write

MIRRORS = (
    "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
    "https://cdn.jsdelivr.net/gh/karpathy/char-rnn@master/data/tinyshakespeare/input.txt",
)
SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
SIZE = 1_115_394
ATTEMPTS = 3
PAUSE = 0.5  # seconds, and more before each further attempt
TIMEOUT = 30.0  # seconds without a byte


def shakespeare() -> str:
    """The first scenes of Coriolanus, 82 kB, part of this package: the beginning of the other."""
    return (Path(__file__).with_name("shakespeare.txt")).read_text(encoding="utf-8")


def tinyshakespeare(place: Path | None = None) -> str:
    """40,000 lines of Shakespeare, 1.1 MB, as gathered by Andrej Karpathy in 2015.

    Raises DataError where the file can be neither read nor downloaded, or is not the original.
    """
    path = (folder() if place is None else Path(place)) / "input.txt"
    if not path.exists():
        download(path)
    try:
        with path.open("rb") as file:
            content = file.read(SIZE + 1)
    except OSError as error:
        raise DataError(f"tinyshakespeare: {path} cannot be read: {error}") from None
    if not _is_original(content):
        raise DataError(
            f"tinyshakespeare: {path} is not the original file; delete it and run again"
        )
    return content.decode()


def folder() -> Path:
    """Where tinyshakespeare lies, or is going to."""
    if place := os.environ.get("TINYTORCH_DATA"):
        return Path(place).expanduser() / "tinyshakespeare"
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "tinytorch" / "tinyshakespeare"


def download(path: Path, mirrors: Sequence[str] = MIRRORS) -> None:
    """Puts the file there, whole and verified or not at all.  Raises DataError."""
    reason = "no address is known"
    for attempt in range(ATTEMPTS if mirrors else 0):
        time.sleep(PAUSE * attempt)
        try:
            with urllib.request.urlopen(mirrors[attempt % len(mirrors)], timeout=TIMEOUT) as reply:
                content = reply.read(SIZE + 1)
            if not _is_original(content):
                reason = "what arrived is another file"
                continue
        except (OSError, http.client.HTTPException) as error:
            reason = str(error)
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, content)
        except OSError as error:
            raise DataError(f"tinyshakespeare: cannot write to {path.parent}: {error}") from None
        return
    raise DataError(
        f"tinyshakespeare: the text could not be downloaded in {ATTEMPTS} attempts ({reason}); "
        f"put it into {path}, or choose the text that comes along (datasets.shakespeare)"
    )


def _is_original(content: bytes) -> bool:
    return hashlib.sha256(content).hexdigest() == SHA256
