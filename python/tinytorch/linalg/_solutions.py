"""Determinants, inverses, equations, powers."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinytorch import _C
from tinytorch import _return_types as return_types
from tinytorch.extra._record import record
from tinytorch.extra.products import crossed, multiplied
from tinytorch.linalg._decompositions import eigvalsh, svdvals
from tinytorch.linalg._matrices import (
    Array,
    LinAlgError,
    check_floating,
    check_matrices,
    check_square,
    computed,
    identity,
    swap,
    tensor_of,
    values_of,
    write_out,
)
from tinytorch.linalg._norms import matrix_norm

# --- determinants


def _cofactors(A: Array) -> Array:
    """The derivative of det: det(A) A^-T, from the singular values, so that A may be singular."""
    u, s, vh = np.linalg.svd(values_of(A).astype(np.float64))
    n = s.shape[-1]
    others = np.stack([np.prod(np.delete(s, i, -1), -1) for i in range(n)], -1)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return tensor_of(sign[..., None, None] * (u * others[..., None, :]) @ vh, A)


def det(A: Array, *, out: Any = None) -> Array:
    """The determinants of square matrices.  Source: torch.linalg.det"""
    check_square("linalg.det", A)
    y = tensor_of(np.asarray(computed("linalg.det", np.linalg.det, values_of(A))), A)

    def derivative(A: Array, grad: Array) -> list[Array]:
        return [_cofactors(A) * grad.reshape((*grad.shape, 1, 1)) if A.numel() else A * 0]

    record("LinalgDetBackward0", [A], [y], derivative, [A])
    return write_out(y, out)


def slogdet(A: Array, *, out: Any = None) -> Any:
    """The signs and the logarithms of the absolute values of determinants.

    Source: torch.linalg.slogdet
    """
    check_square("linalg.slogdet", A)
    found = computed("linalg.slogdet", np.linalg.slogdet, values_of(A))
    sign, logarithm = (tensor_of(np.asarray(x), A) for x in found)

    def derivative(A: Array, grad: Array) -> list[Array]:
        return [_inverted("linalg.slogdet", swap(A)) * grad.reshape((*grad.shape, 1, 1))]

    record("LinalgSlogdetBackward0", [A], [logarithm], derivative, [A])
    return write_out(return_types.linalg_slogdet((sign, logarithm)), out)


def logdet(input: Array) -> Array:
    """The logarithm of the determinant; NaN where that is negative.  Source: torch.logdet"""
    sign, logarithm = slogdet(input)
    return _C.where(sign < 0, _C._full((), math.nan, input.dtype), logarithm)


# --- inverses


def _inverted(operation: str, A: Array) -> Array:
    return tensor_of(computed(operation, np.linalg.inv, values_of(A)), A)


def inv(A: Array, *, out: Any = None) -> Array:
    """The inverses of square matrices.  Raises LinAlgError for a singular one.

    Source: torch.linalg.inv
    """
    check_square("linalg.inv", A)
    y = _inverted("linalg.inv", A)
    record("LinalgInvExBackward0", [A], [y],
           lambda y, g: [-(swap(y) @ g @ swap(y))], [y])  # fmt: skip
    return write_out(y, out)


def inv_ex(A: Array, *, check_errors: bool = False, out: Any = None) -> Any:
    """The inverses, and 0 for each that there is.  Source: torch.linalg.inv_ex"""
    check_square("linalg.inv_ex", A)
    singular = np.linalg.matrix_rank(values_of(A), tol=0.0) < A.shape[-1] if A.numel() else (
        np.zeros(A.shape[:-2], bool))  # fmt: skip
    info = _C._from_numpy(np.asarray(singular, np.int32))
    if check_errors or not np.any(singular):
        return write_out(return_types.linalg_inv_ex((inv(A), info)), out)
    bad = tensor_of(np.reshape(singular, (*A.shape[:-2], 1, 1)), A) != 0
    safe = _C.where(bad, identity(A.shape[-1], A).expand(A.shape), A)
    nothing = _C._full((), math.nan, A.dtype)
    return write_out(return_types.linalg_inv_ex((_C.where(bad, nothing, inv(safe)), info)), out)


def _cutoffs(A: Array, singular: Any, atol: Any, rtol: Any) -> Any:
    """Below which singular values count as zero: max(atol, rtol * largest)."""

    def number(value: Any) -> Any:
        return value.detach().numpy()[..., None] if isinstance(value, _C.Tensor) else value

    eps = max(A.shape[-2:]) * np.finfo(singular.dtype).eps
    rtol = eps if rtol is None and atol is None else 0.0 if rtol is None else number(rtol)
    largest = singular.max(-1, keepdims=True) if singular.shape[-1] else np.zeros(1)
    return np.maximum(0.0 if atol is None else number(atol), rtol * largest)


def pinv(
    A: Array, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None,
    out: Any = None,
) -> Array:  # fmt: skip
    """The Moore-Penrose inverses, (.., m, n) -> (.., n, m).  Source: torch.linalg.pinv"""
    check_matrices("linalg.pinv", A)
    rtol = rcond if rtol is None else rtol
    u, s, vh = computed("linalg.pinv", np.linalg.svd, values_of(A), full_matrices=False)
    keep = s > _cutoffs(A, s, atol, rtol)
    with np.errstate(divide="ignore"):
        scale = np.where(keep, 1 / s, 0).astype(s.dtype)
    y = tensor_of(np.swapaxes(vh, -1, -2) * scale[..., None, :] @ np.swapaxes(u, -1, -2), A)
    record("LinalgPinvBackward0", [A], [y], _pinv_slope, [A, y])
    return write_out(y, out)


def _pinv_slope(A: Array, y: Array, grad: Array) -> list[Array]:
    """-P^T G P^T + (I - A P) G^T P P^T + P^T P G^T (I - P A)  (Golub and Pereyra, 1973)."""
    yt, gt = swap(y), swap(grad)
    outside = gt @ y @ yt
    inside = yt @ y @ gt
    return [-(yt @ grad @ yt) + outside - A @ (y @ outside) + inside - (inside @ y) @ A]


def matrix_rank(
    A: Array, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None,
    out: Any = None,
) -> Array:  # fmt: skip
    """How many singular values count as nonzero.  Source: torch.linalg.matrix_rank"""
    check_matrices("linalg.matrix_rank", A)
    A = A.detach()
    sizes = eigvalsh(A).abs() if hermitian else svdvals(A)
    s = values_of(sizes)
    cut = _cutoffs(A, s, tol if tol is not None else atol, rtol)
    count = np.asarray((s > cut).sum(-1), np.int64)
    return write_out(_C._from_numpy(np.ascontiguousarray(count).reshape(count.shape)), out)


# --- equations


def _is_vector(A: Array, B: Array) -> bool:
    """Whether B holds vectors, as torch.linalg.solve decides: by its shape."""
    return bool(B.dim() == 1 or (A.dim() - 1 == B.dim() and A.shape[:-1] == B.shape))


def solve(A: Array, B: Array, *, left: bool = True, out: Any = None) -> Array:
    """X with A X = B (X A = B unless left); B holds vectors (.., n) or matrices (.., n, k).

    Raises LinAlgError for a singular A.  Source: torch.linalg.solve
    """
    check_square("linalg.solve", A)
    check_floating("linalg.solve", A, B)
    vector = _is_vector(A, B)
    if B.dim() == 0 or (not left and vector and B.dim() == 1 and A.dim() > 2):
        raise RuntimeError(f"linalg.solve: expected a vector or matrices, got {tuple(B.shape)}")
    if vector:
        return write_out(solve(A, B.unsqueeze(-1), left=True).squeeze(-1), out)
    if not left:
        return write_out(swap(solve(swap(A), swap(B))), out)
    if A.shape[-1] != B.shape[-2]:
        raise RuntimeError(
            f"linalg.solve: expected as many rows, got {tuple(A.shape)} and {tuple(B.shape)}"
        )
    a, b = values_of(A), values_of(B)
    try:
        batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    except ValueError as error:
        raise RuntimeError(f"linalg.solve: {error}") from None
    b = np.broadcast_to(b, (*batch, *b.shape[-2:]))
    y = tensor_of(computed("linalg.solve", np.linalg.solve, a, b), A)

    def derivative(A: Array, y: Array, grad: Array) -> list[Array]:
        rows = np.broadcast_to(values_of(swap(A)), (*batch, *A.shape[-2:]))
        by_b = tensor_of(np.linalg.solve(rows, values_of(grad)), A)
        return [-(by_b @ swap(y)), by_b]

    record("LinalgSolveExBackward0", [A, B], [y], derivative, [A, y])
    return write_out(y, out)


def solve_triangular(
    A: Array, B: Array, *, upper: bool, left: bool = True, unitriangular: bool = False,
    out: Any = None,
) -> Array:  # fmt: skip
    """X with A X = B for triangular A; the other triangle is not read.

    Source: torch.linalg.solve_triangular
    """
    check_square("linalg.solve_triangular", A)
    check_matrices("linalg.solve_triangular", A, B)
    n = A.shape[-1]
    mask = np.tri(n).T if upper else np.tri(n)
    if unitriangular:
        mask = mask - np.eye(n)
    triangle = A * _C._from_numpy(np.ascontiguousarray(mask)).to(A.dtype)
    if unitriangular:
        triangle = triangle + identity(n, A)
    if not left:
        return write_out(swap(_solved(swap(triangle), swap(B))), out)
    return write_out(_solved(triangle, B), out)


def _solved(A: Array, B: Array) -> Array:
    """solve, of matrices whatever their shapes."""
    return solve(A, B.unsqueeze(0)).squeeze(0) if _is_vector(A, B) else solve(A, B)


def lstsq(A: Array, B: Array, rcond: Any = None, *, driver: Any = None) -> Any:
    """X of least |A X - B|, with the residuals, A's rank and its singular values.

    Source: torch.linalg.lstsq
    """
    check_matrices("linalg.lstsq", A)
    check_floating("linalg.lstsq", A, B)
    vector = B.dim() == A.dim() - 1
    right = B.unsqueeze(-1) if vector else B
    if right.dim() != A.dim() or A.shape[-2] != right.shape[-2]:
        raise RuntimeError(
            f"linalg.lstsq: expected as many rows, got {tuple(A.shape)} and {tuple(B.shape)}"
        )
    solution = pinv(A, rtol=rcond) @ right
    rank = matrix_rank(A, rtol=rcond)
    nothing = _C._empty((0,), A.dtype)
    residuals = nothing
    full = bool((rank == A.shape[-1]).all())
    if driver not in (None, "gelsy") and full and A.shape[-2] > A.shape[-1]:
        rest = A @ solution - right
        residuals = (rest * rest).sum(-2)
    solution = solution.squeeze(-1) if vector else solution
    singular = svdvals(A.detach()) if driver in ("gelsd", "gelss") else nothing
    return return_types.linalg_lstsq((solution, residuals, rank, singular))


def cholesky_solve(B: Array, L: Array, upper: bool = False) -> Array:
    """X with A X = B, given A's Cholesky factor.  Source: torch.cholesky_solve"""
    factor = swap(L) if upper else L
    half = solve_triangular(factor, B, upper=False)
    return solve_triangular(swap(factor), half, upper=True)


