"""Norms of vectors and matrices, and distances."""

import math
from typing import Any

import numpy as np

from tinytorch import _C
from tinytorch.extra._record import record
from tinytorch.extra.shapes import dims_of, wrap_dim
from tinytorch.linalg._decompositions import svdvals
from tinytorch.linalg._matrices import Array, write_out

Tensor = _C.Tensor


def _checked(operation: str, x: Any, dtype: Any) -> Array:
    """x in the dtype of the computation."""
    if not isinstance(x, Tensor):
        raise TypeError(f"{operation}: expected a Tensor, got {type(x).__name__}")
    if dtype is not None:
        if not dtype.is_floating_point:
            raise RuntimeError(f"{operation}: expected a floating dtype, got {dtype}")
        if _C.promote_types(x.dtype, dtype) is not dtype:
            raise RuntimeError(f"{operation}: {x.dtype} does not become {dtype} without narrowing")
        x = x.to(dtype)
    if not x.is_floating_point():
        raise RuntimeError(f"{operation}: expected a floating dtype, got {x.dtype}")
    return x


def _dims(operation: str, x: Array, dim: Any) -> list[int]:
    if dim is None or dim in ((), []):
        return [*range(x.dim())]
    dims = [wrap_dim(operation, d, x.dim()) for d in dims_of(operation, dim)]
    if len(set(dims)) != len(dims):
        raise RuntimeError(f"{operation}: a dim appears more than once in {dim}")
    return dims if x.dim() else []


def _value(x: Array, order: float, dims: list[int]) -> Array:
    """The norm, its dims kept."""
    if not dims:  # of each number by itself
        return (x != 0).to(x.dtype) if order == 0 else x.abs()
    if order == 0:
        return (x != 0).sum(dims, keepdim=True, dtype=x.dtype)
    if order == 2:
        return (x * x).sum(dims, keepdim=True).sqrt()
    size = x.abs()
    if order == 1:
        return size.sum(dims, keepdim=True)
    if math.isinf(order):
        return size.amax(dims, keepdim=True) if order > 0 else size.amin(dims, keepdim=True)
    return (size**order).sum(dims, keepdim=True) ** (1 / order)


def _slope(x: Array, y: Array, order: float, dims: list[int]) -> Array:
    """The derivative of the norm y by each element of x; 0 where it has a kink at 0."""
    if order == 0:
        return x * 0
    if order == 1 or not dims:
        return x.sign()
    zero = _C._full((), 0, x.dtype)
    if order == 2:
        return _C.where(y == 0, zero, x / y)
    if math.isinf(order):
        reaches = (x.abs() == y).to(x.dtype)
        return x.sign() * reaches / reaches.sum(dims, keepdim=True)
    ratio = x.sign() * (x.abs() / y) ** (order - 1)
    return _C.where((y == 0) | (x == 0), zero, ratio)


def vector_norm(
    x: Array,
    ord: float = 2,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    out: Any = None,
) -> Array:
    """(sum |x|^ord)^(1/ord) over dims: 2 the length, 1 the sum, inf the largest, 0 the nonzeros.

    Source: torch.linalg.vector_norm
    """
    if isinstance(ord, bool) or not isinstance(ord, (int, float)):
        raise TypeError(f"linalg.vector_norm: expected ord to be a number, got {ord!r:.60}")
    x = _checked("linalg.vector_norm", x, dtype)
    dims = _dims("linalg.vector_norm", x, dim)
    order = float(ord)
    if (order < 0 or math.isinf(order)) and any(x.shape[d] == 0 for d in dims):
        raise RuntimeError(
            f"linalg.vector_norm: there is no norm of order {ord} of nothing, got shape "
            f"{tuple(x.shape)}"
        )
    kept = _value(x.detach(), order, dims)
    shape = [n for d, n in enumerate(x.shape) if d not in dims]
    result = kept if keepdim else kept.reshape(shape)

    def derivative(x: Array, y: Array, grad: Array) -> list[Array]:
        y = y.reshape(kept_shape)
        return [_slope(x, y, order, dims) * grad.reshape(kept_shape)]

    kept_shape = tuple(kept.shape)
    record("LinalgVectorNormBackward0", [x], [result], derivative, [x, result])
    return write_out(result, out)


_MATRIX_ORDERS = (2, -2, 1, -1, math.inf, -math.inf, "fro", "nuc")


