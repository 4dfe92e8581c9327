"""safetensors files: named tensors, with nothing in them that could run.

A file is 8 bytes with the length of a header, the header, and the tensors' memory end to end. The
header is JSON: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, ...}.
What is written here is byte for byte what the safetensors library writes; what is read is not
trusted.
"""

import json
import math
import os
import secrets
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from typing import IO, Any

import numpy as np

from tinytorch import _C, _creation, _dtype
from tinytorch._C import Tensor
from tinytorch._device import check_cpu
from tinytorch._grad_mode import detached

# In the order in which tensors are laid out: the widest first, so that each begins aligned.
_DTYPES: dict[str, _dtype.dtype] = {
    "I64": _dtype.int64,
    "F64": _dtype.float64,
    "F32": _dtype.float32,
    "I32": _dtype.int32,
    "BF16": _dtype.bfloat16,
    "F16": _dtype.float16,
    "I16": _dtype.int16,
    "I8": _dtype.int8,
    "U8": _dtype.uint8,
    "BOOL": _dtype.bool,
}
_CODES = {dtype: code for code, dtype in _DTYPES.items()}
_LENGTH_BYTES = 8
_LONGEST_HEADER = 100_000_000


class SafetensorError(ValueError):
    """A file that is not what it says, or a name that is not in it.

    Source: safetensors.SafetensorError
    """


class _Invalid(Exception):
    """A rule of the format that a file breaks."""


def save_file(
    tensors: Mapping[str, Any],
    filename: str | PathLike[str],
    metadata: dict[str, str] | None = None,
) -> None:
    """Writes named tensors to a file, and nothing at all if that fails midway.

    metadata: strings by name, stored in the header.
    Raises ValueError for values that are no tensors or not contiguous, RuntimeError for tensors
    that share memory.  Source: safetensors.torch.save_file
    """
    with replacing(filename) as file:
        write(tensors, file, metadata)


def save(tensors: Mapping[str, Any], metadata: dict[str, str] | None = None) -> bytes:
    """The same as bytes.  Source: safetensors.torch.save"""
    return b"".join(_pieces(tensors, metadata))


def write(
    tensors: Mapping[str, Any], file: IO[bytes], metadata: dict[str, str] | None = None
) -> None:
    """Writes named tensors to an open file."""
    for piece in _pieces(tensors, metadata):
        file.write(piece)


def load_file(filename: str | PathLike[str], device: Any = "cpu") -> dict[str, Any]:
    """The tensors of a file by name.

    Raises SafetensorError that names the file and the rule it breaks, FileNotFoundError for none.
    Source: safetensors.torch.load_file
    """
    check_cpu(device)
    with open(os.fspath(filename), "rb") as file:  # a number would be a descriptor
        return read(file, os.fstat(file.fileno()).st_size, os.fspath(filename))


def load(data: bytes) -> dict[str, Any]:
    """The tensors in bytes that `save` made.  Source: safetensors.torch.load"""
    import io

    return read(io.BytesIO(data), len(data), "bytes")


def read(file: IO[bytes], size: int, name: str) -> dict[str, Any]:
    """The tensors in the next `size` bytes of an open file; `name` is for the errors.

    Raises SafetensorError that names the file and the rule it breaks.
    """
    try:
        entries, _ = _read_header(file, size)
        order = sorted(entries, key=lambda name: entries[name][2:])
        tensors = {name: _read_tensor(file, name, entries[name]) for name in order}
        return {name: tensors[name] for name in entries}
    except _Invalid as error:
        raise SafetensorError(f"safetensors: {name}: {error}") from None


class safe_open:
    """An open file, of which each tensor is read when it is asked for.

    with safe_open("model.safetensors", framework="pt") as f: f.get_tensor("weight")
    Source: safetensors.safe_open
    """

    def __init__(
        self, filename: str | PathLike[str], framework: str = "pt", device: Any = "cpu"
    ) -> None:
        if framework not in ("pt", "torch", "pytorch"):
            raise SafetensorError(f"safe_open: framework {framework!r} is invalid")
        check_cpu(device)
        self._name = os.fspath(filename)
        self._file: IO[bytes] | None = open(self._name, "rb")  # noqa: SIM115
        size = os.fstat(self._file.fileno()).st_size
        try:
            self._entries, self._metadata = _read_header(self._file, size)
        except _Invalid as error:
            self._file.close()
            raise SafetensorError(f"safetensors: {self._name}: {error}") from None
        self._start = self._file.tell()

    def __enter__(self) -> "safe_open":
        return self

    def __exit__(self, *_: Any) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None

    def keys(self) -> list[str]:
        """The tensors' names, sorted."""
        return sorted(self._entries)

    def offset_keys(self) -> list[str]:
        """The tensors' names in the order of the file."""
        return sorted(self._entries, key=lambda name: (self._entries[name][2:], name))

    def metadata(self) -> dict[str, str] | None:
        """The strings that were stored beside the tensors."""
        return self._metadata

    def get_tensor(self, name: str) -> Any:
        """Reads one tensor."""
        entry = self._entry(name)
        if self._file is None:
            raise SafetensorError(f"safetensors: {self._name}: the file is closed")
        self._file.seek(self._start + entry[2])
        try:
            return _read_tensor(self._file, name, entry)
        except _Invalid as error:
            raise SafetensorError(f"safetensors: {self._name}: {error}") from None

    def get_tensors(self) -> dict[str, Any]:
        """Reads all of them, by name."""
        return {name: self.get_tensor(name) for name in self.offset_keys()}

    def get_slice(self, name: str) -> "Slice":
        """A tensor that is read, and cut, when it is indexed."""
        return Slice(self, name, self._entry(name))

    def _entry(self, name: str) -> "_Entry":
        if name not in self._entries:
            raise SafetensorError(f"safetensors: {self._name}: there is no tensor {name!r:.60}")
        return self._entries[name]