def cholesky_inverse(L: Array, upper: bool = False) -> Array:
    """The inverse of A, given its Cholesky factor.  Source: torch.cholesky_inverse"""
    return cholesky_solve(identity(L.shape[-1], L).expand(L.shape), L, upper)


# --- powers and products


def matrix_power(A: Array, n: int, *, out: Any = None) -> Array:
    """A multiplied by itself n times; its inverse, for a negative n.

    Source: torch.linalg.matrix_power
    """
    check_square("linalg.matrix_power", A)
    if isinstance(n, bool) or not isinstance(n, int):
        raise TypeError(f"linalg.matrix_power: expected an integer, got {n!r}")
    if n == 0:
        return write_out(identity(A.shape[-1], A).expand(A.shape).clone(), out)
    square, rest = (inv(A), -n) if n < 0 else (A, n)
    y = None
    while rest:
        if rest & 1:
            y = square if y is None else y @ square
        rest >>= 1
        square = square @ square if rest else square
    return write_out(y.clone() if n == 1 and y is not None else y, out)


def matrix_exp(A: Array) -> Array:
    """The sum of A^k / k!, by Taylor's series of A / 2^s, squared s times.

    Source: torch.linalg.matrix_exp
    """
    check_square("linalg.matrix_exp", A)
    if A.numel() == 0:
        return A.clone()
    size = float(matrix_norm(A.detach(), 1).max())
    if not math.isfinite(size):
        return A * math.nan
    squarings = max(0, math.ceil(math.log2(size)) + 1) if size > 0 else 0
    x = A / 2.0**squarings
    y = term = identity(A.shape[-1], A).expand(A.shape)
    for k in range(1, 19):
        term = term @ x / k
        y = y + term
    for _ in range(squarings):
        y = y @ y
    return y


