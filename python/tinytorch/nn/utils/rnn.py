"""Sequences of different lengths in one tensor, padded, and apart again."""

import itertools
from collections.abc import Iterable
from typing import Any, NamedTuple, Self

from tinytorch import _C, _creation, _dtype
from tinytorch._C import Tensor


class _Packed(NamedTuple):
    data: Any
    batch_sizes: Any
    sorted_indices: Any
    unsorted_indices: Any


class PackedSequence(_Packed):
    """Sequences without padding, step by step: batch_sizes[t] rows of data belong to step t.

    Made by pack_padded_sequence and pack_sequence.  Source: torch.nn.utils.rnn.PackedSequence
    """

    def __new__(
        cls,
        data: Any,
        batch_sizes: Any = None,
        sorted_indices: Any = None,
        unsorted_indices: Any = None,
    ) -> Self:
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        if batch_sizes is None:
            if not isinstance(data, (list, tuple)) or len(data) != 2:
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """The same with data.to(...)."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        return type(self)(data, self.batch_sizes, self.sorted_indices, self.unsorted_indices)

    def cpu(self, *args: Any, **kwargs: Any) -> Self:
        """Itself."""
        return self.to("cpu")

    def double(self) -> Self:
        return self.to(_dtype.float64)

    def float(self) -> Self:
        return self.to(_dtype.float32)

    @property
    def is_cuda(self) -> bool:
        return False

    def is_pinned(self) -> bool:
        return False


def invert_permutation(permutation: Any) -> Any:
    """The permutation that undoes this one.  Source: torch.nn.utils.rnn.invert_permutation"""
    return None if permutation is None else _C.argsort(permutation)


def pack_padded_sequence(
    input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """(L, N, ...), or (N, L, ...) with batch_first, without what lies beyond each length.

    Raises RuntimeError for lengths below 1 or above L, and, unless enforce_sorted=False, for
    lengths that rise.  Source: torch.nn.utils.rnn.pack_padded_sequence
    """
    x = input.transpose(0, 1) if batch_first else input
    long = [int(n) for n in (lengths.tolist() if isinstance(lengths, Tensor) else lengths)]
    order: Any = None
    if not enforce_sorted:
        order = _C.argsort(_creation.tensor(long, dtype=_dtype.int64), descending=True, stable=True)
        x = x.index_select(1, order)
        long = sorted(long, reverse=True)
    if len(long) != x.shape[1]:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {len(long)} "
            f"(batch_size={x.shape[1]})"
        )
    if any(a < b for a, b in itertools.pairwise(long)):
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. "
            "You can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to "
            "sidestep this requirement if you do not need ONNX exportability."
        )
    if not long or long[-1] <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' "
            "that is <= 0"
        )
    if long[0] > x.shape[0]:
        raise RuntimeError(
            f"pack_padded_sequence: a length of {long[0]} is more than the {x.shape[0]} steps of "
            "the input"
        )
    sizes = [sum(n > step for n in long) for step in range(long[0])]
    data = _C.cat([x[step, :size] for step, size in enumerate(sizes)])
    return PackedSequence(data, _creation.tensor(sizes, dtype=_dtype.int64), order)


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """The sequences as (L, N, ...), or (N, L, ...) with batch_first, and their lengths.

    Raises ValueError for a total_length below the longest sequence.
    Source: torch.nn.utils.rnn.pad_packed_sequence
    """
    sizes = sequence.batch_sizes.tolist()
    if total_length is not None and total_length < len(sizes):
        raise ValueError(
            "Expected total_length to be at least the length of the longest sequence in input, "
            f"but got total_length={total_length} and max sequence length being {len(sizes)}"
        )
    data = sequence.data
    rows, start = [], 0
    for size in [*sizes, *[0] * ((total_length or 0) - len(sizes))]:
        missing = (sizes[0] - size, *data.shape[1:])
        padding = _creation.full(missing, padding_value, dtype=data.dtype)
        rows.append(_C.cat([data[start : start + size], padding]))
        start += size
    padded: Any = _C.stack(rows, 1 if batch_first else 0)
    lengths: Any = _creation.tensor(
        [sum(size > n for size in sizes) for n in range(sizes[0])], dtype=_dtype.int64
    )
    if sequence.unsorted_indices is not None:
        padded = padded.index_select(0 if batch_first else 1, sequence.unsorted_indices)
        lengths = lengths[sequence.unsorted_indices]
    return padded, lengths


def pack_sequence(sequences: Any, enforce_sorted: bool = True) -> PackedSequence:
    """Sequences (L_i, ...) packed.  Source: torch.nn.utils.rnn.pack_sequence"""
    lengths = [sequence.shape[0] for sequence in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences that `pack_sequence` packed.  Source: torch.nn.utils.rnn.unpack_sequence"""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


def pad_sequence(
    sequences: Any,
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Sequences (L_i, ...) -> (L, N, ...), or (N, L, ...) with batch_first; L the longest.

    Source: torch.nn.utils.rnn.pad_sequence
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            "pad_sequence: Expected iterable for input sequences, but got arg of type: "
            f"{type(sequences)}"
        )
    if padding_side not in ("left", "right"):
        raise RuntimeError(
            f"Expected padding_side to be one of left or right, but got {padding_side}."
        )
    given: list[Any] = list(sequences)
    if not given:
        raise RuntimeError("received an empty list of sequences")
    rest = tuple(given[0].shape[1:])
    for sequence in given:
        if sequence.dim() == 0 or tuple(sequence.shape[1:]) != rest:
            raise RuntimeError(
                "pad_sequence: expected sequences (L, ...) alike but for L, got "
                f"{tuple(given[0].shape)} and {tuple(sequence.shape)}"
            )
    longest = max(sequence.shape[0] for sequence in given)
    rows = []
    for sequence in given:
        shape = (longest - sequence.shape[0], *rest)
        padding = _creation.full(shape, padding_value, dtype=sequence.dtype)
        parts = [sequence, padding] if padding_side == "right" else [padding, sequence]
        rows.append(_C.cat(parts))
    return _C.stack(rows, 0 if batch_first else 1)


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Tensor]:
    """The sequences that `pad_sequence` padded.  Source: torch.nn.utils.rnn.unpad_sequence"""
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [row[: int(length)] for row, length in zip(rows, lengths, strict=True)]
