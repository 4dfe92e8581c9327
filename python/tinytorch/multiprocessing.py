"""torch.multiprocessing: Python's own. A tensor sent to another process arrives as a copy."""

import multiprocessing as _python
from collections.abc import Callable
from multiprocessing import *  # noqa: F403
from typing import Any

__all__ = [
    *_python.__all__,
    "get_all_sharing_strategies",
    "get_sharing_strategy",
    "set_sharing_strategy",
    "spawn",
    "start_processes",
]

_strategies = {"file_descriptor", "file_system"}
_chosen = ["file_descriptor"]


def get_all_sharing_strategies() -> set[str]:
    return set(_strategies)


def get_sharing_strategy() -> str:
    return _chosen[0]


def set_sharing_strategy(new_strategy: str) -> None:
    """Kept, and without effect: tensors are copied.  Source: torch.multiprocessing"""
    if new_strategy not in _strategies:
        raise AssertionError(f"expected one of {sorted(_strategies)}, got {new_strategy!r}")
    _chosen[0] = new_strategy


class ProcessRaisedException(Exception):
    """A process of `spawn` failed.  Source: torch.multiprocessing.ProcessRaisedException"""


class ProcessContext:
    """The processes of `spawn(join=False)`.  Source: torch.multiprocessing.ProcessContext"""

    def __init__(self, processes: list[Any]) -> None:
        self.processes = processes

    def pids(self) -> list[int]:
        return [int(process.pid) for process in self.processes]

    def join(self, timeout: float | None = None, grace_period: float | None = None) -> bool:
        """Waits for all; the first that fails ends the others and raises."""
        import multiprocessing.connection

        running = {process.sentinel: process for process in self.processes if process.is_alive()}
        ready = multiprocessing.connection.wait(list(running), timeout=timeout) if running else []
        for sentinel in ready:
            running.pop(sentinel).join()
        for rank, process in enumerate(self.processes):
            if process.exitcode:
                for other in self.processes:
                    other.terminate()
                    other.join()
                raise ProcessRaisedException(
                    f"process {rank} terminated with exit code {process.exitcode}"
                )
        return not running


def start_processes(
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:
    """fn(rank, *args) in each of nprocs processes.

    Raises ProcessRaisedException when one fails, after ending the others.
    Source: torch.multiprocessing.start_processes
    """
    context: Any = _python.get_context(start_method)
    processes: list[Any] = []
    for rank in range(nprocs):
        process = context.Process(target=fn, args=(rank, *args), daemon=daemon)
        process.start()
        processes.append(process)
    started = ProcessContext(processes)
    if not join:
        return started
    while not started.join():
        pass
    return None


def spawn(
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:
    """`start_processes`.  Source: torch.multiprocessing.spawn"""
    return start_processes(fn, args, nprocs, join, daemon, start_method)
