"""Sequences of different lengths in one tensor, padded, and apart again."""

from collections.abc import Iterable
from typing import Any

from tinytorch import _C, _creation
from tinytorch._C import Tensor


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
