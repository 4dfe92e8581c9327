"""Sparse matrices as graph programs use them: coordinates and values, times dense matrices.

A sparse tensor is an object of its own, and no Tensor: it can be built, coalesced, transposed,
scaled, multiplied with dense ones, and turned dense. Gradients reach its values and what it is
multiplied with. Importing this module makes torch.mm, matmul and sum take them.
"""

import functools
import sys
from typing import Any

from tinytorch import _C, _creation
from tinytorch._C import Tensor
from tinytorch._device import check_cpu
from tinytorch._dtype import float32, float64, int32, int64
from tinytorch._memory_format import layout
from tinytorch._size import Size
from tinytorch._tensor_str import numbers_str

__all__ = [
    "DoubleTensor",
    "FloatTensor",
    "IntTensor",
    "LongTensor",
    "SparseTensor",
    "mm",
    "sparse_coo_tensor",
]

sparse_coo = layout("sparse_coo")


class SparseTensor:
    """indices: (dims, n) int64.  values: (n,).  One place may have several values, which add up."""

    is_sparse = True
    layout = sparse_coo
    __array_priority__ = 1000

    def __init__(self, indices: Any, values: Any, size: Any, coalesced: bool = False) -> None:
        self._at, self._filled, self._size = indices, values, Size(size)
        self._coalesced = coalesced

    @property
    def shape(self) -> Size:
        return self._size

    @property
    def dtype(self) -> Any:
        return self._filled.dtype

    @property
    def device(self) -> Any:
        return self._filled.device

    @property
    def requires_grad(self) -> bool:
        return bool(self._filled.requires_grad)

    @property
    def ndim(self) -> int:
        return len(self._size)

    @property
    def T(self) -> "SparseTensor":
        return self.t()

    def size(self, dim: int | None = None) -> Any:
        return self._size if dim is None else self._size[dim]

    def dim(self) -> int:
        return len(self._size)

    sparse_dim = dim

    def dense_dim(self) -> int:
        return 0

    def numel(self) -> int:
        return int(self._size.numel())

    def _nnz(self) -> int:
        return int(self._filled.shape[0])

    def _indices(self) -> Any:
        return self._at

    def _values(self) -> Any:
        return self._filled

    def is_coalesced(self) -> bool:
        return self._coalesced

    def _checked(self, what: str) -> "SparseTensor":
        if not self._coalesced:
            raise RuntimeError(
                f"Cannot get {what} on an uncoalesced tensor, please call .coalesce() first"
            )
        return self

    def indices(self) -> Any:
        """The places, sorted.  Raises RuntimeError before coalesce()."""
        return self._checked("indices")._at

    def values(self) -> Any:
        """The value at each place.  Raises RuntimeError before coalesce()."""
        return self._checked("values")._filled

    def coalesce(self) -> "SparseTensor":
        """One value a place, in order of rows."""
        if self._coalesced:
            return self
        key: Any = _creation.zeros(self._nnz(), dtype=int64)
        for row, n in zip(self._at, self._size, strict=True):
            key = key * n + row
        places, back = key.unique(return_inverse=True)
        values = self._filled.new_zeros(places.shape[0]).index_add(0, back, self._filled)
        rows = []
        for n in reversed(self._size):
            rows.append(places.remainder(n))
            places = places // n
        return SparseTensor(_C.stack(rows[::-1]), values, self._size, True)

    def to_dense(self, dtype: Any = None) -> Any:
        """The same as a Tensor."""
        key: Any = _creation.zeros(self._nnz(), dtype=int64)
        for row, n in zip(self._at, self._size, strict=True):
            key = key * n + row
        flat = self._filled.new_zeros(self.numel()).index_add(0, key, self._filled)
        return flat.reshape(self._size) if dtype is None else flat.reshape(self._size).to(dtype)

    def _like(self, values: Any) -> "SparseTensor":
        return SparseTensor(self._at, values, self._size, self._coalesced)

    def to(self, *args: Any, **kwargs: Any) -> "SparseTensor":
        return self._like(self._filled.to(*args, **kwargs))

    def cuda(self, device: Any = None) -> "SparseTensor":
        self._filled.cuda(device)
        return self

    def cpu(self) -> "SparseTensor":
        return self

    def float(self) -> "SparseTensor":
        return self.to(float32)

    def double(self) -> "SparseTensor":
        return self.to(float64)

    def detach(self) -> "SparseTensor":
        return self._like(self._filled.detach())

    def clone(self) -> "SparseTensor":
        return SparseTensor(self._at.clone(), self._filled.clone(), self._size, self._coalesced)

    def to_sparse(self) -> "SparseTensor":
        return self

    def transpose(self, dim0: int, dim1: int) -> "SparseTensor":
        order = list(range(self.dim()))
        order[dim0], order[dim1] = order[dim1], order[dim0]
        at = self._at[order]
        return SparseTensor(at, self._filled, [self._size[k] for k in order])

    def t(self) -> "SparseTensor":
        if self.dim() > 2:
            raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, got {self.dim()}")
        return self.transpose(0, 1) if self.dim() == 2 else self

    def sum(self, dim: int | None = None) -> Any:
        """Of everything, as a Tensor; along a dim, dense."""
        return self._filled.sum() if dim is None else self.to_dense().sum(dim)

    def mm(self, other: Any) -> Any:
        return mm(self, other)

    matmul = mm

    def __matmul__(self, other: Any) -> Any:
        return _product(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return _product(self.t(), other.transpose(-1, -2)).transpose(-1, -2)

    def __mul__(self, other: Any) -> "SparseTensor":
        if isinstance(other, Tensor) and other.dim() > 0:
            other = other.expand(self._size)[tuple(self._at)]
        return self._like(self._filled * other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "SparseTensor":
        return self._like(self._filled / other)

    def __neg__(self) -> "SparseTensor":
        return self._like(-self._filled)

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, SparseTensor):
            raise RuntimeError(
                "add(sparse, dense) is not supported. Use add(dense, sparse) instead."
            )
        if other.shape != self.shape:
            raise RuntimeError(
                f"add: expected sizes of 'self' and 'other' to match, but {list(self.shape)} != "
                f"{list(other.shape)}"
            )
        values = _C.cat([self._filled, other._filled])
        return SparseTensor(_C.cat([self._at, other._at], 1), values, self._size).coalesce()

    def __radd__(self, other: Any) -> Any:
        return other + self.to_dense()

    def __rsub__(self, other: Any) -> Any:
        return other - self.to_dense()

    def __repr__(self) -> str:
        def part(name: str, x: Any) -> str:
            opening = f"{name}=tensor("
            size = "" if x.numel() else f", size={tuple(x.shape)}"
            return f"{opening}{numbers_str(x, len('tensor(' + opening))}{size})"

        words = [part("indices", self._at), part("values", self._filled)]
        tail = f"size={tuple(self._size)}, nnz={self._nnz()}"
        if self.dtype not in (float32, int64):
            tail += f", dtype={self.dtype}"
        tail += ", layout=torch.sparse_coo"
        if self.requires_grad:
            tail += ", requires_grad=True"
        return "tensor(" + ",\n       ".join([*words, tail]) + ")"

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"tinytorch's sparse tensors do not have {name!r}; to_dense() gives a Tensor"
        )


