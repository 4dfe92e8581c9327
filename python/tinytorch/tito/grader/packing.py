"""`tito submit`: a workspace's modules in one archive, the same bytes for the same files.

submission.json                    versions, and the hash of every file
modules/<module>/<file>
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping

import tinytorch
from tinytorch.tito.grader.intake import FILE, LARGEST_FILE, MANIFEST, Files
from tinytorch.tito.workspace import Workspace, WorkspaceError

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can tell


def collect(place: Workspace, units: list[str]) -> Files:
    """What is handed in: a module's sources, and headers that are not the course's.

    Raises WorkspaceError for what a grader would refuse.
    """
    files: Files = {}
    for unit in units:
        folder = place.require(unit)
        stubs = place.course.files(unit)
        for path in sorted(folder.iterdir()):
            if not FILE.fullmatch(path.name) or (path.suffix == ".h" and path.name in stubs):
                continue
            if path.is_symlink() or not path.is_file():
                raise WorkspaceError(f"{path} is no plain file; a submission holds files")
            content = path.read_bytes()
            if len(content) > LARGEST_FILE:
                raise WorkspaceError(f"{path} is larger than {LARGEST_FILE >> 20} MB")
            files.setdefault(unit, {})[path.name] = content
        missing = {name for name in stubs if not name.endswith(".h")} - files.get(unit, {}).keys()
        if missing:
            raise WorkspaceError(
                f"{folder / min(missing)} is missing; tito start {unit} writes it again"
            )
    return files


def pack(files: Files) -> bytes:
    """The archive.  Stored and not compressed: zlib's bytes differ between its versions."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, MANIFEST, json.dumps(manifest(files), indent=1).encode() + b"\n")
        for unit, named in files.items():
            for name, content in sorted(named.items()):
                _add(archive, f"modules/{unit}/{name}", content)
    return buffer.getvalue()


def manifest(files: Files) -> Mapping[str, object]:
    hashes = {
        unit: {name: hashlib.sha256(content).hexdigest() for name, content in sorted(named.items())}
        for unit, named in files.items()
    }
    return {"format": 1, "tinytorch": tinytorch.__version__, "modules": hashes}


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.create_system = 3  # Unix, wherever it is written
    entry.external_attr = 0o100644 << 16
    archive.writestr(entry, content)
