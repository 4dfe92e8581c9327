"""Embeddings: rows of a table by their ids, one by one or added up in bags."""

import warnings
from typing import Any

from tinytorch import _C, _creation, _dtype
from tinytorch._C import Tensor
from tinytorch._grad_mode import no_grad


def padding_row(padding_idx: int | None, rows: int, name: str = "Padding_idx") -> int | None:
    """`padding_idx` counted from the front.  Raises AssertionError outside [-rows, rows)."""
    if padding_idx is None:
        return None
    if not -max(rows, 1) <= padding_idx < max(rows, 1) and padding_idx != 0:
        raise AssertionError(f"{name} must be within num_embeddings")
    return padding_idx + rows if padding_idx < 0 else padding_idx


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Row input[...] of weight.  input: (...) of int32 or int64, weight: (V, D) -> (..., D).

    The row of padding_idx gets no gradient.  max_norm: rows that are looked up and whose norm is
    larger are scaled down first, in weight itself.  sparse is accepted; the gradient is dense.
    Raises IndexError for an id outside [0, V).  Source: torch.nn.functional.embedding
    """
    x: Any = input
    table: Any = weight
    if not isinstance(x, Tensor) or not isinstance(table, Tensor):
        wrong = "input" if not isinstance(x, Tensor) else "weight"
        raise TypeError(f"embedding(): argument '{wrong}' must be Tensor")
    padding = padding_row(padding_idx, table.shape[0] if table.dim() else 0)
    if max_norm is not None:
        with no_grad():
            _C.embedding_renorm_(table.detach(), x, max_norm, norm_type)
    return _C.embedding(table, x, -1 if padding is None else padding, scale_grad_by_freq, sparse)


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sum, mean or maximum of the rows of each bag.  weight: (V, D) -> (B, D).

    input: (B, N), each row a bag, or (N,) with offsets (B,), where each bag starts (and, with
    include_last_offset, where the last one ends: later ids are in none).  per_sample_weights:
    shaped as input, mode "sum".
    Ids equal to padding_idx do not count.  sparse is accepted; the gradient is dense.
    Raises ValueError for shapes and modes that do not fit, IndexError for an id outside [0, V).
    Source: torch.nn.functional.embedding_bag
    """
    ids: Any = input
    table: Any = weight
    factors: Any = per_sample_weights
    starts: Any = offsets
    if table.dtype == _dtype.int64 and ids.is_floating_point():
        warnings.warn(
            "Argument order of nn.functional.embedding_bag was changed. "
            "Usage `embedding_bag(weight, input, ...)` is deprecated, "
            "and should now be `embedding_bag(input, weight, ...)`.",
            stacklevel=2,
        )
        table, ids = ids, table
    if factors is not None and ids.shape != factors.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({factors.shape}) is not None, "
            f"then it must have the same shape as the input ({ids.shape})"
        )
    if table.dim() != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {table.dim()}")
    if ids.dim() == 2:
        if starts is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch "
                f"of fixed length sequences. However, found offsets of type {type(starts)}"
            )
        count = ids.shape[1]
        starts = _creation.arange(ids.shape[0], dtype=_dtype.int64) * count
        include_last_offset = False
        ids = ids.reshape(-1)
        factors = None if factors is None else factors.reshape(-1)
    elif ids.dim() == 1:
        if starts is None:
            raise ValueError("offsets has to be a 1D Tensor but got None")
        if starts.dim() != 1:
            raise ValueError("offsets has to be a 1D Tensor")
    else:
        raise ValueError(
            f"input has to be 1D or 2D Tensor, but got Tensor of dimension {ids.dim()}"
        )
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    if max_norm is not None:
        with no_grad():
            _C.embedding_renorm_(table.detach(), ids, max_norm, norm_type)
    if factors is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported "
            f"for mode='sum' (got mode='{mode}')."
        )
    if padding_idx is not None and not -table.shape[0] <= padding_idx < table.shape[0]:
        raise RuntimeError(
            f"padding_idx must be within the number of embeddings, 0 through {table.shape[0] - 1}, "
            f"but got {padding_idx}"
        )
    padding = padding_row(padding_idx, table.shape[0])
    return _C._embedding_bag(
        table,
        ids,
        starts,
        mode,
        factors,
        include_last_offset,
        -1 if padding is None else padding,
        scale_grad_by_freq,
    )