def _product(a: SparseTensor, b: Any) -> Any:
    if isinstance(b, SparseTensor):
        raise NotImplementedError("mm: tinytorch multiplies sparse by dense, not by sparse")
    vector = b.dim() == 1
    b = b.unsqueeze(1) if vector else b
    if a.dim() != 2 or b.dim() != 2:
        raise RuntimeError(f"mm: expected matrices, got {a.dim()} and {b.dim()} dims")
    if a.shape[1] != b.shape[0]:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({a.shape[0]}x{a.shape[1]} and "
            f"{b.shape[0]}x{b.shape[1]})"
        )
    if a.dtype != b.dtype:
        raise RuntimeError(f"expected m1 and m2 to have the same dtype: {a.dtype} != {b.dtype}")
    rows, columns = a._at
    terms = a._filled.unsqueeze(1) * b.index_select(0, columns)
    y = terms.new_zeros((a.shape[0], b.shape[1])).index_add(0, rows, terms)
    return y.squeeze(1) if vector else y


def mm(mat1: Any, mat2: Any) -> Any:
    """The product of a sparse and a dense matrix.  Source: torch.sparse.mm

    Raises NotImplementedError for two sparse ones.
    """
    if isinstance(mat1, SparseTensor):
        return _product(mat1, mat2)
    if isinstance(mat2, SparseTensor):
        return mat2.__rmatmul__(mat1)
    return _C.matmul(mat1, mat2)