class Slice:
    """What `safe_open.get_slice` gives."""

    def __init__(self, file: safe_open, name: str, entry: "_Entry") -> None:
        self._file = file
        self._name = name
        self._dtype, self._shape = entry[:2]

    def get_shape(self) -> list[int]:
        return list(self._shape)

    def get_dtype(self) -> str:
        return self._dtype

    def __getitem__(self, index: Any) -> Any:
        return self._file.get_tensor(self._name)[index]


# --- writing ----------------------------------------------------------------------------------


def _pieces(tensors: Mapping[str, Any], metadata: dict[str, str] | None) -> Iterator[bytes]:
    if not isinstance(tensors, Mapping):
        raise ValueError(f"safetensors: expected a dict of tensors, got {type(tensors).__name__}")
    arrays = {name: _checked(name, tensor) for name, tensor in tensors.items()}
    _refuse_shared(arrays)
    ranks = list(_DTYPES)
    order = sorted(arrays, key=lambda name: (ranks.index(_CODES[arrays[name].dtype]), name))
    header: dict[str, Any] = {}
    if metadata is not None:
        for key, value in metadata.items():
            if not isinstance(key, str) or not isinstance(value, str):
                raise TypeError(
                    f"safetensors: expected metadata of strings, got {key!r}: {value!r}"
                )
        header["__metadata__"] = dict(sorted(metadata.items()))
    begin = 0
    for name in order:
        tensor = arrays[name]
        header[name] = {
            "dtype": _CODES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [begin, begin + tensor.nbytes],
        }
        begin += tensor.nbytes
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % _LENGTH_BYTES)
    yield len(text).to_bytes(_LENGTH_BYTES, "little")
    yield text
    for name in order:
        yield _bytes_of(arrays[name])


def _checked(name: Any, tensor: Any) -> Any:
    if not isinstance(name, str) or name == "__metadata__":
        raise TypeError(
            f"safetensors: expected a string other than __metadata__ as name, got {name!r}"
        )
    if not isinstance(tensor, Tensor):
        raise ValueError(
            f"safetensors: expected a tensor under {name!r}, got {type(tensor).__name__}"
        )
    if not tensor.is_contiguous():
        raise ValueError(
            f"safetensors: the tensor {name!r} is not contiguous; save tensor.contiguous(), or the "
            "whole of which it is a part"
        )
    return detached(tensor)


def shared_names(tensors: Mapping[str, Any]) -> list[set[str]]:
    """The names by the memory they share, as runs of overlapping tensors."""
    storages: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    for name, tensor in tensors.items():
        if tensor.numel():
            start = tensor.data_ptr()
            steps = zip(tensor.shape, tensor.stride(), strict=True)
            last = sum((size - 1) * step for size, step in steps)
            end = start + (last + 1) * tensor.itemsize
            storages[_C._storage_id(tensor)].append((start, end, name))
    groups: list[set[str]] = []
    for areas in storages.values():
        stop = -1
        for start, end, name in sorted(areas):
            if start >= stop:
                groups.append(set())
            groups[-1].add(name)
            stop = end
    return groups


def _refuse_shared(tensors: Mapping[str, Any]) -> None:
    shared = [sorted(group) for group in shared_names(tensors) if len(group) > 1]
    if shared:
        raise RuntimeError(
            f"safetensors: the tensors {shared} share memory, which a file cannot tell; "
            "use save_model, or save clones"
        )


def _bytes_of(tensor: Any) -> Any:
    memory = _C._storage(tensor).numpy()
    start = tensor.storage_offset() * tensor.itemsize
    data = memory[start : start + tensor.nbytes]
    return data.data if sys.byteorder == "little" else _swapped(data, tensor.itemsize).data


def _swapped(data: np.ndarray[Any, Any], size: int) -> np.ndarray[Any, Any]:
    return data.view(f"u{size}").byteswap().view(np.uint8)