def multi_dot(tensors: Sequence[Array], *, out: Any = None) -> Array:
    """The product of two or more matrices, in the order of fewest multiplications.

    The first and the last may be vectors.  Source: torch.linalg.multi_dot
    """
    chain = list(tensors)
    if len(chain) < 2:
        raise RuntimeError(f"linalg.multi_dot: expected at least 2 tensors, got {len(chain)}")
    first, last = chain[0].dim() == 1, chain[-1].dim() == 1
    chain[0] = chain[0].unsqueeze(0) if first else chain[0]
    chain[-1] = chain[-1].unsqueeze(1) if last else chain[-1]
    if any(x.dim() != 2 for x in chain):
        raise RuntimeError("linalg.multi_dot: expected matrices, and vectors only at the ends")
    y = multiplied("linalg.multi_dot", chain)
    y = y.squeeze(0) if first else y
    return write_out(y.squeeze(-1) if last else y, out)


def cond(A: Array, p: Any = None, *, out: Any = None) -> Array:
    """The condition number: |A| |A^-1| in the norm p, without it the ratio of singular values.

    Source: torch.linalg.cond
    """
    check_matrices("linalg.cond", A)
    if p is None or p in (2, -2):
        s = svdvals(A)
        y = s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
        return write_out(y, out)
    check_square("linalg.cond", A)
    try:
        inverse = inv(A)
    except LinAlgError:
        return write_out(matrix_norm(A, p) * math.inf, out)
    return write_out(matrix_norm(A, p) * matrix_norm(inverse, p), out)


def cross(input: Array, other: Array, *, dim: int = -1, out: Any = None) -> Array:
    """The cross product of 3-vectors along dim.  Source: torch.linalg.cross"""
    return write_out(crossed(input, other, dim), out)


def vander(x: Array, *, N: int | None = None) -> Array:
    """Powers 0 .. N - 1 of each element, (.., n) -> (.., n, N).  Source: torch.linalg.vander"""
    count = x.shape[-1] if N is None else N
    if not 1 < count < 2**20:
        raise RuntimeError(f"linalg.vander: expected 1 < N < 2**20, got {count}")
    powers = [x * 0 + 1]
    for _ in range(count - 1):
        powers.append(powers[-1] * x)
    return _C.stack(powers, -1)


def vecdot(x: Array, y: Array, *, dim: int = -1, out: Any = None) -> Array:
    """Dot products along dim.  Source: torch.linalg.vecdot"""
    return write_out((x * y).sum(dim), out)
