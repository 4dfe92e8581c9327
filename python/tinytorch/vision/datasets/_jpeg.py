"""CIFAR-10 as an archive of JPEG files: decoded once, then read from the user's cache.

{train,test}/<class>/<n>.jpg, in order of the classes; so the order is shuffled, once for all.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import random
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tinytorch.vision._files import FileError, cache_folder, digest
from tinytorch.vision._pillow import pillow

ARCHIVE = "cifar10-jpeg.tar.xz"
CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
SIZES = {"train": 50_000, "test": 10_000}
SEEDS = {"train": 0, "test": 1}
PROCESSES = 2

Array = np.ndarray[Any, Any]


def read(archive: Path, train: bool) -> tuple[Array, Array]:
    """Images (N, 3, 32, 32) and labels (N,), uint8.

    Raises FileError for an archive that cannot be read, or lacks images.
    """
    key = digest(archive, "sha256")[:16]
    split = "train" if train else "test"
    folder = cache_folder("cifar10")
    path = folder / f"{split}-{key}.npy"
    records = _cached(path, SIZES[split])
    if records is None:
        decoded = _decode(archive)
        for name, found in decoded.items():
            _keep(folder / f"{name}-{key}.npy", found)
        records = decoded[split]
    return np.ascontiguousarray(records[:, 1:]).reshape(-1, 3, 32, 32), records[:, 0].copy()


def _cached(path: Path, count: int) -> Array | None:
    try:
        found: Array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found if found.shape == (count, 3073) and found.dtype == np.uint8 else None


def _keep(path: Path, records: Array) -> None:
    """Writes the file whole or not at all; without a cache the next time decodes again."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            try:
                np.save(file, records)
                file.flush()
                os.fsync(file.fileno())
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise
    except OSError:
        pass


def _decode(archive: Path) -> dict[str, Array]:
    """(N, 1 + 3072) of each split: the label, then the planes."""
    pillow()  # its absence is told here, and not by a process
    found: dict[str, list[bytes]] = {"train": [], "test": []}
    try:
        if "fork" in multiprocessing.get_all_start_methods():
            with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
                for split, record in pool.imap(_record, _members(archive), chunksize=500):
                    found[split].append(record)
        else:
            for split, record in map(_record, _members(archive)):
                found[split].append(record)
    except (tarfile.TarError, EOFError, OSError, ValueError, KeyError) as error:
        raise FileError(f"{archive} cannot be read: {error}") from None
    except Exception as error:  # lzma's own
        if type(error).__module__ != "_lzma":
            raise
        raise FileError(f"{archive} cannot be read: {error}") from None
    for split, records in found.items():
        if len(records) != SIZES[split]:
            raise FileError(
                f"{archive}: expected {SIZES[split]} images of {split}, got {len(records)}"
            )
        random.Random(SEEDS[split]).shuffle(records)
    return {
        split: np.frombuffer(b"".join(records), np.uint8).reshape(-1, 3073)
        for split, records in found.items()
    }


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isfile():
                file = tar.extractfile(member)
                assert file is not None
                yield member.name, file.read()


def _record(named: tuple[str, bytes]) -> tuple[str, bytes]:
    name, content = named
    try:
        split, kind, _ = name.split("/")[-3:]
        label = CLASSES.index(kind)
        image = pillow().open(io.BytesIO(content)).convert("RGB")
        if split not in SIZES or image.size != (32, 32):
            raise ValueError("not a picture of 32 x 32 of a split")
    except Exception as error:
        raise ValueError(f"{name} is no image of it: {error}") from None
    planes = np.asarray(image).transpose(2, 0, 1)
    return split, bytes([label]) + planes.tobytes()
