"""Batches made ahead of time: by worker processes, or by a thread where the data lie in memory."""

from __future__ import annotations

import itertools
import sys
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from tinytorch import dataloader
from tinytorch._C import Generator
from tinytorch.utils.data._utils.crew import Crew
from tinytorch.utils.data._utils.epoch import _BaseDataLoaderIter
from tinytorch.utils.data._utils.fetch import whole_batches
from tinytorch.utils.data._utils.worker import ExceptionWrapper, Job, Over

if TYPE_CHECKING:
    from tinytorch.utils.data.dataloader import DataLoader


class _AheadDataLoaderIter(_BaseDataLoaderIter):
    """Batches made ahead; indices are taken from the sampler when PyTorch takes them."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        self._prefetch_factor = loader.prefetch_factor or 0
        if self._prefetch_factor == 0:
            raise AssertionError("prefetch_factor must be greater than 0 with num_workers > 0")

    def _fill(self) -> None:
        for _ in range(self._prefetch_factor * self._num_workers):
            self._try_put_index()

    def _try_put_index(self) -> None:
        raise NotImplementedError


class _ThreadDataLoaderIter(_AheadDataLoaderIter):
    """Whole batches of a dataset in memory, by a thread; each as the worker would make it.

    Worker k has a generator of its own, seeded as a process would seed its default one.
    """

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        self._whole = whole_batches(self._dataset, self._collate_fn)
        self._generators = []
        for worker_id in range(self._num_workers):
            generator = Generator()
            generator.manual_seed(self._base_seed + worker_id)
            self._generators.append(generator)
        self._thread = ThreadPoolExecutor(1, "tinytorch-dataloader")
        self._pending: deque[Future[Any]] = deque()
        self._reset(loader, first_iter=True)

    def _reset(self, loader: DataLoader[Any], first_iter: bool = False) -> None:
        super()._reset(loader, first_iter)
        for future in self._pending:
            future.cancel()
        self._pending.clear()
        self._worker_cycle = itertools.cycle(range(self._num_workers))
        self._fill()

    def _try_put_index(self) -> None:
        try:
            index = self._next_index()
        except StopIteration:
            return
        worker_id = next(self._worker_cycle)
        self._pending.append(
            self._thread.submit(
                _make,
                self._whole,
                self._dataset,
                self._collate_fn,
                index,
                self._generators[worker_id],
                worker_id,
            )
        )

    def _next_data(self) -> Any:
        if not self._pending:
            if not self._persistent_workers:
                self._thread.shutdown(wait=False)
            raise StopIteration
        result = self._pending.popleft().result()
        self._try_put_index()
        if isinstance(result, ExceptionWrapper):
            result.reraise()
        return result

    def __del__(self) -> None:
        thread = getattr(self, "_thread", None)
        if thread is not None:
            thread.shutdown(wait=False, cancel_futures=True)


def _make(
    whole: Any, dataset: Any, collate_fn: Any, index: Any, generator: Any, worker_id: int
) -> Any:
    try:
        batch = whole(index, generator)
        return dataloader.fetch(dataset, index, collate_fn) if batch is None else batch
    except Exception as error:
        return ExceptionWrapper(error, f"in DataLoader worker process {worker_id}")


class _MultiProcessingDataLoaderIter(_AheadDataLoaderIter):
    """Batches made by worker processes, each asked in turn."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        self._in_order = loader.in_order
        jobs = [
            Job(
                self._dataset,
                self._dataset_kind,
                self._auto_collation,
                self._collate_fn,
                self._drop_last,
                loader.worker_init_fn,
                worker_id,
                self._num_workers,
                self._base_seed,
            )
            for worker_id in range(self._num_workers)
        ]
        self._crew = Crew(loader.multiprocessing_context, jobs, self._timeout)
        self._failure = ""
        self._outstanding = 0
        self._reset(loader, first_iter=True)

    @property
    def _workers(self) -> list[Any]:
        return self._crew.processes

    def _reset(self, loader: DataLoader[Any], first_iter: bool = False) -> None:
        super()._reset(loader, first_iter)
        if self._failure:
            raise RuntimeError(f"DataLoader: its workers are gone after {self._failure}")
        while self._outstanding:  # of an epoch that was broken off
            self._take()
        if not first_iter:
            self._crew.again()
        arrivals = self._crew.arrivals()
        # Not a method of self: a cycle would keep the workers alive after the last reference.
        self._results = (
            dataloader.in_order(arrivals) if self._in_order else (result for _, result in arrivals)
        )
        self._sent = 0
        self._loads = [0] * self._num_workers
        self._active = [True] * self._num_workers
        self._worker_cycle = itertools.cycle(range(self._num_workers))
        self._fill()

    def _try_put_index(self) -> None:
        try:
            index = self._next_index()
        except StopIteration:
            return
        most = self._prefetch_factor * self._num_workers
        for _ in range(self._num_workers):
            member = next(self._worker_cycle)
            if self._active[member] and (
                self._in_order or self._loads[member] < most // sum(self._active)
            ):
                break
        else:
            return
        self._crew.ask(member, self._sent, index)
        self._loads[member] += 1
        self._outstanding += 1
        self._sent += 1

    def _take(self) -> tuple[int, Any]:
        """The next result, and the worker that made it."""
        if self._failure:
            raise RuntimeError(f"DataLoader: its workers are gone after {self._failure}")
        try:
            member, result = next(self._results)
        except BaseException as error:
            self._failure = f"{type(error).__name__}: {error}"
            self._crew.close()
            raise
        self._outstanding -= 1
        return member, result

    def _next_data(self) -> Any:
        while self._outstanding:
            member, result = self._take()
            self._loads[member] -= 1
            if isinstance(result, Over):
                self._active[member] = False
                self._try_put_index()
                continue
            self._try_put_index()
            if isinstance(result, ExceptionWrapper):
                result.reraise()
            return result
        if not self._persistent_workers:
            self._crew.close()
        raise StopIteration

    def __del__(self) -> None:
        crew = getattr(self, "_crew", None)
        if crew is not None and not sys.is_finalizing():
            crew.close()
