"""The containers of PyTorch's `.pt` files: a zip archive; before version 1.6, a row of pickles.

In both, one pickle holds the object, with a number in the place of each storage, and the storages'
bytes lie apart: as entries data/0, data/1 ... of the archive, or behind the pickles.
"""

import io
import os
import pickle
import struct
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, ClassVar

import numpy as np

from tinytorch import _C, _creation, _dtype
from tinytorch._device import device
from tinytorch._grad_mode import detached
from tinytorch._pt_globals import STORAGE_NAMES, Storage, StorageType
from tinytorch._size import Size

Tensor = _C.Tensor
Unpickle = Callable[[IO[bytes], Callable[[Any], Any] | None], Any]
Relocate = Callable[[Any, str], Any]

_ROOT = "archive"  # the folder that everything lies in
_ALIGNMENT = 64
_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_PROTOCOL = 1001


class Broken(Exception):
    """A rule of the format that a file breaks."""


def check(holds: Any, rule: str) -> None:
    if not holds:
        raise Broken(rule)


# --- the pickle ---------------------------------------------------------------------------------


class _Global:
    """Something of PyTorch's, written as its name; it need not exist here."""

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name

    def __call__(self) -> None:
        raise AssertionError("a name in a file")


_REBUILD_TENSOR = _Global("torch._utils", "_rebuild_tensor_v2")
_REBUILD_PARAMETER = _Global("torch._utils", "_rebuild_parameter")
_REBUILD_PARAMETER_WITH_STATE = _Global("torch._utils", "_rebuild_parameter_with_state")
_REBUILD_FROM_TYPE = _Global("torch._tensor", "_rebuild_from_type_v2")
_TENSOR, _SIZE, _DEVICE = (_Global("torch", name) for name in ("Tensor", "Size", "device"))
_DTYPES = {dtype: _Global("torch", str(dtype).removeprefix("torch.")) for dtype in _dtype.ALL}
_STORAGES = {dtype: _Global("torch", name) for dtype, name in STORAGE_NAMES.items()}


class _Reference:
    """A storage in a pickle: it becomes a persistent id."""

    def __init__(self, key: str, dtype: _dtype.dtype, data: Any) -> None:
        self.key = key
        self.dtype = dtype
        self.data = data


class Pickler(pickle._Pickler):
    """Writes tensors as PyTorch does, and collects their storages."""

    dispatch: ClassVar[dict[Any, Any]] = dict(pickle._Pickler.dispatch)

    def __init__(self, file: IO[bytes], protocol: int, legacy: bool) -> None:
        super().__init__(file, protocol)
        self.storages: dict[int, _Reference] = {}
        self._legacy = legacy

    def _save_torch_global(self, value: _Global) -> None:
        self.write(  # type: ignore[attr-defined]
            pickle.GLOBAL + f"{value.module}\n{value.name}\n".encode()
        )
        self.memoize(value)  # type: ignore[attr-defined]

    dispatch[_Global] = _save_torch_global

    def persistent_id(self, value: Any) -> Any:
        if not isinstance(value, _Reference):
            return None
        count = value.data.numel() // value.dtype.itemsize
        identity = ("storage", _STORAGES[value.dtype], value.key, "cpu", count)
        return (*identity, None) if self._legacy else identity

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            return self._reduce_tensor(value)
        if isinstance(value, _dtype.dtype):
            return _constant, (_DTYPES[value],)
        if isinstance(value, Size):
            return _SIZE, (tuple(value),)
        if isinstance(value, device):
            place = (value.type,) if value.index is None else (value.type, value.index)
            return _DEVICE, place
        return NotImplemented

    def save_reduce(self, func: Any, args: Any, *rest: Any, **names: Any) -> None:
        if func is _constant:
            self.save(args[0])  # type: ignore[attr-defined]
        else:
            super().save_reduce(func, args, *rest, **names)  # type: ignore[misc]

    def _reduce_tensor(self, x: Any) -> Any:
        requires_grad = bool(getattr(x, "requires_grad", False))
        hooks: OrderedDict[str, Any] = OrderedDict()  # PyTorch's place for what cannot be saved
        attributes = dict(vars(x)) if hasattr(x, "__dict__") else {}
        if type(x) is not Tensor:
            from tinytorch.nn.parameter import Parameter

            if type(x) is not Parameter:
                return NotImplemented  # pickled by the class's own rules
            data = detached(x)
            if attributes:
                return _REBUILD_PARAMETER_WITH_STATE, (data, requires_grad, hooks, attributes)
            return _REBUILD_PARAMETER, (data, requires_grad, hooks)
        place = (self._storage_of(x), x.storage_offset(), tuple(x.shape), tuple(x.stride()))
        plain = (*place, requires_grad, hooks)
        if attributes:
            return _REBUILD_FROM_TYPE, (_REBUILD_TENSOR, _TENSOR, plain, attributes)
        return _REBUILD_TENSOR, plain

    def _storage_of(self, x: Any) -> _Reference:
        x = detached(x)
        found = self.storages.get(_C._storage_id(x))
        if found is None:
            found = _Reference(str(len(self.storages)), x.dtype, _C._storage(x))
            self.storages[_C._storage_id(x)] = found
        if found.dtype is not x.dtype:
            raise RuntimeError(
                "save: tensors that view the same memory as different dtypes, "
                f"{found.dtype} and {x.dtype}, cannot be saved together"
            )
        return found


