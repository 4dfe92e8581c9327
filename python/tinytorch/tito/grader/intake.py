"""Submissions as they come in: a workspace, an archive of one, or a folder of either.

Nothing of an archive is unpacked to where it says: what the course knows is read into memory, file
by file and never beyond a limit, and the rest is passed over. Links, paths that lead elsewhere, and
archives that would not end are refused.
"""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import os
import pickle
import re
import resource
import stat
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from tinytorch import curriculum
from tinytorch.tito import tasks
from tinytorch.tito.workspace import Course, WorkspaceError

ARCHIVES = (".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".tar", ".zip")
MANIFEST = "submission.json"
FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}\.(cpp|h|py)")
LARGEST_FILE = 1 << 20
LARGEST_SUM = 16 << 20
LARGEST_ARCHIVE = 64 << 20
MOST_ENTRIES = 20_000
OPENING, MEMORY = 10, 1 << 30  # seconds and bytes that opening an archive may take
TOO_MUCH = "the archive takes more time or memory to open than any honest one"
PASSED_OVER = {".git", ".tito", "build", "__pycache__", "node_modules", ".venv", "venv", "__MACOSX"}

Files = dict[str, dict[str, bytes]]  # by unit and name


class Refused(Exception):
    """A submission that is not opened; the message is a sentence."""

    def __init__(self, message: str) -> None:
        super().__init__(plain(message))


def plain(line: str) -> str:
    """Without what a terminal would obey, and not longer than anyone reads."""
    return "".join(
        c if c.isprintable() or c in "\t " else "\N{REPLACEMENT CHARACTER}" for c in line[:500]
    )


@dataclass(frozen=True)
class Submission:
    """One person's work."""

    name: str
    path: Path
    arrived: float  # when the file was last changed, in seconds since 1970


@dataclass(frozen=True)
class Contents:
    """The files that are graded, and what is to be said about them."""

    files: Files = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def fingerprint(self, unit: str) -> str:
        """The same for the same files, however they came."""
        return fingerprint(self.files.get(unit, {}))