@contextmanager
def replacing(filename: str | PathLike[str]) -> Iterator[IO[bytes]]:
    """A file that takes filename's place when all of it is on the disk, and is gone on an error."""
    path = os.path.realpath(filename)
    partial = f"{path}.{secrets.token_hex(4)}.partial"
    try:
        with open(partial, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        if os.path.exists(partial):
            os.unlink(partial)
        raise


# --- reading ----------------------------------------------------------------------------------


def _check(holds: bool, rule: str) -> None:
    if not holds:
        raise _Invalid(rule)


_Entry = tuple[str, list[int], int, int]


def _read_header(file: IO[bytes], size: int) -> tuple[dict[str, _Entry], dict[str, str] | None]:
    """The checked entries by name, and the metadata."""
    _check(size >= _LENGTH_BYTES, f"expected at least {_LENGTH_BYTES} bytes, got {size}")
    length = int.from_bytes(_read_exactly(file, _LENGTH_BYTES), "little")
    _check(
        length <= _LONGEST_HEADER,
        f"expected a header of at most {_LONGEST_HEADER} bytes, got {length}",
    )
    data_size = size - _LENGTH_BYTES - length
    _check(data_size >= 0, f"expected a header of {length} bytes, but the file ends before it does")
    text = _read_exactly(file, length)
    _check(text.startswith(b"{"), "expected a header that begins with {")
    try:
        header = json.loads(text.decode(), object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as error:
        raise _Invalid(f"expected a header of JSON in UTF-8: {error}") from None
    metadata = header.pop("__metadata__", None)
    _check(
        metadata is None
        or (isinstance(metadata, dict) and all(isinstance(v, str) for v in metadata.values())),
        "expected __metadata__ to hold strings",
    )
    entries = {name: _checked_entry(name, entry) for name, entry in header.items()}
    _check_places(entries, data_size)
    return entries, metadata


def _read_exactly(file: IO[bytes], count: int) -> bytes:
    data = file.read(count)
    _check(len(data) == count, f"expected {count} more bytes, got {len(data)}")
    return data


def _read_array(file: IO[bytes], count: int) -> np.ndarray[Any, Any]:
    """The next `count` bytes, in memory of their own."""
    data = np.empty(count, np.uint8)
    filled = 0
    while filled < count:
        got = file.readinto(data.data[filled:])  # type: ignore[attr-defined]
        _check(bool(got), f"expected {count - filled} more bytes, got none")
        filled += got
    return data


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice!r} occurs twice")
    return entries


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63


def _checked_entry(name: str, entry: Any) -> _Entry:
    """dtype, shape, begin and end of one tensor, in agreement with each other."""
    where = f"tensor {name!r}: "
    fields = {"dtype", "shape", "data_offsets"}
    _check(isinstance(entry, dict) and set(entry) == fields, f"{where}expected {sorted(fields)}")
    code, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    _check(
        isinstance(code, str) and code in _DTYPES,
        f"{where}expected a dtype in {list(_DTYPES)}, got {code!r}",
    )
    _check(
        isinstance(shape, list) and all(map(_is_size, shape)),
        f"{where}expected a shape of sizes >= 0, got {shape!r}",
    )
    _check(
        isinstance(offsets, list) and len(offsets) == 2 and all(map(_is_size, offsets)),
        f"{where}expected data_offsets [begin, end], got {offsets!r}",
    )
    begin, end = offsets
    needed = math.prod(shape) * _DTYPES[code].itemsize
    _check(
        end - begin == needed,
        f"{where}expected {needed} bytes for {code} {shape}, got data_offsets {offsets}",
    )
    return code, shape, begin, end


def _check_places(entries: dict[str, _Entry], data_size: int) -> None:
    """The tensors lie one behind the other, from the first byte to the last."""
    position = 0
    for name in sorted(entries, key=lambda name: entries[name][2:]):
        _, _, begin, end = entries[name]
        _check(
            begin == position,
            f"tensor {name!r}: expected to begin at {position}, where the one before it ends, "
            f"got {begin}",
        )
        position = end
    _check(
        position == data_size, f"expected {position} bytes of data for its tensors, got {data_size}"
    )


def _read_tensor(file: IO[bytes], name: str, entry: _Entry) -> Any:
    code, shape, begin, end = entry
    dtype = _DTYPES[code]
    data = _read_array(file, end - begin)
    _check(
        code != "BOOL" or data.size == 0 or int(data.max()) <= 1,
        f"tensor {name!r}: expected BOOL bytes of 0 or 1",
    )
    if sys.byteorder != "little":
        data = _swapped(data, dtype.itemsize)
    strides = [math.prod(shape[d + 1 :]) for d in range(len(shape))]
    try:
        return _C._over_storage(_creation.from_numpy(data), dtype, 0, shape, strides)
    except (RuntimeError, ValueError, TypeError) as error:
        raise _Invalid(f"tensor {name!r}: {error}") from None


from tinytorch.safetensors import torch as torch  # noqa: E402 (the names above are its own)
