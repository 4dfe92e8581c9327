"""The worker: the process that runs a student's code, and the messages between it and the grader.

A nursery loads the student's libraries, then tinytorch, which finds them in the place of its own,
and forks a worker whenever the grader asks: each test gets a fresh process within milliseconds. The
grader keeps two sockets. On the control socket, which workers do not have, it asks for a worker or
for its end, and is told its process id and how it ended. On the channel it sends one worker calls
and gets results.

A message is two lengths, a JSON header and the bytes of its arrays. Nothing that arrives is ever
executed by the grader, and every size in it is checked. Run as a file, not as a module: importing
tinytorch before the student's libraries would be too early. What a student wrote in Python is found
in place of the library's package when that is imported.
"""

from __future__ import annotations

import ctypes
import faulthandler
import functools
import gc
import importlib
import importlib.util
import io
import json
import math
import os
import re
import resource
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import numpy as np

READY, FORK, END, STACK = b"R", b"F", b"E", b"S"
NUMBER = struct.Struct("!i")
SET_DUMPABLE = 4  # of prctl

LENGTHS = struct.Struct("!IQ")
LARGEST_HEADER = 1 << 20
LARGEST_BODY = 1 << 28
# Whether each array has memory of its own, beyond whose ends a sanitizer sees.
ALONE = bool(os.environ.get("TINYTORCH_NO_CACHE"))
DTYPES = {
    name: np.dtype(name)
    for name in ("bool", "uint8", "int8", "int16", "int32", "int64", "float32", "float64")
}
NOT_STARTED = re.compile(r"([a-z_]+\.[a-z_]+(?:[0-9][a-z_]+)*) is not started")
SHIPPED = "<test>"


class WireError(ValueError):
    """A message that is not one."""


def pack(value: object) -> bytes:
    """A message of None, numbers, str, bytes, lists, tuples, dicts and arrays, however nested."""
    arrays: list[bytes] = []
    try:
        header = json.dumps(_encode(value, arrays)).encode()
    except RecursionError:
        raise WireError("the value is nested too deeply") from None
    body = b"".join(arrays)
    if len(header) > LARGEST_HEADER or len(body) > LARGEST_BODY:
        raise WireError(f"expected at most {LARGEST_BODY >> 20} MB, got a larger value")
    return LENGTHS.pack(len(header), len(body)) + header + body


def lengths(prefix: bytes | bytearray) -> tuple[int, int]:
    """Bytes of header and body that follow this prefix."""
    header, body = LENGTHS.unpack(prefix)
    if header > LARGEST_HEADER or body > LARGEST_BODY:
        raise WireError(f"a message of {header} + {body} bytes is too long")
    return header, body


def unpack(header: bytes | bytearray, body: bytearray, strided: bool = False) -> Any:
    """The value of a message.  Raises WireError for anything that `pack` would not have written."""
    try:
        tree = json.loads(header)
        value, end = _decode(tree, memoryview(body), 0, strided)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise WireError(f"a malformed message: {error}") from None
    if end != len(body):
        raise WireError("a message longer than its arrays")
    return value


def _encode(value: object, arrays: list[bytes]) -> object:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray | np.generic):
        return _encode_array(np.asarray(value), arrays)
    if isinstance(value, bytes):
        return {"raw": value.decode("latin-1")}
    if isinstance(value, list):
        return [_encode(item, arrays) for item in value]
    if isinstance(value, tuple):
        return {"tuple": [_encode(item, arrays) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[_encode(k, arrays), _encode(v, arrays)] for k, v in value.items()]}
    raise WireError(f"cannot send a {type(value).__name__}")


def _encode_array(array: np.ndarray[Any, Any], arrays: list[bytes]) -> dict[str, object]:
    if array.dtype.name not in DTYPES or not array.dtype.isnative:
        raise WireError(f"cannot send an array of {array.dtype}")
    described: dict[str, object] = {"array": array.dtype.name, "shape": list(array.shape)}
    if array.flags.c_contiguous:
        arrays.append(array.tobytes())
    else:  # the memory it lies in, so that it arrives with the same strides
        steps = [
            (size - 1) * stride for size, stride in zip(array.shape, array.strides, strict=True)
        ]
        before = -sum(step for step in steps if step < 0)
        extent = before + sum(step for step in steps if step > 0) + array.itemsize
        arrays.append(ctypes.string_at(array.ctypes.data - before, extent))
        described |= {"strides": list(array.strides), "offset": before, "bytes": extent}
    return described