def _constant() -> None:
    raise AssertionError("stands for a value that is written as itself")


# --- writing ------------------------------------------------------------------------------------


def write_archive(value: Any, file: IO[bytes], protocol: int) -> None:
    """The zip archive that PyTorch has written since version 1.6."""
    text = io.BytesIO()
    pickler = Pickler(text, protocol, legacy=False)
    pickler.dump(value)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        _write_entry(archive, "data.pkl", text.getbuffer())
        _write_entry(archive, ".format_version", b"1")
        _write_entry(archive, ".storage_alignment", b"64")
        _write_entry(archive, "byteorder", sys.byteorder.encode())
        for reference in pickler.storages.values():
            _write_entry(archive, f"data/{reference.key}", reference.data.numpy().data)
        _write_entry(archive, "version", b"3\n")


def _write_entry(archive: zipfile.ZipFile, name: str, data: Any) -> None:
    """One entry, its bytes at a multiple of 64 of the file, so that they can be mapped."""
    entry = zipfile.ZipInfo(f"{_ROOT}/{name}")  # of a fixed date: equal objects give equal files
    data = memoryview(data)
    entry.file_size = data.nbytes
    zip64 = data.nbytes > zipfile.ZIP64_LIMIT
    header = 30 + len(entry.filename) + (20 if zip64 else 0)
    start = (archive.fp.tell() if archive.fp else 0) + header + 4
    entry.extra = b"FB" + struct.pack("<H", -start % _ALIGNMENT) + b"Z" * (-start % _ALIGNMENT)
    with archive.open(entry, "w", force_zip64=zip64) as out:
        if data.nbytes:
            out.write(data.cast("B"))


def write_legacy(value: Any, file: IO[bytes], protocol: int) -> None:
    """What PyTorch wrote before version 1.6, and still does when asked."""
    system = {"protocol_version": _LEGACY_PROTOCOL, "little_endian": sys.byteorder == "little"}
    system["type_sizes"] = {"short": 2, "int": 4, "long": 4}  # type: ignore[assignment]
    for part in (_MAGIC, _LEGACY_PROTOCOL, system):
        pickle.dump(part, file, protocol)
    pickler = Pickler(file, protocol, legacy=True)
    pickler.dump(value)
    references = sorted(pickler.storages.values(), key=lambda reference: reference.key)
    pickle.dump([reference.key for reference in references], file, protocol)
    for reference in references:
        count = reference.data.numel() // reference.dtype.itemsize
        file.write(struct.pack("<q", count))
        file.write(reference.data.numpy().data)


# --- reading ------------------------------------------------------------------------------------


def _identity(pid: Any, length: int) -> tuple[_dtype.dtype, str, str, int]:
    """dtype, key, location and number of elements of a persistent id."""
    check(
        isinstance(pid, tuple) and len(pid) == length and pid[0] == "storage", "expected a storage"
    )
    kind, key, location, count = pid[1:5]
    check(isinstance(kind, StorageType), "expected a storage class")
    check(isinstance(key, str) and isinstance(location, str), "expected a storage's key and place")
    check(type(count) is int and 0 <= count < 1 << 62, "expected a storage's size")
    return kind.dtype, key, location, count