def sparse_coo_tensor(
    indices: Any,
    values: Any,
    size: Any = None,
    *,
    dtype: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    check_invariants: bool | None = None,
    is_coalesced: bool = False,
) -> SparseTensor:
    """values at indices, zero elsewhere.  indices: (dims, n), values: (n,).

    size: as large as the indices need unless given.  Raises RuntimeError for indices outside it.
    Source: torch.sparse_coo_tensor
    """
    check_cpu(device)
    at = _creation.as_tensor(indices).to(int64)
    given = isinstance(values, Tensor)
    filled: Any = values if given else _creation.tensor(values)
    filled = filled if dtype is None else filled.to(dtype)
    if at.dim() != 2:
        raise RuntimeError(f"indices must be sparse_dim x nnz, but got: {list(at.shape)}")
    if filled.dim() != 1:
        raise NotImplementedError(
            f"sparse_coo_tensor: expected one number a place, got values of {filled.dim()} dims"
        )
    if at.shape[1] != filled.shape[0]:
        raise RuntimeError(
            f"indices and values must have same nnz, but got nnz from indices: {at.shape[1]}, nnz "
            f"from values: {filled.shape[0]}"
        )
    largest = at.amax(1).tolist() if at.shape[1] else [-1] * at.shape[0]
    if size is None:
        size = [n + 1 for n in largest]
    if len(size) != at.shape[0]:
        raise RuntimeError(
            f"number of dimensions must be sparse_dim ({at.shape[0]}) + dense_dim (0), but got "
            f"{len(size)}"
        )
    for dim, (top, n) in enumerate(zip(largest, size, strict=True)):
        if top >= n:
            raise RuntimeError(
                f"size is inconsistent with indices: for dim {dim}, size is {n} but found index "
                f"{top}"
            )
    if at.numel() and int(at.min()) < 0:
        raise RuntimeError(f"found negative index {int(at.min())}")
    if requires_grad:
        filled = filled.detach().requires_grad_()
    return SparseTensor(at, filled, size, is_coalesced)


def from_dense(x: Any) -> SparseTensor:
    """Where x is not 0.  Source: torch.Tensor.to_sparse"""
    at = x.detach().nonzero().T
    return SparseTensor(at, x[tuple(at)], x.shape, True)


def _old(name: str, dtype: Any) -> Any:
    def construct(indices: Any, values: Any, size: Any = None) -> SparseTensor:
        return sparse_coo_tensor(indices, values, size, dtype=dtype)

    construct.__name__ = construct.__qualname__ = name
    return construct


FloatTensor = _old("FloatTensor", float32)
DoubleTensor = _old("DoubleTensor", float64)
LongTensor = _old("LongTensor", int64)
IntTensor = _old("IntTensor", int32)


def __getattr__(name: str) -> Any:
    raise AttributeError(f"tinytorch does not have torch.sparse.{name}")


def _teach(name: str) -> None:
    """Makes tinytorch.<name> take sparse tensors, for programs that have some."""
    package = sys.modules["tinytorch"]
    dense = getattr(package, name)

    @functools.wraps(dense)
    def either(*args: Any, **kwargs: Any) -> Any:
        if any(isinstance(x, SparseTensor) for x in args[:2]):
            if name == "sum":
                return args[0].sum(*args[1:], **kwargs)
            return mm(*args, **kwargs)
        return dense(*args, **kwargs)

    setattr(package, name, either)


for _name in ("matmul", "mm", "sum"):
    _teach(_name)