def _decode(tree: Any, body: memoryview, at: int, strided: bool) -> tuple[Any, int]:
    if isinstance(tree, list):
        items = []
        for item in tree:
            value, at = _decode(item, body, at, strided)
            items.append(value)
        return items, at
    if not isinstance(tree, dict):
        return tree, at
    if "tuple" in tree:
        items, at = _decode(tree["tuple"], body, at, strided)
        return tuple(items), at
    if "raw" in tree:
        return tree["raw"].encode("latin-1"), at
    if "dict" in tree:
        pairs, at = _decode(tree["dict"], body, at, strided)
        return dict(pairs), at
    return _decode_array(tree, body, at, strided)


def _decode_array(tree: Any, body: memoryview, at: int, strided: bool) -> tuple[Any, int]:
    dtype, shape = DTYPES[tree["array"]], tree["shape"]
    if not all(type(size) is int and size >= 0 for size in shape) or len(shape) > 64:
        raise WireError(f"{shape} is not a shape")
    if "strides" in tree:
        if not strided:
            raise WireError("strides where none may be")
        memory, start = body[at : at + tree["bytes"]], tree["offset"]
        if ALONE:
            memory = memoryview(np.array(memory, np.uint8).data)
        return np.ndarray(shape, dtype, memory, start, tree["strides"]), at + tree["bytes"]
    end = at + math.prod(shape) * dtype.itemsize
    if end > len(body):
        raise WireError("a message shorter than its arrays")
    array = np.ndarray(shape, dtype, body, at)
    return array.copy() if ALONE else array, end


def receive(channel: socket.socket) -> Any:
    """The next message, or None at the end."""
    prefix = _receive_exactly(channel, LENGTHS.size)
    if prefix is None:
        return None
    header_bytes, body_bytes = lengths(prefix)
    header = _receive_exactly(channel, header_bytes)
    body = _receive_exactly(channel, body_bytes)
    return None if header is None or body is None else unpack(header, body, strided=True)


def _receive_exactly(channel: socket.socket, count: int) -> bytearray | None:
    buffer = bytearray(count)
    view, received = memoryview(buffer), 0
    while received < count:
        step = channel.recv_into(view[received:])
        if step == 0:
            return None
        received += step
    return buffer


def serve(channel: socket.socket, torch: Any) -> None:
    """Answers calls until the grader closes the channel."""
    libc = ctypes.CDLL(None)
    tensor = getattr(torch, "Tensor", ())  # none where only the unit setup is built
    while (request := receive(channel)) is not None:
        reply: dict[str, object]
        try:
            reply = {"value": as_arrays(answer(request, torch), tensor)}
        except BaseException as error:
            reply = describe(error, request.get("source", ""))
        try:
            message = pack(reply)
        except WireError as error:
            message = pack({"type": "TypeError", "message": f"the result: {error}", "line": ""})
        sys.stdout.flush()
        libc.fflush(None)
        channel.sendall(message)


def answer(request: dict[str, Any], torch: Any) -> object:
    if "source" in request:
        names: dict[str, Any] = {"torch": torch, "np": np, "__name__": "tinytorch_test"}
        exec(compiled(request["source"]), names)
        return names[request["name"]](*request["args"])
    unit, _, function = request["call"].rpartition(".")
    module = importlib.import_module(f"{torch.__name__}.{unit}") if unit else torch
    return getattr(module, function)(*request["args"], **request["named"])


@functools.cache
def compiled(source: str) -> CodeType:
    return compile(source, SHIPPED, "exec")


def as_arrays(value: Any, tensor: type[Any] | tuple[()]) -> Any:
    """`value` with every tensor in it as a numpy array."""
    if isinstance(value, tensor):
        plain: Any = value.detach() if hasattr(value, "detach") else value
        return as_arrays(plain.numpy(), tensor)
    if isinstance(value, np.ndarray):
        return np.ascontiguousarray(value).reshape(value.shape)
    if isinstance(value, list):
        return [as_arrays(item, tensor) for item in value]
    if isinstance(value, tuple):
        return tuple(as_arrays(item, tensor) for item in value)
    if isinstance(value, dict):
        return {key: as_arrays(item, tensor) for key, item in value.items()}
    return value


def describe(error: BaseException, source: str) -> dict[str, object]:
    """An exception as a message: its type, its words and the line of a shipped test it left."""
    text = str(error)
    not_started = NOT_STARTED.search(text) if isinstance(error, NotImplementedError) else None
    if not_started:
        return {"not started": not_started[1]}
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == SHIPPED and frame.lineno
    ]
    line = source.splitlines()[lines[-1] - 1].strip() if lines else ""
    place = students.place(error)
    return {"type": type(error).__name__, "message": text[:10_000], "line": line, "place": place}