def matrix_norm(
    A: Array,
    ord: Any = "fro",
    dim: Any = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: Any = None,
    out: Any = None,
) -> Array:
    """A norm of matrices: "fro" of their elements; "nuc", 2 or -2 of their singular values; the
    largest (or smallest) sum of absolute values of a column, 1, or of a row, inf.

    Source: torch.linalg.matrix_norm
    """
    A = _checked("linalg.matrix_norm", A, dtype)
    if A.dim() < 2:
        raise RuntimeError(f"linalg.matrix_norm: expected a matrix, got shape {tuple(A.shape)}")
    dims = [wrap_dim("linalg.matrix_norm", d, A.dim()) for d in dims_of("linalg.matrix_norm", dim)]
    if len(dims) != 2 or dims[0] == dims[1]:
        raise RuntimeError(f"linalg.matrix_norm: expected two different dims, got {dim}")
    if ord not in _MATRIX_ORDERS:
        raise RuntimeError(f"linalg.matrix_norm: order {ord!r} is not supported")
    if ord == "fro":
        return write_out(vector_norm(A, 2, dims, keepdim), out)
    rows, columns = dims
    if ord in ("nuc", 2, -2):
        others = [d for d in range(A.dim()) if d not in dims]
        singular = svdvals(A.permute([*others, rows, columns]))
        y = singular.sum(-1) if ord == "nuc" else singular.amax(-1) if ord == 2 else (
            singular.amin(-1))  # fmt: skip
        if keepdim:
            for d in sorted(dims):
                y = y.unsqueeze(d)
        return write_out(y, out)
    if abs(ord) == math.inf:
        rows, columns = columns, rows
    sums = vector_norm(A, 1, rows, keepdim=True)
    y = sums.amax(columns, keepdim=True) if ord > 0 else sums.amin(columns, keepdim=True)
    if not keepdim:
        for d in sorted(dims, reverse=True):
            y = y.squeeze(d)
    return write_out(y, out)


def norm(
    A: Array,
    ord: Any = None,
    dim: Any = None,
    keepdim: bool = False,
    *,
    out: Any = None,
    dtype: Any = None,
) -> Array:
    """A vector's norm, or a matrix's, by how many dims there are; without ord, the length of all.

    Source: torch.linalg.norm
    """
    x = _checked("linalg.norm", A, dtype)
    dims = None if dim is None else dims_of("linalg.norm", dim)
    if ord is None:
        return vector_norm(x, 2, dims, keepdim, out=out)
    if dims is None:
        if x.dim() not in (1, 2):
            raise RuntimeError(
                f"linalg.norm: without dim, order {ord!r} needs 1 or 2 dims, got {tuple(x.shape)}"
            )
        dims = tuple(range(x.dim()))
    if len(dims) == 1:
        if isinstance(ord, str):
            raise RuntimeError(f"linalg.norm: order {ord!r} is for matrices")
        return vector_norm(x, ord, dims, keepdim, out=out)
    if len(dims) != 2:
        raise RuntimeError(f"linalg.norm: expected one dim or two, got {dim}")
    return matrix_norm(x, ord, dims, keepdim, out=out)


# --- torch.norm and distances


def old_norm(
    input: Array,
    p: Any = "fro",
    dim: Any = None,
    keepdim: bool = False,
    out: Any = None,
    dtype: Any = None,
) -> Array:
    """The norm of order p over dims, of all elements without dim; p="nuc" is of matrices.

    Source: torch.norm
    """
    x = _checked("norm", input, dtype)
    if p == "nuc":
        dims = dims_of("norm", dim) if dim is not None else tuple(range(x.dim()))
        return matrix_norm(x, "nuc", dims, keepdim, out=out)
    if isinstance(p, str) and p != "fro":
        raise RuntimeError(f"norm: expected p to be a number, 'fro' or 'nuc', got {p!r}")
    return vector_norm(x, 2 if p is None or p == "fro" else p, dim, keepdim, out=out)


def dist(input: Array, other: Array, p: float = 2) -> Array:
    """The norm of the difference.  Source: torch.dist"""
    return vector_norm(input - other, p)


