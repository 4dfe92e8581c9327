"""Fetchers: from an index, or a list of them, to what the loader yields."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tinytorch import dataloader
from tinytorch.utils.data._utils.collate import (
    collate_tensor_fn,
    default_collate,
    default_collate_fn_map,
)

# The arrays of a batch of samples are freed together, and glibc would give their memory back to the
# system, to get it anew for the next batch, page by page. A free block of this size, never touched,
# teaches it to keep as much: mallopt(3), M_TRIM_THRESHOLD.
np.empty(1 << 24, np.uint8)


class _BaseDatasetFetcher:
    def __init__(
        self,
        dataset: Any,
        auto_collation: bool,
        collate_fn: Callable[[Any], Any],
        drop_last: bool,
    ) -> None:
        self.dataset = dataset
        self.auto_collation = auto_collation
        self.collate_fn = collate_fn
        self.drop_last = drop_last


class _IterableDatasetFetcher(_BaseDatasetFetcher):
    """The next samples of a stream."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.dataset_iter = iter(self.dataset)
        self.ended = False

    def fetch(self, possibly_batched_index: Any) -> Any:
        """Raises StopIteration at the end of the stream."""
        if self.ended:
            raise StopIteration
        if not self.auto_collation:
            return self.collate_fn(next(self.dataset_iter))
        samples: list[Any] = []
        for _ in possibly_batched_index:
            try:
                samples.append(next(self.dataset_iter))
            except StopIteration:
                self.ended = True
                break
        wanted = len(possibly_batched_index)
        if not samples or (self.drop_last and len(samples) < wanted):
            raise StopIteration
        return self.collate_fn(samples)


class _MapDatasetFetcher(_BaseDatasetFetcher):
    """The samples at an index, or at each of a list."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.whole = whole_batches(self.dataset, self.collate_fn) if self.auto_collation else None

    def fetch(self, possibly_batched_index: Any) -> Any:
        if not self.auto_collation:
            return self.collate_fn(self.dataset[possibly_batched_index])
        if self.whole is not None:
            batch = self.whole(possibly_batched_index)
            if batch is not None:
                return batch
        return dataloader.fetch(self.dataset, possibly_batched_index, self.collate_fn)


class _DatasetKind:
    Map = 0
    Iterable = 1

    @staticmethod
    def create_fetcher(
        kind: int, dataset: Any, auto_collation: bool, collate_fn: Any, drop_last: bool
    ) -> _MapDatasetFetcher | _IterableDatasetFetcher:
        reader = _MapDatasetFetcher if kind == _DatasetKind.Map else _IterableDatasetFetcher
        return reader(dataset, auto_collation, collate_fn, drop_last)


def whole_batches(dataset: Any, collate_fn: Any) -> Callable[..., Any] | None:
    """The dataset's `__getbatch__`, where it gives just what samples and collate_fn would give.

    `__getbatch__(indices, generator=None)` makes a whole batch at once, or returns None where it
    cannot. A subclass that reads samples in its own way is asked for samples.
    """
    if collate_fn is not default_collate:
        return None
    tensors_joiner = next(iter(default_collate_fn_map.values()))
    if tensors_joiner is not collate_tensor_fn:
        return None
    for kind in type(dataset).__mro__:
        if "__getbatch__" in vars(kind):
            at_once: Callable[..., Any] = dataset.__getbatch__
            ready = getattr(dataset, "_makes_batches", None)
            return at_once if ready is None or ready() else None
        if "__getitem__" in vars(kind) or "__getitems__" in vars(kind):
            return None
    return None