def fingerprint(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()


# --- which there are ---


def find(paths: Iterable[Path], skip: Iterable[Path] = ()) -> list[Submission]:
    """The submissions at these paths, in their order.  Raises WorkspaceError."""
    out = {path.resolve() for path in skip}
    found: dict[str, Submission] = {}
    for path in paths:
        for one in _at(path, out):
            if one.name in found and found[one.name].path != one.path:
                raise WorkspaceError(
                    f"two submissions are called {one.name}: {found[one.name].path}, {one.path}"
                )
            found[one.name] = one
    return list(found.values())


def _at(path: Path, out: set[Path]) -> list[Submission]:
    if not path.exists():
        raise WorkspaceError(f"there is no {path}")
    if path.is_file():
        if not is_archive(path):
            raise WorkspaceError(
                f"{path} is not a submission: expected a workspace, a folder of them, or an "
                f"archive ({', '.join(ARCHIVES)})"
            )
        return [_submission(path)]
    if is_submission(path):
        return [_submission(path)]
    inside = [
        child
        for child in sorted(path.iterdir())
        if child.resolve() not in out
        and not child.name.startswith(".")
        and (child.is_dir() or is_archive(child))
    ]
    if not inside:
        raise WorkspaceError(f"{path} holds no submissions: no modules/, no folders, no archives")
    return [_submission(child) for child in inside]


def is_archive(path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith(ARCHIVES)


def is_submission(folder: Path) -> bool:
    """Whether the folder is one person's: it holds modules/, a unit's folder, or a unit's files."""
    return (
        (folder / "modules").is_dir()
        or any(
            (folder / unit).is_dir() or (folder / f"{unit}.h").is_file()
            for unit in curriculum.load().units
        )
        or any(folder.glob("*.cpp"))
    )


def _submission(path: Path) -> Submission:
    resolved = path.resolve()
    name = resolved.name
    if path.is_file():
        ending = next(end for end in ARCHIVES if name.lower().endswith(end))
        name = name[: -len(ending)]
    safe = re.sub(r"[^\w.@+-]", "_", name).lstrip(".") or "_"
    return Submission(safe[:100], resolved, resolved.stat().st_mtime)


# --- what is in one ---


def read(path: Path, course: Course, only: str | None = None) -> Contents:
    """The units' files in a submission.  Raises Refused.

    Where nothing says which unit a file belongs to, its name does, or `only`.
    """
    entries = _folder(path) if path.is_dir() else _archive(path)
    found: dict[PurePosixPath, bytes] = {}
    total = 0
    for name, content in entries:
        total += len(content)
        if total > LARGEST_SUM:
            raise Refused(f"its source files are larger than {LARGEST_SUM >> 20} MB together")
        found[name] = content
    return _sorted(found, course, only)


def read_apart(path: Path, course: Course, only: str | None = None) -> Contents:
    """The same, an archive's in a process of its own: some need more than there is to be opened."""
    if path.is_dir():
        return read(path, course, only)
    ours, theirs = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy's threads have nothing to do
        child = os.fork()
    if child == 0:
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (OPENING, OPENING))
            with suppress(ValueError, OSError):  # macOS knows no limit on memory
                most = _data() + MEMORY
                resource.setrlimit(resource.RLIMIT_DATA, (most, most))
            try:
                told: Contents | str = read(path, course, only)
            except Refused as error:
                told = str(error)
            except MemoryError:
                told = TOO_MUCH
            with open(theirs, "wb") as file:
                pickle.dump(told, file)
        finally:
            os._exit(0)
    os.close(theirs)
    try:
        with open(ours, "rb") as file:
            found = pickle.load(file)  # of our own making
    except (EOFError, pickle.UnpicklingError):
        raise Refused(TOO_MUCH) from None
    finally:
        os.waitpid(child, 0)
    if isinstance(found, str):
        raise Refused(found)
    contents: Contents = found
    return contents


def _data() -> int:
    """Bytes that this process has for its data."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[5]
    return int(pages) * resource.getpagesize()


def _sorted(found: Mapping[PurePosixPath, bytes], course: Course, only: str | None) -> Contents:
    units = curriculum.load().units
    files: Files = {}
    notes: list[str] = []
    taught = {
        name: unit for unit in units for name in _names(course, unit) if not name.startswith("__")
    }
    depth: dict[tuple[str, str], int] = {}
    for path, content in sorted(found.items()):
        parts = path.parts
        unit = parts[-2] if len(parts) > 1 and parts[-2] in units else None
        if unit is None and len(parts) <= 2 and "modules" not in parts:
            unit = only if only and path.name in _names(course, only) else taught.get(path.name)
        if unit is None or not _names(course, unit):
            continue
        own = _names(course, unit)
        if path.suffix == ".h" and path.name in own:
            continue  # a contract: the build uses the course's
        if path.suffix != ".h" and path.suffix not in {PurePosixPath(name).suffix for name in own}:
            continue  # a package of the library's that shares a unit's name
        if path.name not in own and not FILE.fullmatch(path.name):
            notes.append(plain(f"its name is not a plain one, so it is passed over: {path}"))
            continue
        at = depth.get((unit, path.name))
        if at is not None and at <= len(parts):
            continue  # the one nearest to the top
        depth[unit, path.name] = len(parts)
        files.setdefault(unit, {})[path.name] = content
    manifest = next((c for p, c in found.items() if p.name == MANIFEST), None)
    if manifest is not None:
        notes += _changed_since(manifest, files)
    return Contents(files, tuple(notes))


def _names(course: Course, unit: str) -> frozenset[str]:
    key = (course, unit)
    if key not in _known:
        try:
            _known[key] = frozenset(course.files(unit))
        except WorkspaceError:
            _known[key] = frozenset()
    return _known[key]


_known: dict[tuple[Course, str], frozenset[str]] = {}


def _changed_since(manifest: bytes, files: Files) -> list[str]:
    """Files that are not what `tito submit` packed."""
    try:
        listed = json.loads(manifest)["modules"]
        pairs = {
            (str(unit), str(name)): digest
            for unit, names in listed.items()
            for name, digest in names.items()
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return [f"{MANIFEST} is not what tito submit writes"]
    return [
        f"{unit}/{name} was changed after `tito submit`"
        for unit, names in files.items()
        for name, content in names.items()
        if pairs.get((unit, name), "") != hashlib.sha256(content).hexdigest()
    ]


def _is_wanted(path: PurePosixPath) -> bool:
    return (
        path.suffix in (*tasks.SOURCES, ".h") or path.name == MANIFEST
    ) and not PASSED_OVER.intersection(path.parts[:-1])


def _folder(root: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    count = 0
    for place, folders, names in os.walk(root):
        folders[:] = sorted(set(folders) - PASSED_OVER)
        depth = len(Path(place).relative_to(root).parts)
        if depth > 6:
            folders.clear()
        for folder in folders:
            if (Path(place) / folder).is_symlink() and folder in curriculum.load().units:
                raise Refused(f"{folder} is a link; a submission holds files")
        for name in sorted(names):
            count += 1
            if count > MOST_ENTRIES:
                raise Refused(f"it holds more than {MOST_ENTRIES} files")
            path = Path(place) / name
            relative = PurePosixPath(path.relative_to(root).as_posix())
            if _is_wanted(relative):
                yield relative, _content(path, relative)


def _content(path: Path, relative: PurePosixPath) -> bytes:
    """Of a plain file: neither a link nor anything that never ends."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Refused(f"{relative} cannot be read: {error.strerror}; is it a link?") from None
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Refused(f"{relative} is no plain file")
        return _limited(file, relative)


def _limited(file: IO[bytes], name: PurePosixPath) -> bytes:
    content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise Refused(f"{name} is larger than {LARGEST_FILE >> 20} MB")
    return content


def _archive(path: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    if path.stat().st_size > LARGEST_ARCHIVE:
        raise Refused(f"the archive is larger than {LARGEST_ARCHIVE >> 20} MB")
    try:
        yield from (_zip if path.name.lower().endswith(".zip") else _tar)(path)
    except Refused:
        raise
    except (
        zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError,
        ValueError, NotImplementedError, RuntimeError, OverflowError, IndexError,
    ) as error:  # fmt: skip
        raise Refused(f"the archive cannot be read: {error}") from None


def _safe(name: str) -> PurePosixPath:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or "\0" in name:
        raise Refused(f"the archive holds a path that leads out of it: {name[:200]!r}")
    return path


def _zip(path: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if len(entries) > MOST_ENTRIES:
            raise Refused(f"the archive holds more than {MOST_ENTRIES} files")
        for entry in entries:
            name = _safe(entry.filename)
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise Refused(f"the archive holds something else than files: {name}")
            if entry.is_dir() or not _is_wanted(name):
                continue
            if entry.file_size > LARGEST_FILE:
                raise Refused(f"{name} is larger than {LARGEST_FILE >> 20} MB")
            with archive.open(entry) as file:
                yield name, _limited(file, name)


def _tar(path: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    with open(path, "rb") as raw:
        opened = _opened(raw, path.name.lower())
        with tarfile.open(fileobj=_Capped(opened), mode="r|") as archive:
            for count, entry in enumerate(archive):
                if count >= MOST_ENTRIES:
                    raise Refused(f"the archive holds more than {MOST_ENTRIES} files")
                name = _safe(entry.name)
                if entry.issym() or entry.islnk():
                    raise Refused(f"the archive holds a link: {name}")
                if not (entry.isreg() or entry.isdir()):
                    raise Refused(f"the archive holds something else than files: {name}")
                file = archive.extractfile(entry) if _is_wanted(name) else None
                if file is not None:
                    yield name, _limited(file, name)


def _opened(raw: io.BufferedReader, name: str) -> io.BufferedIOBase | io.BufferedReader:
    import bz2
    import gzip

    magic = raw.peek(6)
    if magic.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=raw)
    if magic.startswith(b"\xfd7zXZ"):
        return lzma.LZMAFile(raw)
    if magic.startswith(b"BZh"):
        return bz2.BZ2File(raw)
    return raw


class _Capped(io.RawIOBase):
    """A stream that is refused when more comes out of it than any honest archive holds."""

    def __init__(self, inner: io.BufferedIOBase | io.BufferedReader) -> None:
        self._inner, self._left = inner, 4 * LARGEST_ARCHIVE

    def read(self, size: int = -1) -> bytes:
        data = self._inner.read(size if size >= 0 else self._left + 1)
        self._left -= len(data)
        if self._left < 0:
            raise Refused(f"the archive unpacks to more than {4 * LARGEST_ARCHIVE >> 20} MB")
        return data
