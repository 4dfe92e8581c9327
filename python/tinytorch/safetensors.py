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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from typing import IO, Any

import numpy as np

from tinytorch import _creation
from tinytorch._C import Tensor
from tinytorch._grad_mode import detached

# In the order in which tensors are laid out: the widest first, so that each begins aligned.
_DTYPES: dict[str, np.dtype[Any]] = {
    "I64": np.dtype("<i8"),
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "I32": np.dtype("<i4"),
    "I16": np.dtype("<i2"),
    "I8": np.dtype("i1"),
    "U8": np.dtype("u1"),
    "BOOL": np.dtype("?"),
}
_CODES = {dtype: code for code, dtype in _DTYPES.items()}
_LENGTH_BYTES = 8
_LONGEST_HEADER = 100_000_000


class _Invalid(Exception):
    """A rule of the format that a file breaks."""


def save_file(
    tensors: Mapping[str, Any],
    filename: str | PathLike[str],
    metadata: dict[str, str] | None = None,
) -> None:
    """Writes named tensors to a file, and nothing at all if that fails midway.

    metadata: strings by name, stored in the header.
    Raises TypeError for values that are not tensors.  Source: safetensors.torch.save_file
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

    Raises ValueError that names the file and the rule it breaks, FileNotFoundError for none.
    Source: safetensors.torch.load_file
    """
    with open(os.fspath(filename), "rb") as file:  # a number would be a descriptor
        return read(file, os.fstat(file.fileno()).st_size, os.fspath(filename))


def load(data: bytes) -> dict[str, Any]:
    """The tensors in bytes that `save` made.  Source: safetensors.torch.load"""
    import io

    return read(io.BytesIO(data), len(data), "bytes")


def read(file: IO[bytes], size: int, name: str) -> dict[str, Any]:
    """The tensors in the next `size` bytes of an open file; `name` is for the errors.

    Raises ValueError that names the file and the rule it breaks.
    """
    try:
        entries, data_size = _read_header(file, size)
        return _read_tensors(file, entries, data_size)
    except _Invalid as error:
        raise ValueError(f"safetensors: {name}: {error}") from None


# --- writing ----------------------------------------------------------------------------------


def _pieces(tensors: Mapping[str, Any], metadata: dict[str, str] | None) -> Iterator[bytes]:
    arrays = {name: _array_of(name, tensor) for name, tensor in tensors.items()}
    ranks = list(_DTYPES)
    order = sorted(arrays, key=lambda name: (ranks.index(_CODES[arrays[name].dtype]), name))
    header: dict[str, Any] = {}
    if metadata is not None:
        for key, value in metadata.items():
            if not isinstance(key, str) or not isinstance(value, str):
                raise TypeError(
                    f"safetensors: expected metadata of strings, got {key!r}: {value!r}"
                )
        header["__metadata__"] = metadata
    begin = 0
    for name in order:
        array = arrays[name]
        header[name] = {
            "dtype": _CODES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [begin, begin + array.nbytes],
        }
        begin += array.nbytes
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % _LENGTH_BYTES)
    yield len(text).to_bytes(_LENGTH_BYTES, "little")
    yield text
    for name in order:
        yield arrays[name].tobytes()


def _array_of(name: Any, tensor: Any) -> np.ndarray[Any, Any]:
    if not isinstance(name, str) or name == "__metadata__":
        raise TypeError(
            f"safetensors: expected a string other than __metadata__ as name, got {name!r}"
        )
    if not isinstance(tensor, Tensor):
        raise TypeError(
            f"safetensors: expected a tensor under {name!r}, got {type(tensor).__name__}"
        )
    array: np.ndarray[Any, Any] = detached(tensor).numpy()
    return array.astype(array.dtype.newbyteorder("<"), copy=False)


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


def _read_header(file: IO[bytes], size: int) -> tuple[dict[str, Any], int]:
    """The checked entries by name, and how many bytes of data follow."""
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
    metadata = header.pop("__metadata__", {})
    _check(
        isinstance(metadata, dict) and all(isinstance(value, str) for value in metadata.values()),
        "expected __metadata__ to hold strings",
    )
    return {name: _checked_entry(name, entry) for name, entry in header.items()}, data_size


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


def _checked_entry(name: str, entry: Any) -> tuple[np.dtype[Any], list[int], int, int]:
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
    return _DTYPES[code], shape, begin, end


def _read_tensors(
    file: IO[bytes], entries: dict[str, tuple[np.dtype[Any], list[int], int, int]], data_size: int
) -> dict[str, Any]:
    order = sorted(entries, key=lambda name: entries[name][2:])
    position = 0
    for name in order:
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
    tensors = {}
    for name in order:
        dtype, shape, begin, end = entries[name]
        data = _read_array(file, end - begin)
        _check(
            dtype.kind != "b" or data.size == 0 or int(data.max()) <= 1,
            f"tensor {name!r}: expected BOOL bytes of 0 or 1",
        )
        try:
            array = data.view(dtype).reshape(shape)
        except ValueError as error:
            raise _Invalid(f"tensor {name!r}: {error}") from None
        native = array.astype(dtype.newbyteorder("="), copy=False)
        tensors[name] = _creation.from_numpy(native)
    return {name: tensors[name] for name in entries}
