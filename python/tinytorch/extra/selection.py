"""Selection and placement composed of views, copies and scatters."""

from typing import Any

from tinytorch import _C
from tinytorch._dtype import dtype as _dtype_class
from tinytorch._dtype import int32, int64
from tinytorch.extra._surface import both, function, method


@both
def count_nonzero(input: Any, dim: Any = None) -> Any:
    """How many elements are not zero, in all or along `dim`.  Source: torch.count_nonzero"""
    return (input != 0).sum(dim)


@both
def take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Any:
    """`gather` with other sizes broadcast; without `dim`, from `input` as if it were flat.

    Raises RuntimeError where the numbers of dims differ.  Source: torch.take_along_dim
    """
    if indices.dtype != int64:
        raise RuntimeError(f"take_along_dim: expected indices of int64, got {indices.dtype}")
    if dim is None:
        return input.flatten().gather(0, indices.flatten())
    if input.dim() != indices.dim():
        raise RuntimeError(
            "take_along_dim: input and indices should have the same number of dimensions, but got"
            f" {input.dim()} dimensions for input, and {indices.dim()} dimensions for indices"
        )
    size = input.size(dim)  # checks dim
    dim = dim % max(input.dim(), 1)
    shape = _C.tensor.broadcast_shapes(
        [1 if d == dim else n for d, n in enumerate(input.shape)],
        [1 if d == dim else n for d, n in enumerate(indices.shape)],
    )

    def with_size(n: int) -> list[int]:
        return [n if d == dim else size for d, size in enumerate(shape)]

    positions = indices.expand(with_size(indices.size(dim)))
    return input.expand(with_size(size)).gather(dim, positions)


@both
def select_scatter(input: Any, src: Any, dim: int, index: int) -> Any:
    """A copy of `input` with `src` at `index` along `dim`.  Source: torch.select_scatter"""
    return _replaced(input, src, lambda y: y.select(dim, index))


@both
def slice_scatter(
    input: Any,
    src: Any,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
) -> Any:
    """A copy of `input` with `src` in a slice along `dim`.  Source: torch.slice_scatter"""
    if step < 1:
        raise RuntimeError(f"slice_scatter: expected step > 0, got {step}")
    input.size(dim)  # checks dim
    dim = dim % max(input.dim(), 1)
    at = (*(slice(None),) * dim, slice(start, end, step))
    return _replaced(input, src, lambda y: y[at])


@both
def diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """A copy of `input` with `src` on a diagonal.  Source: torch.diagonal_scatter"""
    return _replaced(input, src, lambda y: y.diagonal(offset, dim1, dim2))


def _replaced(input: Any, src: Any, part: Any) -> Any:
    y = input.clone()
    view = part(y)
    if view.shape != src.shape:
        raise RuntimeError(
            "expected src to have a size equal to the slice of self."
            f" src size = {list(src.shape)}, slice size = {list(view.shape)}"
        )
    view.copy_(src)
    return y


@both
def diag(input: Any, diagonal: int = 0) -> Any:
    """A vector on a matrix's diagonal, or a matrix's diagonal.  Source: torch.diag"""
    if input.dim() == 1:
        return input.diag_embed(diagonal)
    if input.dim() != 2:
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.dim()}D")
    return input.diagonal(diagonal).clone()


@both
def diagflat(input: Any, offset: int = 0) -> Any:
    """All elements on the diagonal of a matrix.  Source: torch.diagflat"""
    return input.reshape(-1).diag_embed(offset)


@both
def index_reduce(
    input: Any,
    dim: int,
    index: Any,
    source: Any,
    reduce: str,
    *,
    include_self: bool = True,
) -> Any:
    """Slices of `source` reduced into those of `input` at `index` along `dim`.

    reduce: "prod", "mean", "amax" or "amin".  Source: torch.index_reduce
    """
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(
            "index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got"
            f" {reduce}."
        )
    if index.dim() > 1:
        raise IndexError("index_reduce(): Index is supposed to be a vector")
    if source.dim() != input.dim() or source.size(dim) != index.numel():
        raise RuntimeError(
            f"index_reduce(): source of shape {tuple(source.shape)} does not fit"
            f" {tuple(input.shape)} at {index.numel()} indices along dim {dim}"
        )
    shape = [1] * input.dim()
    if input.dim():
        shape[dim] = index.numel()
    positions = index.reshape(shape).expand(source.shape)
    return input.scatter_reduce(dim, positions, source, reduce, include_self=include_self)


@method
def index_reduce_(
    self: Any,
    dim: int,
    index: Any,
    source: Any,
    reduce: str,
    *,
    include_self: bool = True,
) -> Any:
    """`index_reduce` in place.  Source: torch.Tensor.index_reduce_"""
    old = self.clone()
    return self.copy_(index_reduce(old, dim, index, source, reduce, include_self=include_self))


def _triangle(
    kind: str, row: int, col: int, offset: int, dtype: Any, device: Any, layout: Any
) -> Any:
    from tinytorch._device import check_cpu

    if device is not None:
        check_cpu(device)
    if dtype is not None and not isinstance(dtype, _dtype_class):
        raise TypeError(f"{kind}: expected a dtype, got {dtype!r}")
    if dtype not in (None, int32, int64):
        raise NotImplementedError(f'"{kind}" not implemented for {dtype}')
    indices = getattr(_C, f"_{kind}")(row, col, offset)
    return indices if dtype in (None, int64) else indices.to(dtype)


@function
def tril_indices(
    row: int,
    col: int,
    offset: int = 0,
    *,
    dtype: Any = None,
    device: Any = None,
    layout: Any = None,
) -> Any:
    """Rows and columns of the lower triangle, (2, count).  Source: torch.tril_indices"""
    return _triangle("tril_indices", row, col, offset, dtype, device, layout)


@function
def triu_indices(
    row: int,
    col: int,
    offset: int = 0,
    *,
    dtype: Any = None,
    device: Any = None,
    layout: Any = None,
) -> Any:
    """Rows and columns of the upper triangle, (2, count).  Source: torch.triu_indices"""
    return _triangle("triu_indices", row, col, offset, dtype, device, layout)
