"""Datasets and the loader that makes batches of them: torch.utils.data.

Samples are read in the calling process, whatever num_workers says: batches and their order are the
same, and `get_worker_info()` is None. The order of a shuffled epoch is PyTorch's for the same seed.
"""

import copy
import itertools
import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from tinytorch import _C, _creation, _random
from tinytorch._C import Tensor
from tinytorch._dtype import float64

__path__: list[str] = []  # so that torch.utils.data.dataset and its like can be asked for

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


def _draw_seed(generator: Any = None) -> int:
    """A fresh seed: one 64-bit word of the generator."""
    return int(_random.randint(0, 1 << 62, (), generator=generator).item())


# --- datasets ---------------------------------------------------------------------------------


class Dataset(Generic[T_co]):
    """Samples by index: subclasses write `__getitem__` and `__len__`.

    Source: torch.utils.data.Dataset
    """

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other: "Dataset[Any]") -> "ConcatDataset":
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co]):
    """Samples in a stream: subclasses write `__iter__`.

    Source: torch.utils.data.IterableDataset
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError("Subclasses of IterableDataset should implement __iter__.")

    def __add__(self, other: Any) -> "ChainDataset":  # type: ignore[override]
        return ChainDataset([self, other])


class ChainDataset(IterableDataset[Any]):
    """One stream after the other.

    Raises AssertionError for datasets that are no streams.  Source: torch.utils.data.ChainDataset
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def _streams(self) -> Iterator[Any]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise AssertionError("ChainDataset only supports IterableDataset")
            yield dataset

    def __iter__(self) -> Iterator[Any]:
        return itertools.chain.from_iterable(self._streams())

    def __len__(self) -> int:
        return sum(len(dataset) for dataset in self._streams())


class StackDataset(Dataset[Any]):
    """Sample i is (a[i], b[i], ...), or {"x": a[i], ...} of datasets given by name.

    Raises ValueError for unequal lengths.  Source: torch.utils.data.StackDataset
    """

    datasets: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args and kwargs:
            raise ValueError(
                "Supported either ``tuple``- (via ``args``) or"
                "``dict``- (via ``kwargs``) like input/output, but both types are given."
            )
        if not args and not kwargs:
            raise ValueError("At least one dataset should be passed")
        self.datasets = args or kwargs
        parts = list(args or kwargs.values())
        self._length = len(parts[0])
        if any(len(part) != self._length for part in parts):
            raise ValueError("Size mismatch between datasets")

    def _each(self, read: Callable[[Any], Any]) -> Any:
        if isinstance(self.datasets, dict):
            return {name: read(dataset) for name, dataset in self.datasets.items()}
        return tuple(read(dataset) for dataset in self.datasets)

    def __getitem__(self, index: Any) -> Any:
        return self._each(lambda dataset: dataset[index])

    def __getitems__(self, indices: list[Any]) -> list[Any]:
        def read(dataset: Any) -> list[Any]:
            if not callable(getattr(dataset, "__getitems__", None)):
                return [dataset[index] for index in indices]
            items: list[Any] = dataset.__getitems__(indices)
            if len(items) != len(indices):
                raise ValueError(
                    "Nested dataset's output size mismatch. "
                    f"Expected {len(indices)}, got {len(items)}"
                )
            return items

        columns = self._each(read)
        if isinstance(columns, dict):
            rows = zip(*columns.values(), strict=True)
            return [dict(zip(columns, row, strict=True)) for row in rows]
        return list(zip(*columns, strict=True))

    def __len__(self) -> int:
        return self._length


class TensorDataset(Dataset[tuple[Any, ...]]):
    """Sample i is (a[i], b[i], ...) of tensors of equal length.

    Raises AssertionError for unequal lengths.  Source: torch.utils.data.TensorDataset
    """

    def __init__(self, *tensors: Tensor) -> None:
        if any(len(tensor) != len(tensors[0]) for tensor in tensors):
            raise AssertionError("Size mismatch between tensors")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])


class ConcatDataset(Dataset[Any]):
    """One dataset after the other.  Source: torch.utils.data.ConcatDataset"""

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        self.cumulative_sizes = list(itertools.accumulate(len(part) for part in self.datasets))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> Any:
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} is out of range for {len(self)} samples")
        index %= len(self)
        for dataset, end in zip(self.datasets, self.cumulative_sizes, strict=True):
            if index < end:
                return dataset[index - end + len(dataset)]
        raise AssertionError("unreachable: the last end is the length")


