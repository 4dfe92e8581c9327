"""DataLoader: batches of a dataset, made in this process or ahead of time by workers.

Everything that is random is drawn as PyTorch draws it: the order of a shuffled epoch, the seeds of
the workers, and with them whatever the transforms in a worker draw.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from tinytorch.utils.data import _utils as _utils
from tinytorch.utils.data._utils.ahead import _MultiProcessingDataLoaderIter, _ThreadDataLoaderIter
from tinytorch.utils.data._utils.collate import default_collate, default_convert
from tinytorch.utils.data._utils.epoch import _BaseDataLoaderIter, _SingleProcessDataLoaderIter
from tinytorch.utils.data._utils.fetch import _DatasetKind, whole_batches
from tinytorch.utils.data._utils.worker import get_worker_info
from tinytorch.utils.data.dataset import IterableDataset
from tinytorch.utils.data.sampler import BatchSampler, RandomSampler, SequentialSampler

__all__ = ["DataLoader", "default_collate", "default_convert", "get_worker_info"]

T = TypeVar("T")


class _InfiniteConstantSampler:
    """None, for ever: a stream has no indices."""

    def __iter__(self) -> Iterator[None]:
        return itertools.repeat(None)


class DataLoader(Generic[T]):
    """Batches of a dataset, in order or shuffled anew each time they are iterated.

    dataset: anything with `__getitem__` and `__len__`, or an IterableDataset.
    batch_size: None gives single samples.  shuffle: in random order.  drop_last: no smaller last
    batch.  sampler, batch_sampler: other orders.  collate_fn: makes a batch of a list of samples,
    `default_collate` unless given.  generator: draws the order and the workers' seed.
    num_workers: processes that make batches ahead, prefetch_factor each (2); batches come in the
    same order as without, unless in_order is False.  worker_init_fn(id): called first in each.
    persistent_workers: they outlive an epoch.  timeout: seconds to wait for a batch, 0 for ever.
    multiprocessing_context: how they start, "fork", "spawn", "forkserver", or such a context.
    pin_memory: accepted; there is no accelerator to pin memory for.

    Tensors in memory (a TensorDataset, `tinytorch.vision`'s images, a Subset of either) need no
    processes: whole batches are gathered in C++, with num_workers by a thread that works ahead.
    What the workers would draw is drawn alike. worker_init_fn or multiprocessing_context ask for
    processes in any case.

    Raises ValueError for options that exclude each other. While iterating, an exception of a worker
    is raised with its type and traceback; RuntimeError when a worker dies or the timeout passes.
    Source: torch.utils.data.DataLoader
    """

    _iterator: _BaseDataLoaderIter | None
    __initialized = False

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        if num_workers < 0:
            raise ValueError(
                "num_workers option should be non-negative; "
                "use num_workers=0 to disable multiprocessing."
            )
        if timeout < 0:
            raise ValueError("timeout option should be non-negative")
        if num_workers == 0 and prefetch_factor is not None:
            raise ValueError(
                "prefetch_factor option could only be specified in multiprocessing."
                "let num_workers > 0 to enable multiprocessing, otherwise set prefetch_factor to "
                "None."
            )
        if num_workers > 0 and prefetch_factor is None:
            prefetch_factor = 2
        elif prefetch_factor is not None and prefetch_factor < 0:
            raise ValueError("prefetch_factor option should be non-negative")
        if persistent_workers and num_workers == 0:
            raise ValueError("persistent_workers option needs num_workers > 0")
        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor = prefetch_factor
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.in_order = in_order
        if isinstance(dataset, IterableDataset):
            self._dataset_kind = _DatasetKind.Iterable
            _refuse_for_streams(shuffle, sampler, batch_sampler)
        else:
            self._dataset_kind = _DatasetKind.Map
            shuffle = bool(shuffle)
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, "
                    "and drop_last"
                )
            batch_size = None
            drop_last = False
        elif batch_size is None and drop_last:
            raise ValueError(
                "batch_size=None option disables auto-batching and is mutually exclusive with "
                "drop_last"
            )
        if sampler is None:
            if self._dataset_kind == _DatasetKind.Iterable:
                sampler = _InfiniteConstantSampler()
            elif shuffle:
                sampler = RandomSampler(dataset, generator=generator)
            else:
                sampler = SequentialSampler(dataset)
        if batch_size is not None and batch_sampler is None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.generator = generator
        if collate_fn is None:
            collate_fn = default_collate if self._auto_collation else default_convert
        self.collate_fn: Callable[[list[Any]], Any] = collate_fn
        self.persistent_workers = persistent_workers
        self.__initialized = True
        self._IterableDataset_len_called: int | None = None
        self._iterator = None
        self.check_worker_number_rationality()

    @property
    def multiprocessing_context(self) -> Any:
        return self.__multiprocessing_context

    @multiprocessing_context.setter
    def multiprocessing_context(self, context: Any) -> None:
        if context is not None:
            if self.num_workers == 0:
                raise ValueError(
                    "multiprocessing_context can only be used with multi-process loading "
                    f"(num_workers > 0), but got num_workers={self.num_workers}"
                )
            if isinstance(context, str):
                known = multiprocessing.get_all_start_methods()
                if context not in known:
                    raise ValueError(
                        "multiprocessing_context option should specify a valid start method in "
                        f"{known!r}, but got multiprocessing_context={context!r}"
                    )
                context = multiprocessing.get_context(context)
            if not isinstance(context, multiprocessing.context.BaseContext):
                raise TypeError(
                    "multiprocessing_context option should be a valid context object or a string "
                    f"specifying the start method, but got multiprocessing_context={context}"
                )
        self.__multiprocessing_context = context

    def __setattr__(self, name: str, value: Any) -> None:
        fixed = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset")
        if self.__initialized and name in (*fixed, "persistent_workers"):
            raise ValueError(
                f"{name} attribute should not be set after {type(self).__name__} is initialized"
            )
        super().__setattr__(name, value)

    @property
    def _auto_collation(self) -> bool:
        return self.batch_sampler is not None

    @property
    def _index_sampler(self) -> Any:
        return self.batch_sampler if self._auto_collation else self.sampler

    def _get_iterator(self) -> _BaseDataLoaderIter:
        if self.num_workers == 0:
            return _SingleProcessDataLoaderIter(self)
        self.check_worker_number_rationality()
        if self._in_memory():
            return _ThreadDataLoaderIter(self)
        return _MultiProcessingDataLoaderIter(self)

    def _in_memory(self) -> bool:
        return (
            self._auto_collation
            and self._dataset_kind == _DatasetKind.Map
            and self.worker_init_fn is None
            and self.multiprocessing_context is None
            and whole_batches(self.dataset, self.collate_fn) is not None
        )

    def __iter__(self) -> _BaseDataLoaderIter:
        if not (self.persistent_workers and self.num_workers > 0):
            return self._get_iterator()
        if self._iterator is None:
            self._iterator = self._get_iterator()
        else:
            self._iterator._reset(self)
        return self._iterator

    def __len__(self) -> int:
        if self._dataset_kind != _DatasetKind.Iterable:
            return len(self._index_sampler)
        length = self._IterableDataset_len_called = len(self.dataset)
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else -(-length // self.batch_size)

    def check_worker_number_rationality(self) -> None:
        """Warns when there are to be more workers than processors."""
        if not self.num_workers:
            return
        checked = hasattr(os, "sched_getaffinity")
        processors = len(os.sched_getaffinity(0)) if checked else os.cpu_count()
        if processors is not None and self.num_workers <= processors:
            return
        known = "" if checked else " (`cpuset` is not taken into account)"
        advice = (
            "DataLoader is not able to compute a suggested max number of worker in current system."
            if processors is None
            else f"Our suggested max number of worker in current system is {processors}{known}, "
            "which is smaller than what this DataLoader is going to create."
        )
        warnings.warn(
            f"This DataLoader will create {self.num_workers} worker processes in total. {advice} "
            "Please be aware that excessive worker creation might get DataLoader running slow or "
            "even freeze, lower the worker number to avoid potential slowness/freeze if necessary.",
            stacklevel=3,
        )


def _refuse_for_streams(shuffle: Any, sampler: Any, batch_sampler: Any) -> None:
    """Raises ValueError for what makes no sense without indices."""
    for option, value in (
        ("shuffle", shuffle or None),
        ("sampler", sampler),
        ("batch_sampler", batch_sampler),
    ):
        if value is not None:
            raise ValueError(
                f"DataLoader with IterableDataset: expected unspecified {option} option, "
                f"but got {option}={value}"
            )
