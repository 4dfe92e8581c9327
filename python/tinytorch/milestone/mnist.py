"""MNIST's four files: read from a folder, and first downloaded into it where they are missing.

The folder is $TINYTORCH_DATA/mnist, or tinytorch/mnist in the user's cache. What a file holds is
compared with a checksum before anything is read from it.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import os
import tempfile
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tinytorch.milestone.data import DataError

Array = np.ndarray[Any, Any]

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
ATTEMPTS = 3  # at each file, the mirrors in turn
PAUSE = 0.5  # seconds, and more before each further attempt
TIMEOUT = 30.0  # seconds without a byte
CHUNK = 1 << 16


class File(NamedTuple):
    """A gzipped IDX file; size and checksum are those of what is inside."""

    name: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def header(self) -> int:
        return 4 + 4 * len(self.shape)

    @property
    def size(self) -> int:
        return self.header + int(np.prod(self.shape))


FILES = (
    File(
        "train-images-idx3-ubyte.gz",
        (60_000, 28, 28),
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    File(
        "train-labels-idx1-ubyte.gz",
        (60_000,),
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    File(
        "t10k-images-idx3-ubyte.gz",
        (10_000, 28, 28),
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    File(
        "t10k-labels-idx1-ubyte.gz",
        (10_000,),
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
)


def folder() -> Path:
    """Where MNIST lies, or is going to."""
    if place := os.environ.get("TINYTORCH_DATA"):
        return Path(place).expanduser() / "mnist"
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "tinytorch" / "mnist"


def load(place: Path | None = None) -> tuple[Array, Array, Array, Array]:
    """Images (60000, 28, 28) and labels (60000,), then those of the test, uint8.

    Raises DataError when a file can be neither read nor downloaded, or is not the original.
    """
    place = folder() if place is None else place
    return (
        read(FILES[0], place),
        read(FILES[1], place),
        read(FILES[2], place),
        read(FILES[3], place),
    )


def read(file: File, place: Path, mirrors: Sequence[str] = MIRRORS) -> Array:
    """The array in a file of `place`, downloaded first where it is missing."""
    path = place / file.name
    if not path.exists():
        download(file, place, mirrors)
    content = verified(file, path)
    return np.frombuffer(content, np.uint8, offset=file.header).reshape(file.shape)


def verified(file: File, path: Path) -> bytes:
    """What the file holds.  Raises DataError unless it is MNIST's, to the last bit."""
    try:
        with gzip.open(path) as packed:
            content = packed.read(file.size + 1)  # not more, whatever it claims to hold
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"mnist: {path} cannot be read: {error}; delete it and run again") from None
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise DataError(f"mnist: {path} is not the original file; delete it and run again")
    return content


def download(file: File, place: Path, mirrors: Sequence[str] = MIRRORS) -> None:
    """Puts the file into `place`, whole and verified or not at all.  Raises DataError."""
    try:
        place.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place, prefix=file.name)
        os.close(handle)
    except OSError as error:
        raise DataError(f"mnist: cannot write to {place}: {error}") from None
    partial = Path(name)
    try:
        for attempt in range(ATTEMPTS):
            time.sleep(PAUSE * attempt)
            url = mirrors[attempt % len(mirrors)] + file.name
            try:
                _fetch(url, partial)
                verified(file, partial)
            except (OSError, http.client.HTTPException, DataError) as error:
                reason = str(error)
                if isinstance(error, urllib.error.HTTPError):
                    error.close()
            else:
                partial.replace(place / file.name)
                return
        raise DataError(
            f"mnist: {file.name} could not be downloaded in {ATTEMPTS} attempts ({reason}); "
            f"put MNIST's four files into {place}, or choose --data digits"
        )
    finally:
        partial.unlink(missing_ok=True)


def _fetch(url: str, path: Path) -> None:
    from rich.console import Console
    from rich.progress import Progress

    with (
        urllib.request.urlopen(url, timeout=TIMEOUT) as reply,
        path.open("wb") as target,
        Progress(console=Console(stderr=True), transient=True) as progress,
    ):
        total = int(reply.headers.get("Content-Length") or 0) or None
        bar = progress.add_task(Path(url).name, total=total)
        while chunk := reply.read(CHUNK):
            target.write(chunk)
            progress.advance(bar, len(chunk))