class Subset(Dataset[Any]):
    """The samples of a dataset at the given indices.  Source: torch.utils.data.Subset"""

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(
    dataset: Any, lengths: Sequence[int | float], generator: Any = None
) -> list[Subset]:
    """Disjoint random subsets of the given lengths, or shares that sum to one.

    Raises ValueError when the lengths do not sum to the dataset's.
    Source: torch.utils.data.random_split
    """
    sizes: list[Any] = list(lengths)
    if math.isclose(sum(sizes), 1) and sum(sizes) <= 1:
        for position, share in enumerate(sizes):
            if not 0 <= share <= 1:
                raise ValueError(f"Fraction at index {position} is not between 0 and 1")
        sizes = [math.floor(len(dataset) * share) for share in sizes]
        for position in range(len(dataset) - sum(sizes)):
            sizes[position % len(sizes)] += 1
        for position, size in enumerate(sizes):
            if size == 0:
                warnings.warn(
                    f"Length of split at index {position} is 0. "
                    "This might result in an empty dataset.",
                    stacklevel=2,
                )
    if sum(sizes) != len(dataset):
        raise ValueError("Sum of input lengths does not equal the length of the input dataset!")
    order = _random.randperm(len(dataset), generator=generator).tolist()
    return [
        Subset(dataset, order[end - size : end])
        for end, size in zip(itertools.accumulate(sizes), sizes, strict=True)
    ]


# --- samplers ---------------------------------------------------------------------------------


class Sampler(Generic[T_co]):
    """Yields indices: subclasses write `__iter__`.  Source: torch.utils.data.Sampler"""

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError


class SequentialSampler(Sampler[int]):
    """0, 1, 2, ...  Source: torch.utils.data.SequentialSampler"""

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """Indices in random order, or with replacement.  num_samples: how many, all of them by default.

    Raises ValueError unless num_samples is positive.  Source: torch.utils.data.RandomSampler
    """

    def __init__(
        self,
        data_source: Any,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Any = None,
    ) -> None:
        if not isinstance(replacement, bool):
            raise TypeError(
                f"replacement should be a boolean value, but got replacement={replacement}"
            )
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            raise ValueError(
                "num_samples should be a positive integer value, "
                f"but got num_samples={self.num_samples}"
            )

    @property
    def num_samples(self) -> int:
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        generator = self.generator
        if generator is None:
            generator = _C.Generator()
            generator.manual_seed(_draw_seed())
        size = len(self.data_source)
        if self.replacement:
            for start in range(0, self.num_samples, 32):
                count = min(32, self.num_samples - start)
                yield from _random.randint(0, size, (count,), generator=generator).tolist()
            return
        for _ in range(self.num_samples // size):
            yield from _random.randperm(size, generator=generator).tolist()
        # As PyTorch: a last permutation is drawn even when nothing of it is needed.
        rest = self.num_samples % size
        yield from _random.randperm(size, generator=generator).tolist()[:rest]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given indices in random order.  Source: torch.utils.data.SubsetRandomSampler"""

    def __init__(self, indices: Sequence[int], generator: Any = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        order = _random.randperm(len(self.indices), generator=self.generator).tolist()
        return (self.indices[position] for position in order)

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices drawn by their weights, which need not add up to 1.

    Raises ValueError unless weights are one-dimensional and num_samples is positive.
    Source: torch.utils.data.WeightedRandomSampler
    """

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Any = None,
    ) -> None:
        if not isinstance(num_samples, int) or isinstance(num_samples, bool) or num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer, got {num_samples!r}")
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement should be a boolean, got {replacement!r}")
        self.weights = _creation.as_tensor(weights, dtype=float64)
        if self.weights.dim() != 1:
            raise ValueError(f"weights should be 1d, got shape {tuple(self.weights.shape)}")
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        drawn = _C.multinomial(
            self.weights, self.num_samples, self.replacement, generator=self.generator
        )
        yield from drawn.tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Groups the indices of another sampler by batch_size; drop_last: without a smaller last one.

    Raises ValueError unless batch_size is positive.  Source: torch.utils.data.BatchSampler
    """

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ValueError(
                f"batch_size should be a positive integer value, but got batch_size={batch_size}"
            )
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        return _batch_count(len(self.sampler), self.batch_size, self.drop_last)


def _batch_count(samples: int, batch_size: int, drop_last: bool) -> int:
    return samples // batch_size if drop_last else -(-samples // batch_size)


# --- batches ----------------------------------------------------------------------------------


def default_collate(batch: Sequence[Any]) -> Any:
    """A list of samples -> one sample of batches, as deep as the samples are.

    Tensors and arrays are stacked, numbers become a tensor, strings stay a list; tuples and lists
    become lists, dicts dicts.
    Raises RuntimeError for sequences of unequal length, TypeError for other samples.
    Source: torch.utils.data.default_collate
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return _C.stack(list(batch), 0)
    if isinstance(first, (np.ndarray, np.generic)) and not isinstance(first, (str, bytes)):
        if first.dtype.kind not in "biuf":
            raise TypeError(_cannot_collate(first.dtype))
        return _C.stack([_creation.as_tensor(np.asarray(sample)) for sample in batch], 0)
    if isinstance(first, float):
        return _creation.tensor(list(batch), dtype=float64)
    if isinstance(first, int):
        return _creation.tensor(list(batch))
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        merged = {key: default_collate([sample[key] for sample in batch]) for key in first}
        return _as_mapping(first, merged)
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*(default_collate(samples) for samples in zip(*batch, strict=True)))
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        return [default_collate(samples) for samples in zip(*batch, strict=True)]
    raise TypeError(_cannot_collate(type(first)))


