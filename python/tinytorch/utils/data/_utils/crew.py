"""The crew: worker processes as the loader sees them, from their start to their end."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import sys
import time
import warnings
import weakref
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from typing import Any

from tinytorch.utils.data._utils import worker
from tinytorch.utils.data._utils.worker import Job, Receiver

GRACE = 1.0  # seconds that workers have to go on their own

# Ends of pipes to the workers of all crews: a forked worker holds copies, and closes them.
_ends: weakref.WeakSet[Connection] = weakref.WeakSet()


class Crew:
    """Worker processes.  `timeout`: seconds to wait for a batch at most; 0 for ever."""

    def __init__(self, context: Any, jobs: Sequence[Job], timeout: float) -> None:
        context = multiprocessing.get_context() if context is None else context
        self._timeout = timeout
        self._owner = os.getpid()
        self.processes: list[Any] = []
        self._pipes: list[Connection] = []
        self._receivers: list[Receiver] = []
        self._free: list[list[int]] = [[] for _ in jobs]
        self._slots = [0 for _ in jobs]
        self._closed = False
        try:
            for job in jobs:
                self._start(context, job)
        except BaseException:
            self.close()
            raise

    def _start(self, context: Any, job: Job) -> None:
        ours, theirs = multiprocessing.Pipe()
        _ends.add(ours)
        forks = context.get_start_method() == "fork"
        inherited = list(_ends) if forks else []
        process = context.Process(target=worker.run, args=(job, theirs, inherited), daemon=True)
        try:
            with warnings.catch_warnings():
                # Python 3.12 warns of any thread; those of the library survive a fork.
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            ours.close()
            if forks:
                raise
            raise _cannot_send(job, context.get_start_method(), error) from error
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self.processes.append(process)
        self._pipes.append(ours)
        self._receivers.append(Receiver(ours))

    def ask(self, member: int, number: int, index: Any) -> None:
        """Asks a worker for a batch.  Raises RuntimeError when it is dead."""
        free = self._free[member]
        if free:
            slot = free.pop()
        else:
            slot = self._slots[member]
            self._slots[member] += 1
        self._tell(member, (number, slot, index))

    def again(self) -> None:
        """Tells all that an epoch begins anew."""
        for member in range(len(self.processes)):
            self._tell(member, worker.AGAIN)

    def _tell(self, member: int, message: Any) -> None:
        try:
            self._pipes[member].send(message)
        except (BrokenPipeError, ConnectionResetError):
            raise self._died(member) from None

    def arrivals(self) -> Iterator[tuple[int, tuple[int, Any]]]:
        """(number, (worker, result)) of what was asked for, as it comes; never ends on its own.

        Raises RuntimeError when a worker dies, or lets wait longer than the timeout.
        """
        while True:
            ready: list[Any] = wait(
                [*self._pipes, *(process.sentinel for process in self.processes)],
                self._timeout if self._timeout > 0 else None,
            )
            if not ready:
                raise RuntimeError(f"DataLoader timed out after {self._timeout} seconds")
            for member, pipe in enumerate(self._pipes):
                if pipe in ready or (self.processes[member].sentinel in ready and pipe.poll()):
                    try:
                        number, slot, result = self._receivers[member].receive()
                    except (EOFError, ConnectionResetError):
                        raise self._died(member) from None
                    self._free[member].append(slot)
                    yield number, (member, result)
                    break
            else:
                dead = [m for m, p in enumerate(self.processes) if p.sentinel in ready]
                raise self._died(dead[0])

    def _died(self, member: int) -> RuntimeError:
        process = self.processes[member]
        process.join(GRACE)
        code = process.exitcode
        if code is not None and code < 0:
            name = signal.Signals(-code).name
            how = f"it was killed by signal: {signal.strsignal(-code)} ({name})"
        else:
            how = (
                f"exit code {code}. What went wrong is lost with it; "
                "num_workers=0 may show a traceback"
            )
        return RuntimeError(f"DataLoader worker (pid(s) {process.pid}) exited unexpectedly: {how}")

    def close(self) -> None:
        """Ends all workers: they are asked to go, and stopped when they do not."""
        if self._closed or os.getpid() != self._owner:  # of a parent: it is not ours to end
            return
        self._closed = True
        for pipe in self._pipes:
            with contextlib.suppress(OSError):
                pipe.send(None)
        for receiver in self._receivers:
            receiver.close()
        deadline = time.monotonic() + GRACE
        for process in self.processes:
            process.join(max(0.0, deadline - time.monotonic()))
        for end in ("terminate", "kill"):
            stubborn = [process for process in self.processes if process.is_alive()]
            for process in stubborn:
                getattr(process, end)()
            for process in stubborn:
                process.join(GRACE)
        for process in self.processes:
            if process.exitcode is not None:
                process.close()
        self.processes, self._pipes, self._receivers = [], [], []

    def __del__(self) -> None:
        if not sys.is_finalizing() and not getattr(self, "_closed", True):
            self.close()


def _cannot_send(job: Job, method: str, error: Exception) -> Exception:
    """Says which part of the loader cannot be sent to another process."""
    parts = {
        "dataset": job.dataset,
        "collate_fn": job.collate_fn,
        "worker_init_fn": job.init_fn,
    }
    culprit = "what the loader was given"
    for name, part in parts.items():
        try:
            ForkingPickler.dumps(part)
        except Exception:
            culprit = f"{name} ({type(part).__name__})"
            break
    told = (
        f"DataLoader: the {culprit} cannot be sent to workers that `{method}` starts: {error}. "
        "Define it at the top level of a module and keep no open files, locks or lambdas in it, "
        "or choose multiprocessing_context='fork'"
    )
    try:
        return type(error)(told)
    except Exception:
        return RuntimeError(told)