class Students(MetaPathFinder, Loader):
    """Imports packages of the student's, as tito has copied them, in place of the library's."""

    def __init__(self) -> None:
        self.folders: dict[str, Path] = {}  # by the package's name
        self.files: set[str] = set()  # the student's own, of what was imported

    def replace(self, folder: Path) -> None:
        """By the package in `folder`, tinytorch's of that name."""
        if not self.folders:
            sys.meta_path.insert(0, self)
        self.folders[f"tinytorch.{folder.name}"] = folder

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        parent, _, name = fullname.rpartition(".")
        search = None
        if fullname in self.folders:
            name = "__init__"
            search = [str(self.folders[fullname])]
        elif parent not in self.folders:
            return None
        file = self.folders[fullname if search else parent] / f"{name}.py"
        if not file.is_file():
            return None
        return importlib.util.spec_from_file_location(
            fullname, file, loader=self, submodule_search_locations=search
        )

    def exec_module(self, module: ModuleType) -> None:
        text = Path(str(module.__file__)).read_text(encoding="utf-8")
        origin = text.rpartition("\n# ")[2]
        self.files.add(origin)
        module.__dict__["__task__"] = sys.modules["tinytorch"].__dict__["_C"].count_task
        exec(compile(text, origin, "exec", dont_inherit=True), module.__dict__)

    def place(self, error: BaseException) -> str:
        """The innermost line of theirs that the error came through: file, number and words."""
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if frame.filename in self.files:
                return f"{Path(frame.filename).name}:{frame.lineno}: {str(frame.line)[:200]}"
        return ""


students = Students()


def host(control: socket.socket, torch: Any) -> None:
    """The nursery: forks a worker, or ends it, whenever the grader asks."""
    worker = 0
    while True:
        order, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if order == FORK:
            worker = os.fork()
            if worker == 0:
                os.setpgid(0, 0)
                control.close()
                os.set_inheritable(descriptors[0], False)
                serve(socket.socket(fileno=descriptors[0]), torch)
                os._exit(0)
            os.close(descriptors[0])
            control.sendall(NUMBER.pack(worker))
        elif worker:
            status = end(worker, with_stack=order == STACK)
            worker = 0
            if order:
                control.sendall(NUMBER.pack(status))
        if not order:
            return


def end(worker: int, with_stack: bool) -> int:
    """Kills a worker's process group, after a look at its stack; returns how it had ended."""
    if with_stack:
        os.kill(worker, signal.SIGQUIT)
        for _ in range(100):
            if os.waitid(os.P_PID, worker, os.WEXITED | os.WNOWAIT | os.WNOHANG):
                break
            time.sleep(0.01)
    try:
        os.killpg(worker, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        os.kill(worker, signal.SIGKILL)
    return os.waitpid(worker, 0)[1]


def line_buffer_stdout() -> None:
    """What was printed before a crash is not lost in a buffer."""
    libc = ctypes.CDLL(None)
    name = "__stdoutp" if sys.platform == "darwin" else "stdout"
    line_buffered = 1  # _IOLBF
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    libc.setvbuf(ctypes.c_void_p.in_dll(libc, name), None, line_buffered, ctypes.c_size_t(0))


def watch_python() -> None:
    """A crash, or the grader's look at a worker's stack, prints the lines of Python it is in."""
    faulthandler.enable(all_threads=False)
    faulthandler.register(signal.SIGQUIT, all_threads=False, chain=True)


def load(parts: Sequence[Path]) -> ModuleType:
    """tinytorch, with the student's libraries and packages in the place of its own."""
    try:
        for part in parts:
            if part.is_dir():
                students.replace(part)
            else:
                ctypes.CDLL(str(part))
        return importlib.import_module("tinytorch")
    except Exception as error:
        place = students.place(error)
        if place:
            sys.exit(f"{place}\n{place.partition(': ')[0]}: {type(error).__name__}: {error}")
        if isinstance(error, OSError | ImportError):  # the linker's words, which say it all
            sys.exit(str(error))
        raise


def main(control_descriptor: str, watch: str, *parts: str) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if os.environ.pop("TINYTORCH_SEALED", "") and sys.platform == "linux":
        # No worker of a stranger's writes into this process's memory, or traces it.
        ctypes.CDLL(None).prctl(SET_DUMPABLE, 0, 0, 0, 0)
    control = socket.socket(fileno=int(control_descriptor))
    line_buffer_stdout()
    paths = [Path(part) for part in parts]
    if any(path.is_dir() for path in paths):
        watch_python()
    if watch:  # after Python, which it leaves the signal to
        ctypes.CDLL(watch).tito_watch_crashes()
    torch = load(paths)
    gc.freeze()  # workers share what is there, and need not look through it
    control.sendall(READY)
    host(control, torch)


if __name__ == "__main__":
    main(*sys.argv[1:])
