"""Datasets: samples by index or in a stream, joined, stacked and split."""

import bisect
import itertools
import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from tinytorch import _C, _creation, dataloader
from tinytorch._C import Tensor

__all__ = [
    "ChainDataset",
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "StackDataset",
    "Subset",
    "TensorDataset",
    "random_split",
]

T_co = TypeVar("T_co", covariant=True)


class Dataset(Generic[T_co]):
    """Samples by index: subclasses write `__getitem__` and `__len__`.

    Source: torch.utils.data.Dataset
    """

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other: "Dataset[Any]") -> "ConcatDataset":
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co], Iterable[T_co]):
    """Samples in a stream: subclasses write `__iter__`, and cannot be made without.

    Source: torch.utils.data.IterableDataset
    """

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

    tensors: tuple[Tensor, ...]

    def __init__(self, *tensors: Tensor) -> None:
        if any(tensors[0].size(0) != tensor.size(0) for tensor in tensors):
            raise AssertionError("Size mismatch between tensors")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return int(self.tensors[0].size(0))

    def __getbatch__(self, indices: list[Any], generator: Any = None) -> Any:
        """The whole batch, as collated samples are; None for indices that are no integers."""
        if not integers(indices):
            return None
        rows = _creation.tensor(indices)
        return [dataloader.gather(tensor, rows) for tensor in self.tensors]

    def _makes_batches(self) -> bool:
        return all(
            type(tensor) is Tensor and not getattr(tensor, "requires_grad", False)
            for tensor in self.tensors
        )


def integers(indices: Any) -> bool:
    """Whether they are a list of plain integers, at least one."""
    return type(indices) is list and bool(indices) and all(type(i) is int for i in indices)


class ConcatDataset(Dataset[Any]):
    """One dataset after the other.

    Raises AssertionError for none at all, or for streams; ValueError for an index too far below 0.
    Source: torch.utils.data.ConcatDataset
    """

    datasets: list[Any]
    cumulative_sizes: list[int]

    @staticmethod
    def cumsum(sequence: Iterable[Any]) -> list[int]:
        return list(itertools.accumulate(len(part) for part in sequence))

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        if any(isinstance(part, IterableDataset) for part in self.datasets):
            raise AssertionError("ConcatDataset does not support IterableDataset")
        self.cumulative_sizes = self.cumsum(self.datasets)

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> Any:
        if index < 0:
            if -index > len(self):
                raise ValueError("absolute value of index should not exceed dataset length")
            index += len(self)
        if index >= len(self):
            raise IndexError(f"index {index} is out of range for {len(self)} samples")
        part = bisect.bisect_right(self.cumulative_sizes, index)
        start = self.cumulative_sizes[part - 1] if part else 0
        return self.datasets[part][index - start]


class Subset(Dataset[Any]):
    """The samples of a dataset at the given indices.

    Raises NotImplementedError for a subclass that overrides `__getitem__` and not `__getitems__`,
    which loaders use.  Source: torch.utils.data.Subset
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices
        kind = type(self)
        own = kind.__getitem__ is not Subset.__getitem__
        if own and kind.__getitems__ is Subset.__getitems__:
            raise NotImplementedError(
                f"{kind.__name__} overrides __getitem__ but not __getitems__. "
                "When subclassing Subset and overriding __getitem__, you must also override "
                "__getitems__ to ensure DataLoader works correctly with your custom logic. "
                "A simple implementation:\n\n"
                "def __getitems__(self, indices):\n"
                "    return [self.__getitem__(idx) for idx in indices]"
            )

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: list[int]) -> list[Any]:
        chosen = [self.indices[i] for i in indices]
        at_once = getattr(self.dataset, "__getitems__", None)
        if callable(at_once):
            samples: list[Any] = at_once(chosen)
            return samples
        return [self.dataset[i] for i in chosen]

    def __len__(self) -> int:
        return len(self.indices)

    def __getbatch__(self, indices: list[Any], generator: Any = None) -> Any:
        """The dataset's whole batch, where it makes any."""
        if not integers(indices):
            return None
        chosen = [self.indices[i] for i in indices]
        return self.dataset.__getbatch__(chosen, generator)

    def _makes_batches(self) -> bool:
        from tinytorch.utils.data._utils.collate import default_collate
        from tinytorch.utils.data._utils.fetch import whole_batches

        return whole_batches(self.dataset, default_collate) is not None


def random_split(
    dataset: Any, lengths: Sequence[int | float], generator: Any = _C.default_generator
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
    order = dataloader.permutation(len(dataset), generator).tolist()
    return [
        Subset(dataset, order[end - size : end])
        for end, size in zip(itertools.accumulate(sizes), sizes, strict=True)
    ]
