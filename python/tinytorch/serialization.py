"""save and load: PyTorch's own file format, so that either reads what the other writes.

A file holds a pickle, and a pickle can run any program. With `weights_only`, the default, it is
read by a machine that knows data alone (`_pt_unpickler`): tensors, numbers, strings and containers.
"""

import io
import os
import pickle
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from os import PathLike
from typing import IO, Any

from tinytorch import _C, _pt_archive, _pt_globals, safetensors
from tinytorch._device import check_cpu, device
from tinytorch._grad_mode import no_grad
from tinytorch._pt_unpickler import Unpickler, UnpicklingError

# What zipfile, pickle and the checks here raise for bytes that save did not write.
_BROKEN = (
    _pt_archive.Broken,
    zipfile.BadZipFile,
    NotImplementedError,
    UnicodeError,
    EOFError,
    OverflowError,
    struct.error,
)


def save(
    obj: Any,
    f: str | PathLike[str] | IO[bytes],
    pickle_module: Any = pickle,
    pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
    _disable_byteorder_record: bool = False,
) -> None:
    """Writes obj to a path or an open binary file; on a path, all of it or nothing.

    obj: whatever pickle writes; `load` by default reads tensors, numbers, strings, bytes, None, and
    dicts, lists, tuples and sets of these. Tensors that share memory share it again when loaded.
    _use_new_zipfile_serialization: False writes the format that PyTorch had before version 1.6.
    Source: torch.save
    """
    if getattr(pickle_module, "__name__", "") not in ("pickle", "_pickle"):
        raise NotImplementedError("save: only Python's own pickle is supported as pickle_module")
    if not isinstance(pickle_protocol, int) or not 2 <= pickle_protocol <= 5:
        raise ValueError(f"save: expected a pickle_protocol from 2 to 5, got {pickle_protocol!r}")
    write = (
        _pt_archive.write_archive if _use_new_zipfile_serialization else _pt_archive.write_legacy
    )
    if isinstance(f, (str, PathLike)):
        with safetensors.replacing(f) as file:
            write(obj, file, pickle_protocol)
    elif hasattr(f, "write"):
        write(obj, f, pickle_protocol)
    else:
        raise AttributeError(f"save: expected a path or an open file, got {type(f).__name__}")