def _cannot_collate(kind: Any) -> str:
    return (
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; "
        f"found {kind}"
    )


def _as_mapping(like: Any, entries: dict[Any, Any]) -> Any:
    if type(like) is dict:
        return entries
    try:
        if isinstance(like, MutableMapping):
            copied = copy.copy(like)
            copied.update(entries)
            return copied
        return type(like)(entries)
    except TypeError:
        return entries


def default_convert(data: Any) -> Any:
    """A sample with its numpy arrays as tensors.  Source: torch.utils.data.default_convert"""
    if isinstance(data, (np.ndarray, np.generic)) and data.dtype.kind in "biuf":
        return _creation.as_tensor(np.asarray(data))
    if isinstance(data, Mapping):
        return _as_mapping(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*(default_convert(value) for value in data))
    if isinstance(data, (tuple, list)):
        return [default_convert(value) for value in data]
    return data


def get_worker_info() -> None:
    """None: samples are read in the calling process.  Source: torch.utils.data.get_worker_info"""
    return


class DataLoader(Generic[T]):
    """Batches of a dataset, in order or shuffled anew each time they are iterated.

    dataset: anything with `__getitem__` and `__len__`, or an IterableDataset.
    batch_size: None gives single samples.  shuffle: in random order.  drop_last: no smaller last
    batch.  sampler, batch_sampler: other orders.  collate_fn: makes a batch of a list of samples,
    `default_collate` unless given.  generator: draws the order.
    num_workers, pin_memory, timeout, multiprocessing_context, prefetch_factor, persistent_workers,
    pin_memory_device, in_order: accepted, without effect; so is worker_init_fn, with a warning.
    Raises ValueError for options that exclude each other.  Source: torch.utils.data.DataLoader
    """

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
        if prefetch_factor is not None and prefetch_factor < 0:
            raise ValueError("prefetch_factor option should be non-negative")
        if persistent_workers and num_workers == 0:
            raise ValueError("persistent_workers option needs num_workers > 0")
        if multiprocessing_context is not None and num_workers == 0:
            raise ValueError(
                "multiprocessing_context can only be used with multi-process loading "
                f"(num_workers > 0), but got num_workers={num_workers}"
            )
        if worker_init_fn is not None and num_workers > 0:
            warnings.warn(
                "DataLoader: samples are read in the calling process, so worker_init_fn is not "
                "called",
                UserWarning,
                stacklevel=2,
            )
        streams = isinstance(dataset, IterableDataset)
        if streams:
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
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, "
                    "and drop_last"
                )
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError(
                "batch_size=None option disables auto-batching and is mutually exclusive with "
                "drop_last"
            )
        if sampler is None and not streams:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else None
            sampler = sampler or SequentialSampler(dataset)
        if batch_size is not None and batch_sampler is None:
            source = itertools.repeat(None) if streams else sampler
            batch_sampler = BatchSampler(source, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.num_workers = num_workers
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.prefetch_factor = prefetch_factor
        self.persistent_workers = persistent_workers
        self.pin_memory_device = pin_memory_device
        self.in_order = in_order
        self.drop_last = drop_last
        self.generator = generator
        self.pin_memory = pin_memory
        if collate_fn is None:
            collate_fn = default_convert if batch_sampler is None else default_collate
        self.collate_fn: Callable[[list[Any]], Any] = collate_fn
        self._made = True

    _made = False

    def __setattr__(self, name: str, value: Any) -> None:
        fixed = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset")
        if self._made and name in (*fixed, "persistent_workers"):
            raise ValueError(
                f"{name} attribute should not be set after {type(self).__name__} is initialized"
            )
        super().__setattr__(name, value)

    def __iter__(self) -> Iterator[Any]:
        # PyTorch draws the seed of its workers here, workers or not: so the streams stay equal.
        _draw_seed(self.generator)
        if isinstance(self.dataset, IterableDataset):
            return self._stream(iter(self.dataset))
        if self.batch_sampler is None:
            return (self.collate_fn(self.dataset[index]) for index in self.sampler)
        return (self.collate_fn(self._fetch(batch)) for batch in self.batch_sampler)

    def _fetch(self, indices: list[Any]) -> list[Any]:
        at_once = getattr(self.dataset, "__getitems__", None)
        if callable(at_once):
            samples: list[Any] = at_once(indices)
            return samples
        return [self.dataset[index] for index in indices]

    def _stream(self, samples: Iterator[Any]) -> Iterator[Any]:
        if self.batch_size is None:
            yield from (self.collate_fn(sample) for sample in samples)
            return
        while batch := list(itertools.islice(samples, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield self.collate_fn(batch)

    def __len__(self) -> int:
        if isinstance(self.dataset, IterableDataset):
            samples = len(self.dataset)  # type: ignore[arg-type]
            if self.batch_size is None:
                return samples
            return _batch_count(samples, self.batch_size, self.drop_last)
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)