def cdist(
    x1: Array,
    x2: Array,
    p: float = 2.0,
    compute_mode: str | None = "use_mm_for_euclid_dist_if_necessary",
) -> Array:
    """The distance of each row of x1 from each of x2, (.., m, k) (.., n, k) -> (.., m, n).

    Source: torch.cdist
    """
    modes = {
        "use_mm_for_euclid_dist_if_necessary": max(x1.shape[-2:-1] + x2.shape[-2:-1] or [0]) > 25,
        "use_mm_for_euclid_dist": True,
        "donot_use_mm_for_euclid_dist": False,
    }
    if compute_mode is not None and compute_mode not in modes:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    for x in (x1, x2):
        if not x.is_floating_point():
            raise RuntimeError(f"cdist: expected floating tensors, got {x.dtype}")
        if x.dim() < 2:
            raise RuntimeError(f"cdist: expected at least 2 dims, got shape {tuple(x.shape)}")
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(
            f"cdist: expected equal last dims, got {tuple(x1.shape)} and {tuple(x2.shape)}"
        )
    if not p >= 0:
        raise RuntimeError(f"cdist: expected p >= 0, got {p}")
    if p != 2:
        return vector_norm(x1.unsqueeze(-2) - x2.unsqueeze(-3), p, -1)
    through_product = modes[compute_mode or "use_mm_for_euclid_dist_if_necessary"]
    y = _euclidean(x1.detach(), x2.detach(), through_product)
    record("CdistBackward0", [x1, x2], [y], _cdist_slope, [x1, x2, y])
    return y


def _euclidean(a: Array, b: Array, through_product: bool) -> Array:
    """sqrt(|a|^2 - 2 a b + |b|^2) as one matrix product, or difference by difference."""
    if not through_product:
        return _value(a.unsqueeze(-2) - b.unsqueeze(-3), 2.0, [max(a.dim(), b.dim())]).squeeze(-1)
    of_a, of_b = ((x * x).sum(-1, keepdim=True) for x in (a, b))
    left = _C.cat([a * -2, of_a, _C._full(tuple(of_a.shape), 1, a.dtype)], -1)
    right = _C.cat([b, _C._full(tuple(of_b.shape), 1, b.dtype), of_b], -1)
    return _C.matmul(left, right.transpose(-2, -1)).clamp(min=0).sqrt()


def _cdist_slope(a: Array, b: Array, y: Array, grad: Array) -> list[Array]:
    """With W = grad / y, 0 where y is: a * (W summed over b) - W b, and the same for b."""
    zero = _C._full((), 0, y.dtype)
    weights = _C.where(y == 0, zero, grad / y)
    by_a = a * weights.sum(-1, keepdim=True) - _C.matmul(weights, b)
    turned = weights.transpose(-2, -1)
    by_b = b * turned.sum(-1, keepdim=True) - _C.matmul(turned, a)
    return [_summed_to(by_a, a), _summed_to(by_b, b)]


def _summed_to(x: Array, like: Array) -> Array:
    """x summed over what broadcasting the batch of `like` had stretched."""
    return x if x.shape == like.shape else x.sum_to_size(tuple(like.shape))


def pdist(input: Array, p: float = 2) -> Array:
    """The distances of all pairs of rows, (n, k) -> (n (n - 1) / 2).  Source: torch.pdist"""
    if input.dim() != 2:
        raise RuntimeError(f"pdist: expected a matrix, got shape {tuple(input.shape)}")
    if not p >= 0:
        raise RuntimeError(f"pdist: expected p >= 0, got {p}")
    first, second = (_C._from_numpy(at) for at in np.triu_indices(len(input), 1))
    return vector_norm(input[first] - input[second], p, -1)


def renorm(input: Array, p: float, dim: int, maxnorm: float) -> Array:
    """Each slice along dim scaled down where its norm exceeds maxnorm.  Source: torch.renorm"""
    x = _checked("renorm", input, None)
    if x.dim() < 2:
        raise RuntimeError(f"renorm: expected at least 2 dims, got shape {tuple(x.shape)}")
    if not p > 0 or maxnorm < 0:
        raise RuntimeError(f"renorm: expected p > 0 and maxnorm >= 0, got {p} and {maxnorm}")
    dim = wrap_dim("renorm", dim, x.dim())
    norms = vector_norm(x, p, [d for d in range(x.dim()) if d != dim], keepdim=True)
    one = _C._full((), 1, x.dtype)
    return x * _C.where(norms > maxnorm, maxnorm / (norms + 1e-7), one)
