"""The worker: a process that reads samples, makes batches of them and sends them back.

It is asked for batches by number over a pipe, and answers each. What an answer holds of arrays and
tensors travels through memory that both processes have mapped; that memory has no name, so nothing
of it is left behind, however either process ends.
"""

from __future__ import annotations

import copyreg
import io
import mmap
import os
import pickle
import queue
import random
import socket
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any

import numpy as np

from tinytorch import _C
from tinytorch._dtype import uint8
from tinytorch.utils.data._utils.fetch import _DatasetKind

PARENT_CHECK = 5.0  # seconds between two looks at whether the parent still lives
INLINE = 1 << 14  # bytes of arrays that are sent in the message itself
ALIGNED = 64
_REDUCERS: Any = ForkingPickler._extra_reducers  # type: ignore[attr-defined]


@dataclass(frozen=True)
class WorkerInfo:
    """What `get_worker_info` tells in a worker: its number, of how many, its seed, its dataset."""

    id: int
    num_workers: int
    seed: int
    dataset: Any
    rng: Any = None
    worker_method: str | None = "multiprocessing"


_worker_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """In a worker its WorkerInfo, elsewhere None.  Source: torch.utils.data.get_worker_info"""
    return _worker_info


def numpy_seed(base_seed: int, worker_id: int) -> list[int]:
    """The seed of numpy's generator in a worker: four words, other than those of Python's."""
    words = [worker_id, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
    return [int(word) for word in np.random.SeedSequence(words).generate_state(4)]


class KeyErrorMessage(str):
    """A KeyError prints its message's repr, which would make a traceback one unreadable line."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class ExceptionWrapper:
    """An exception on its way to another process: its type, and its traceback as text."""

    def __init__(self, error: BaseException, where: str) -> None:
        self.exc_type: Any = type(error)
        self.exc_msg = "".join(traceback.format_exception(error))
        self.where = where

    def reraise(self) -> None:
        """Raises it, of its own type where that can be made of a message, else RuntimeError."""
        message = f"Caught {self.exc_type.__name__} {self.where}.\nOriginal {self.exc_msg}"
        if self.exc_type is KeyError:
            message = KeyErrorMessage(message)
        elif getattr(self.exc_type, "message", None):
            raise self.exc_type(message=message)
        try:
            error = self.exc_type(message)
        except Exception:
            error = None
        if not isinstance(error, BaseException):
            raise RuntimeError(message) from None
        try:
            raise error
        finally:
            del error  # else its traceback and this frame would keep each other


class Over:
    """The worker's stream has ended."""


# --- messages -----------------------------------------------------------------------------------


def _reduced(x: Any) -> Any:
    """A tensor for pickle.  Raises RuntimeError where its gradient would have nowhere to go."""
    if getattr(x, "requires_grad", False) and not x.is_leaf:
        raise RuntimeError(
            "Cowardly refusing to serialize non-leaf tensor which requires_grad, since autograd "
            "does not support crossing process boundaries.  If you just want to transfer the data, "
            "call detach() on the tensor before serializing (e.g., putting it on the queue)."
        )
    return x.__reduce_ex__(5)


def packed(value: Any) -> tuple[bytes, list[memoryview]]:
    """The value as a pickle, and the memory of its arrays beside it."""
    buffers: list[pickle.PickleBuffer] = []
    file = io.BytesIO()
    pickler = pickle.Pickler(file, 5, buffer_callback=buffers.append)
    pickler.dispatch_table = {**copyreg.dispatch_table, **_REDUCERS, _C.Tensor: _reduced}
    pickler.dump(value)
    return file.getvalue(), [buffer.raw() for buffer in buffers]


def anonymous_memory(size: int) -> int:
    """The descriptor of memory that other processes can map, and that ends with the last of them.

    Raises OSError when there is not so much.
    """
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("tinytorch-batch", os.MFD_CLOEXEC)
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    try:
        os.ftruncate(descriptor, size)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def offsets(sizes: Sequence[int]) -> tuple[list[int], int]:
    """Where buffers of these sizes begin in one block, aligned, and where the last one ends."""
    starts, end = [], 0
    for size in sizes:
        starts.append(end)
        end += -(-size // ALIGNED) * ALIGNED
    return starts, end


@contextmanager
def _as_socket(connection: Connection) -> Iterator[socket.socket]:
    """The pipe as the socket that it is; descriptors cannot be sent otherwise."""
    channel = socket.socket(fileno=connection.fileno())
    try:
        yield channel
    finally:
        channel.detach()


class Sender:
    """The worker's end: sends values, their arrays through shared memory of numbered slots."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._slots: dict[int, mmap.mmap] = {}

    def send(self, number: int, slot: int, value: Any) -> None:
        """The parent must have read what was sent through the slot before."""
        content, buffers = packed(value)
        sizes = [buffer.nbytes for buffer in buffers]
        starts, total = offsets(sizes)
        descriptor = -1
        if total > INLINE:
            memory = self._slots.get(slot)
            if memory is None or len(memory) < total:
                size = 1 << max(16, (total - 1).bit_length())
                descriptor = anonymous_memory(size)
                memory = self._slots[slot] = mmap.mmap(descriptor, size)
        else:
            memory = mmap.mmap(-1, max(total, 1))
        for start, size, buffer in zip(starts, sizes, buffers, strict=True):
            memory[start : start + size] = buffer
        if total > INLINE:
            shared = (len(memory), descriptor >= 0)
            self._connection.send((number, slot, content, sizes, shared, b""))
        else:
            self._connection.send((number, slot, content, sizes, None, memory[:total]))
        if descriptor >= 0:
            with _as_socket(self._connection) as channel:
                socket.send_fds(channel, [b"M"], [descriptor])
            os.close(descriptor)


class Receiver:
    """The parent's end: receives what a Sender sends, as copies of its own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._slots: dict[int, mmap.mmap] = {}

    def receive(self) -> tuple[int, int, Any]:
        """Number, slot and value.  Raises EOFError when the worker is gone."""
        number, slot, content, sizes, shared, inline = self._connection.recv()
        if shared is None:
            source = np.frombuffer(inline, np.uint8)
        else:
            size, is_new = shared
            if is_new:
                with _as_socket(self._connection) as channel:
                    _, descriptors, _, _ = socket.recv_fds(channel, 1, 1)
                if not descriptors:
                    raise EOFError
                self._slots[slot] = mmap.mmap(descriptors[0], size, prot=mmap.PROT_READ)
                os.close(descriptors[0])
            source = np.frombuffer(self._slots[slot], np.uint8)
        starts, total = offsets(sizes)
        block = _C._empty((total,), uint8).numpy()
        block[:] = source[:total]
        buffers = [block[at : at + size] for at, size in zip(starts, sizes, strict=True)]
        return number, slot, pickle.loads(content, buffers=buffers)

    def close(self) -> None:
        self._slots.clear()
        self._connection.close()


# --- the process --------------------------------------------------------------------------------


@dataclass
class Job:
    """What a worker is told when it starts."""

    dataset: Any
    kind: int  # a _DatasetKind
    auto_collation: bool
    collate_fn: Callable[[Any], Any]
    drop_last: bool
    init_fn: Callable[[int], None] | None
    worker_id: int
    num_workers: int
    base_seed: int


AGAIN = "again"  # an epoch begins anew


def run(job: Job, connection: Connection, inherited: Sequence[Connection]) -> None:
    """The life of a worker, until the parent closes the pipe or is no more."""
    global _worker_info
    for other in inherited:  # the ends of the parent: its death is seen when nobody holds them
        other.close()
    try:
        _C.set_num_threads(1)
        seed = job.base_seed + job.worker_id
        random.seed(seed)
        from tinytorch.random import manual_seed

        manual_seed(seed)
        np.random.seed(numpy_seed(job.base_seed, job.worker_id))
        _worker_info = WorkerInfo(job.worker_id, job.num_workers, seed, job.dataset)
        _serve(job, connection)
    except (KeyboardInterrupt, BrokenPipeError, ConnectionResetError):
        pass  # the parent hears of the first itself, and is gone in the other cases


def _serve(job: Job, connection: Connection) -> None:
    where = f"in DataLoader worker process {job.worker_id}"
    sender, inbox = Sender(connection), _Inbox(connection)
    fetcher, failure = None, None
    try:
        if job.init_fn is not None:
            job.init_fn(job.worker_id)
        fetcher = _fetcher(job)
    except Exception as error:
        failure = ExceptionWrapper(error, where)
    ended = False
    while (message := inbox.take()) is not None:
        if message == AGAIN:
            ended = False
            try:
                fetcher = _fetcher(job)
            except Exception as error:
                failure = ExceptionWrapper(error, where)
            continue
        number, slot, index = message
        result: Any
        if failure is not None:
            result, failure = failure, None
        elif ended:
            result = Over()
        else:
            try:
                if fetcher is None:
                    raise RuntimeError("the worker could not start")
                result = fetcher.fetch(index)
            except Exception as error:
                ended = isinstance(error, StopIteration) and job.kind == _DatasetKind.Iterable
                result = Over() if ended else ExceptionWrapper(error, where)
        _send(sender, number, slot, result, where)
        del result, message, index


def _send(sender: Sender, number: int, slot: int, result: Any, where: str) -> None:
    """Sends the result, or why it cannot be sent."""
    try:
        sender.send(number, slot, result)
    except (BrokenPipeError, ConnectionResetError):
        raise
    except Exception as error:
        if isinstance(result, ExceptionWrapper):  # of a type that does not travel
            result.exc_type = RuntimeError
        else:
            result = ExceptionWrapper(error, where)
        sender.send(number, slot, result)


def _fetcher(job: Job) -> Any:
    return _DatasetKind.create_fetcher(
        job.kind, job.dataset, job.auto_collation, job.collate_fn, job.drop_last
    )


class _Inbox:
    """Messages, read by a thread: so the parent can always write, also while a batch is made."""

    def __init__(self, connection: Connection) -> None:
        self._messages: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._closed = False
        self._parent = os.getppid()
        threading.Thread(target=self._read, args=(connection,), daemon=True).start()

    def _read(self, connection: Connection) -> None:
        try:
            while (message := connection.recv()) is not None:
                self._messages.put(message)
        except (EOFError, OSError):
            pass
        except Exception:
            traceback.print_exc(file=sys.stderr)  # an index that cannot be read here
        self._closed = True
        self._messages.put(None)

    def take(self) -> Any:
        """The next message, or None when it is time to go."""
        while not self._closed and os.getppid() == self._parent:
            try:
                message = self._messages.get(timeout=PARENT_CHECK)
            except queue.Empty:
                continue
            return None if self._closed else message
        return None