def load(
    f: str | PathLike[str] | IO[bytes],
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """Reads what `save` or PyTorch wrote, onto the CPU, wherever it was saved.

    map_location: a device, {"cuda:0": "cpu"}, or f(storage, location); the CPU is all there is.
    weights_only: False lets the file run whatever it likes; use it for your own files alone.
    mmap: maps the storages of a path instead of reading them.
    Raises UnpicklingError that names what the file wants and must not have, RuntimeError that names
    the file and the rule it breaks.  Source: torch.load
    """
    if pickle_load_args.pop("encoding", "utf-8") not in ("utf-8", "ascii", "latin1"):
        raise ValueError("load: expected the encoding utf-8, ascii or latin1")
    if pickle_load_args:
        raise TypeError(f"load: unexpected argument {next(iter(pickle_load_args))!r}")
    if pickle_module is not None and getattr(pickle_module, "__name__", "") != "pickle":
        raise NotImplementedError("load: only Python's own pickle is supported as pickle_module")
    safe = weights_only is None or bool(weights_only)
    relocate = _relocation(map_location)
    if isinstance(f, (str, PathLike)):
        with open(os.fspath(f), "rb") as file:
            return _load(file, os.fspath(f), os.fspath(f) if mmap else None, safe, relocate)
    if mmap:
        raise ValueError("load: f must be a path for mmap=True")
    if not hasattr(f, "read"):
        raise AttributeError(f"load: expected a path or an open file, got {type(f).__name__}")
    return _load(f, getattr(f, "name", "file"), None, safe, relocate)


def _load(file: IO[bytes], name: Any, path: Any, safe: bool, relocate: Any) -> Any:
    if not hasattr(file, "seek") or not file.seekable():
        file = io.BytesIO(file.read())
    unpickle = _unpickle_data if safe else _unpickle_anything
    start = file.tell()
    is_archive = file.read(4) == b"PK\3\4"
    file.seek(start)
    try:
        with no_grad():
            if is_archive:
                return _pt_archive.read_archive(file, path, unpickle, relocate)
            if path is not None:
                raise RuntimeError("load: mmap=True needs a file in the format of PyTorch 1.6")
            return _pt_archive.read_legacy(file, unpickle, relocate)
    except UnpicklingError as error:
        if safe:
            raise UnpicklingError(f"load: {name}: {error}{_ADVICE}") from None
        raise
    except RecursionError:
        raise RuntimeError(f"load: {name}: expected a file that save wrote: too deep") from None
    except _BROKEN as error:
        if isinstance(error, EOFError) and file.seek(0, os.SEEK_END) == start:
            raise EOFError(f"load: {name}: the file is empty, or read to its end") from None
        raise RuntimeError(f"load: {name}: expected a file that save wrote: {error}") from None


_ADVICE = (
    ". Nothing of it was run. If you trust the file, allow the name with "
    "torch.serialization.add_safe_globals, or load with weights_only=False, which may run anything"
)


# --- what a pickle may name ---------------------------------------------------------------------


def _unpickle_data(file: IO[bytes], persistent_load: Callable[[Any], Any] | None) -> Any:
    return Unpickler(file, _pt_globals.names(), _allowed(), persistent_load).load()


class _AnyUnpickler(pickle.Unpickler):
    """Python's own, which finds PyTorch's names here."""

    def find_class(self, module: str, name: str) -> Any:
        known = _pt_globals.names()
        path = f"{module}.{name}"
        if path in known and module.partition(".")[0] == "torch":
            return known[path]
        if module == "torch" or module.startswith("torch."):
            return _here(module, name)
        return super().find_class(module, name)


def _here(module: str, name: str) -> Any:
    """PyTorch's class of that name: torch.nn.modules.linear.Linear is tinytorch.nn.Linear."""
    import tinytorch

    place: Any = tinytorch
    for part in module.split(".")[1:]:
        place = getattr(place, part, place)
    if not hasattr(place, name):
        raise UnpicklingError(f"load: there is no {module}.{name} here")
    return getattr(place, name)


def _unpickle_anything(file: IO[bytes], persistent_load: Callable[[Any], Any] | None) -> Any:
    unpickler = _AnyUnpickler(file)
    if persistent_load is not None:
        unpickler.persistent_load = persistent_load  # type: ignore[method-assign]
    return unpickler.load()


_safe: list[Any] = []


def _allowed() -> dict[str, Any]:
    """What the user allowed, by "module.name"."""
    named = (item if isinstance(item, tuple) else (item, _path_of(item)) for item in _safe)
    return {path: value for value, path in named}


def _path_of(value: Any) -> str:
    return f"{value.__module__}.{getattr(value, '__qualname__', value.__name__)}"


def add_safe_globals(safe_globals: list[Any]) -> None:
    """Allows files to use these classes and functions, or (object, "module.name").

    Source: torch.serialization.add_safe_globals
    """
    for item in safe_globals:
        if isinstance(item, tuple):
            if len(item) != 2 or not isinstance(item[1], str):
                raise ValueError('add_safe_globals: expected (object, "module.name")')
        elif not hasattr(item, "__module__") or not hasattr(item, "__name__"):
            raise TypeError(f"add_safe_globals: expected classes or functions, got {item!r:.60}")
    _safe.extend(item for item in safe_globals if item not in _safe)


def get_safe_globals() -> list[Any]:
    """What was allowed.  Source: torch.serialization.get_safe_globals"""
    return list(_safe)


def clear_safe_globals() -> None:
    """Allows nothing of the user's any more.  Source: torch.serialization.clear_safe_globals"""
    _safe.clear()


@contextmanager
def safe_globals(safe_globals: list[Any]) -> Iterator[None]:
    """`add_safe_globals` for the length of a block.  Source: torch.serialization.safe_globals"""
    before = list(_safe)
    add_safe_globals(safe_globals)
    try:
        yield
    finally:
        _safe[:] = before


# --- where storages go --------------------------------------------------------------------------


def _relocation(map_location: Any) -> Callable[[Any, str], Any]:
    """(bytes, location) -> bytes, on the CPU; raises for places that do not exist here."""
    if map_location is None:
        return lambda data, location: data
    if isinstance(map_location, (str, device)):
        if device(map_location).type != "cpu":
            raise RuntimeError(f"load: there is no device {str(map_location)!r} here, only the CPU")
        return lambda data, location: data
    if isinstance(map_location, dict):

        def by_table(data: Any, location: str) -> Any:
            check_cpu(map_location.get(location, "cpu"))
            return data

        return by_table
    if not callable(map_location):
        raise TypeError(
            "load: expected map_location to be a device, a dict or a function, "
            f"got {type(map_location).__name__}"
        )

    def by_function(data: Any, location: str) -> Any:
        moved = map_location(data, location)
        if moved is not None and (not isinstance(moved, _C.Tensor) or moved.shape != data.shape):
            raise TypeError("load: expected map_location to return the storage it was given")
        return data if moved is None else moved

    return by_function
