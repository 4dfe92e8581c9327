"""save and load: nested dicts, lists and tuples of tensors, numbers and strings in one file.

A file is a zip archive of two entries, stored without compression: structure.json, the nesting, in
which a tensor is a number, and tensors.safetensors, the tensors by that number. Loading builds
nothing but the types listed here: no code of the file's ever runs.
"""

import json
import math
import os
import struct
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from os import PathLike
from typing import IO, Any

from tinytorch import safetensors
from tinytorch._C import Tensor
from tinytorch._grad_mode import HAS_AUTOGRAD, detached

_FORMAT = "tinytorch 1"
_STRUCTURE = "structure.json"
_TENSORS = "tensors.safetensors"
# What zipfile, json and the checks here raise for bytes that save did not write.
_BROKEN = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    ValueError,
    TypeError,
    EOFError,
    OSError,
    struct.error,
)
# The mappings that keep their type, by the name they have in a file.
_MAPPINGS: dict[str, Callable[[dict[Any, Any]], Any]] = {
    "dict": dict,
    "ordered_dict": OrderedDict,
    "counter": Counter,
}


def save(obj: Any, f: str | PathLike[str] | IO[bytes]) -> None:
    """Writes obj to a path or an open binary file; on a path, all of it or nothing.

    obj: tensors, numbers, strings, bytes, None, and dicts, lists and tuples of these, nested. A
    tensor that occurs twice is stored once, and is one tensor again when loaded.
    Raises TypeError that names the place of anything else, ValueError for what contains itself.
    Source: torch.save
    """
    writer = _Writer()
    try:
        structure = {"format": _FORMAT, "object": writer.encode(obj, "obj")}
        text = json.dumps(structure, separators=(",", ":")).encode()
    except RecursionError:
        raise ValueError("save: expected less nesting") from None
    if isinstance(f, (str, PathLike)):
        with safetensors.replacing(f) as file:
            _write_archive(file, text, writer.tensors)
    else:
        _write_archive(f, text, writer.tensors)


def load(
    f: str | PathLike[str] | IO[bytes],
    map_location: Any = None,
    *,
    weights_only: bool = True,
    mmap: bool | None = None,
) -> Any:
    """Reads what `save` wrote.

    map_location, weights_only, mmap: accepted; memory is the CPU's, and nothing else is ever read.
    Raises RuntimeError that names the file and the rule it breaks.  Source: torch.load
    """
    if isinstance(f, (str, PathLike)):
        with open(f, "rb") as file:
            return _load(file, os.fspath(f))
    return _load(f, getattr(f, "name", "file"))


def _load(file: IO[bytes], name: Any) -> Any:
    try:
        with zipfile.ZipFile(file) as archive:
            with _open_entry(archive, _STRUCTURE) as entry:
                text = entry.read()
            with _open_entry(archive, _TENSORS) as entry:
                size = archive.getinfo(_TENSORS).file_size
                tensors = safetensors.read(entry, size, _TENSORS)
        structure = json.loads(text.decode())
        if not isinstance(structure, dict) or structure.get("format") != _FORMAT:
            raise ValueError(f"expected the format {_FORMAT!r} in {_STRUCTURE}")
        return _Reader(tensors).decode(structure.get("object"))
    except RecursionError:
        raise RuntimeError(f"load: {name}: expected a file that save wrote: too deep") from None
    except _BROKEN as error:
        raise RuntimeError(f"load: {name}: expected a file that save wrote: {error}") from None


def _write_archive(file: IO[bytes], text: bytes, tensors: dict[str, Any]) -> None:
    # A fixed date, so that equal objects give equal files.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(_STRUCTURE), text)
        with archive.open(zipfile.ZipInfo(_TENSORS), "w", force_zip64=True) as entry:
            safetensors.write(tensors, entry)