def read_archive(file: IO[bytes], path: Any, unpickle: Unpickle, relocate: Relocate) -> Any:
    """The object in a zip archive.  path: of the file when its storages shall be mapped, else None.

    relocate: (bytes, location) -> bytes.
    """
    with _zip_errors():
        archive = zipfile.ZipFile(file)
    with archive:
        entries = {info.filename: info for info in archive.infolist()}
        pickles = [name for name in entries if name.endswith("/data.pkl") and name.count("/") == 1]
        check(len(pickles) == 1, "there is no data.pkl in it that tells what the object is")
        root = pickles[0].removesuffix("data.pkl")
        # Together the entries are no larger than the file, whatever each of them says.
        check(
            sum(info.file_size for info in entries.values()) <= archive.start_dir,
            "its entries are longer than the file",
        )
        order = _read_entry(archive, entries, f"{root}byteorder", b"little")
        check(order.tobytes().decode() == sys.byteorder, "expected this machine's byte order")
        storages: dict[str, Storage] = {}

        def load(pid: Any) -> Storage:
            dtype, key, location, count = _identity(pid, 5)
            if key not in storages:
                name = f"{root}data/{key}"
                check(name in entries, f"there is no storage {key!r:.60}")
                held = entries[name].file_size
                check(
                    held == count * dtype.itemsize,
                    f"storage {key!r:.60}: expected {count} elements of {dtype}, got {held} bytes",
                )
                data = None if path is None else _mapped(path, file, entries[name])
                if data is None:
                    data = _read_entry(archive, entries, name)
                storages[key] = Storage(relocate(_creation.from_numpy(data), location), dtype)
            check(storages[key].dtype is dtype, f"storage {key!r:.60} has two dtypes")
            return storages[key]

        text = _read_entry(archive, entries, pickles[0])
        return unpickle(io.BytesIO(text.tobytes()), load)


@contextmanager
def _zip_errors() -> Iterator[None]:
    """What zipfile raises for damaged archives, as what it means."""
    try:
        yield
    except (zipfile.BadZipFile, ValueError, RuntimeError, OSError, LookupError) as error:
        raise Broken(str(error)) from None


def _read_entry(
    archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], name: str, absent: bytes = b""
) -> np.ndarray[Any, Any]:
    """One entry's bytes; it must be stored plainly, so that it cannot be larger than the file."""
    if name not in entries:
        return np.frombuffer(absent, np.uint8)
    info = entries[name]
    check(
        info.compress_type == zipfile.ZIP_STORED and info.file_size == info.compress_size,
        f"{name!r:.60} is compressed",
    )
    data = np.empty(info.file_size, np.uint8)
    with _zip_errors(), archive.open(info) as entry:
        _fill(entry, data)
        check(not entry.read(1), f"{name!r:.60} is longer than it says")
    return data


def _fill(file: Any, data: np.ndarray[Any, Any]) -> None:
    filled = 0
    while filled < data.size:
        part = file.readinto(data.data[filled : filled + (1 << 26)])
        check(part, f"expected {data.size - filled} more bytes, got none")
        filled += part


def _mapped(path: Any, file: IO[bytes], info: zipfile.ZipInfo) -> np.ndarray[Any, Any] | None:
    """The entry's bytes in the file itself, copied when written to."""
    file.seek(info.header_offset)
    header = file.read(30)
    check(len(header) == 30 and header[:4] == b"PK\3\4", "an entry without a header")
    name, extra = struct.unpack("<HH", header[26:])
    start = info.header_offset + 30 + name + extra
    size = file.seek(0, os.SEEK_END)
    check(
        info.compress_type == zipfile.ZIP_STORED and start + info.file_size <= size,
        "an entry is longer than the file",
    )
    if start % _ALIGNMENT or not info.file_size:
        return None
    return np.memmap(path, np.uint8, "c", start, (info.file_size,)).view(np.ndarray)


def read_legacy(file: IO[bytes], unpickle: Unpickle, relocate: Relocate) -> Any:
    """The object in a row of pickles."""
    start = file.tell()
    available = file.seek(0, os.SEEK_END) - start
    file.seek(start)
    check(unpickle(file, None) == _MAGIC, "expected a file that torch.save wrote")
    check(unpickle(file, None) == _LEGACY_PROTOCOL, "expected protocol 1001")
    system = unpickle(file, None)
    check(
        isinstance(system, dict) and system.get("little_endian") is (sys.byteorder == "little"),
        "expected this machine's byte order",
    )
    storages: dict[str, Storage] = {}
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    left = available

    def load(pid: Any) -> Storage:
        nonlocal left
        dtype, key, location, count = _identity(pid, 6)
        check(pid[5] is None, "views of storages are not supported")
        if key not in storages:
            left -= count * dtype.itemsize
            check(left >= 0, "its storages are longer than the file")
            arrays[key] = np.empty(count * dtype.itemsize, np.uint8)
            storages[key] = Storage(relocate(_creation.from_numpy(arrays[key]), location), dtype)
        check(storages[key].dtype is dtype, f"storage {key!r:.60} has two dtypes")
        return storages[key]

    value = unpickle(file, load)
    keys = unpickle(file, None)
    check(
        isinstance(keys, list) and all(isinstance(key, str) for key in keys),
        "expected a list of storages",
    )
    check(set(keys) == set(arrays) and len(keys) == len(arrays), "expected every storage once")
    for key in keys:
        count = int.from_bytes(file.read(8), "little", signed=True)
        size = count * storages[key].dtype.itemsize
        check(size == arrays[key].size, f"storage {key!r:.60} has another size than it says")
        _fill(file, arrays[key])
    return value