def _open_entry(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    """One entry; it must be stored plainly, so that it cannot be larger than the file."""
    if name not in archive.namelist():
        if any(entry.endswith("data.pkl") for entry in archive.namelist()):
            raise ValueError("this one holds a Python pickle, which PyTorch wrote")
        raise ValueError(f"there is no {name} in it")
    info = archive.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
        raise ValueError(f"{name} is compressed")
    if info.header_offset + info.file_size > archive.start_dir:
        raise ValueError(f"{name} is longer than the file")
    return archive.open(info)


class _Writer:
    """Turns an object into JSON and a dictionary of the tensors met on the way."""

    def __init__(self) -> None:
        self.tensors: dict[str, Any] = {}
        self._names: dict[Any, str] = {}
        self._open: set[int] = set()

    def encode(self, value: Any, path: str) -> Any:
        """What JSON has, finite floats among it, as itself; the rest as [kind, content]."""
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, int):
            return int(value)
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else ["float", str(float(value))]
        if isinstance(value, bytes):
            return ["bytes", value.hex()]
        if isinstance(value, Tensor):
            return ["tensor", self._name_of(value), bool(getattr(value, "requires_grad", False))]
        if not isinstance(value, (Mapping, list, tuple)):
            raise TypeError(
                f"save: expected tensors, numbers, strings, dicts, lists and tuples, "
                f"got {type(value).__name__} at {path}"
            )
        if id(value) in self._open:
            raise ValueError(f"save: {path} contains itself")
        self._open.add(id(value))
        encoded = self._encode_nested(value, path)
        self._open.discard(id(value))
        return encoded

    def _encode_nested(self, value: Any, path: str) -> list[Any]:
        if isinstance(value, Mapping):
            kind = next((name for name, type_ in _MAPPINGS.items() if type(value) is type_), "dict")
            entries = [
                [self.encode(key, f"{path}, key {key!r}"), self.encode(entry, f"{path}[{key!r}]")]
                for key, entry in value.items()
            ]
            return [kind, entries]
        kind = "list" if isinstance(value, list) else "tuple"
        return [kind, [self.encode(entry, f"{path}[{i}]") for i, entry in enumerate(value)]]

    def _name_of(self, tensor: Any) -> str:
        memory = detached(tensor)
        key: tuple[Any, ...] = (
            memory.data_ptr(),
            tuple(memory.shape),
            memory.stride(),
            str(memory.dtype),
        )
        if memory.numel() == 0:
            key = (id(tensor),)
        name = self._names.setdefault(key, str(len(self._names)))
        self.tensors[name] = memory
        return name


class _Reader:
    """Turns JSON back into the object, with its tensors."""

    def __init__(self, tensors: dict[str, Any]) -> None:
        self._tensors = tensors

    def decode(self, value: Any) -> Any:
        if not isinstance(value, list):
            if isinstance(value, dict):
                raise ValueError(f"expected [kind, content] in {_STRUCTURE}, got an object")
            return value
        if len(value) < 2 or not isinstance(value[0], str):
            raise ValueError(f"expected [kind, content] in {_STRUCTURE}, got {value!r:.60}")
        kind, content = value[0], value[1]
        if kind == "tensor" and isinstance(content, str) and len(value) == 3:
            return self._tensor(content, value[2])
        if kind == "float" and isinstance(content, str):
            return float(content)
        if kind == "bytes" and isinstance(content, str):
            return bytes.fromhex(content)
        if kind in ("list", "tuple") and isinstance(content, list):
            entries = [self.decode(entry) for entry in content]
            return entries if kind == "list" else tuple(entries)
        if kind in _MAPPINGS and isinstance(content, list):
            return _MAPPINGS[kind](dict(self._pair(pair) for pair in content))
        raise ValueError(f"expected a known kind in {_STRUCTURE}, got {kind!r:.60}")

    def _pair(self, pair: Any) -> tuple[Any, Any]:
        if not isinstance(pair, list) or len(pair) != 2:
            raise ValueError(f"expected [key, value] in {_STRUCTURE}, got {pair!r:.60}")
        key = self.decode(pair[0])
        if not isinstance(key, (str, int, float, bool, bytes, tuple, type(None))):
            raise ValueError(f"expected a key of a dict, got {type(key).__name__}")
        return key, self.decode(pair[1])

    def _tensor(self, name: str, requires_grad: Any) -> Any:
        if name not in self._tensors:
            raise ValueError(f"there is no tensor {name!r} in {_TENSORS}")
        tensor = self._tensors[name]
        if requires_grad is True and HAS_AUTOGRAD:
            tensor.requires_grad_()
        return tensor
