"""Decompositions: Cholesky, QR, symmetric eigenvalues, singular values.

Each derivative is the adjoint of the differential of the factors; see Giles, "Collected matrix
derivative results for forward and reverse mode algorithmic differentiation" (2008), and Walter and
Lehmann, "Algorithmic differentiation of linear algebra functions" (2010).
"""

from typing import Any

import numpy as np

from tinytorch import _C
from tinytorch import _return_types as return_types
from tinytorch.extra._record import record
from tinytorch.linalg._matrices import (
    Array,
    check_matrices,
    check_square,
    computed,
    diagonal_of,
    identity,
    lower,
    swap,
    tensor_of,
    values_of,
    write_out,
)


def _solve(a: Array, b: Array) -> Array:
    return tensor_of(computed("solve", np.linalg.solve, values_of(a), values_of(b)), a)


# --- Cholesky: A = L L^T


def _cholesky_slope(factor: Array, grad: Array) -> Array:
    """L^-T phi(L^T grad) L^-1, made symmetric; phi: the lower triangle, the diagonal halved."""
    middle = lower(swap(factor) @ grad, halve=True)
    left = _solve(swap(factor), middle)
    whole = swap(_solve(swap(factor), swap(left)))
    return (whole + swap(whole)) / 2


def cholesky(A: Array, *, upper: bool = False, out: Any = None) -> Array:
    """The lower triangular L with A = L L^T, or its transpose.  A: symmetric, positive definite.

    Only A's lower (upper) triangle is read.  Raises LinAlgError for a matrix that is not positive
    definite.  Source: torch.linalg.cholesky
    """
    check_square("linalg.cholesky", A)
    values = values_of(A)
    factor = tensor_of(
        computed("linalg.cholesky", np.linalg.cholesky, np.swapaxes(values, -1, -2) if upper
                 else values), A)  # fmt: skip
    record("LinalgCholeskyExBackward0", [A], [factor], lambda f, g: [_cholesky_slope(f, g)],
           [factor])  # fmt: skip
    return write_out(swap(factor) if upper else factor, out)


def cholesky_ex(A: Array, *, upper: bool = False, check_errors: bool = False) -> Any:
    """cholesky, and 0 or the order of the minor that is not positive definite.

    Source: torch.linalg.cholesky_ex
    """
    check_square("linalg.cholesky_ex", A)
    values = values_of(A).reshape(-1, *A.shape[-2:])
    info = np.zeros(len(values), np.int32)
    for i, matrix in enumerate(values):
        for n in range(1, A.shape[-1] + 1):
            if not _is_positive(matrix[:n, :n]):
                info[i] = n
                break
    if check_errors and info.any():
        cholesky(A)
    if info.any():
        bad = tensor_of((info != 0).reshape((*A.shape[:-2], 1, 1)), A) != 0
        A = _C.where(bad, identity(A.shape[-1], A).expand(A.shape), A)
    factor = cholesky(A, upper=upper)
    codes = _C._from_numpy(info.reshape(A.shape[:-2]))
    return return_types.linalg_cholesky_ex((factor, codes))


def _is_positive(matrix: Any) -> bool:
    try:
        np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return False
    return True


# --- QR: A = Q R


def _qr_slope(q: Array, r: Array, grad_q: Array, grad_r: Array) -> Array:
    """(grad_q + Q sym(M)) R^-T, M = R grad_r^T - grad_q^T Q, for A of at least as many rows."""
    m = r @ swap(grad_r) - swap(grad_q) @ q
    symmetric = lower(m, halve=True)
    right = grad_q + q @ (symmetric + swap(symmetric))
    return swap(_solve(r, swap(right)))


def qr(A: Array, mode: str = "reduced", *, out: Any = None) -> Any:
    """Q with orthonormal columns and R upper triangular, A = Q R.  (.., m, n)

    mode: "reduced": Q (m, k), R (k, n), k = min(m, n); "complete": Q (m, m); "r": R alone.
    Source: torch.linalg.qr
    """
    check_matrices("linalg.qr", A)
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(f"linalg.qr: expected mode 'reduced', 'complete' or 'r', got {mode!r}")
    rows, columns = A.shape[-2:]
    if mode == "r":
        r = tensor_of(computed("linalg.qr", np.linalg.qr, values_of(A), mode="r"), A)
        _refuse_gradient("linalg.qr", "mode 'r'", A)
        empty = _C._empty((0,), A.dtype)
        return write_out(return_types.linalg_qr((empty, r)), out)
    found = computed("linalg.qr", np.linalg.qr, values_of(A), mode=mode)
    q, r = (tensor_of(x, A) for x in found)
    if rows < columns or (mode == "complete" and rows > columns):
        if rows >= columns:
            _refuse_gradient("linalg.qr", "mode 'complete'", A)
        record("LinalgQrBackward0", [A], [q, r], _wide_qr_slope, [A, q, r])
    else:
        record("LinalgQrBackward0", [A], [q, r], lambda *given: [_qr_slope(*given)], [q, r])
    return write_out(return_types.linalg_qr((q, r)), out)


def _wide_qr_slope(a: Array, q: Array, r: Array, grad_q: Array, grad_r: Array) -> list[Array]:
    """For more columns than rows: A = (X, Y), X = Q U, Y = Q V."""
    rows = a.shape[-2]
    y, u = a[..., rows:], r[..., :rows]
    grad_u, grad_v = grad_r[..., :rows], grad_r[..., rows:]
    grad_x = _qr_slope(q, u, grad_q + y @ swap(grad_v), grad_u)
    return [_C.cat([grad_x, q @ grad_v], -1)]


def _refuse_gradient(operation: str, what: str, A: Array) -> None:
    if _C.is_grad_enabled() and A.requires_grad:
        raise RuntimeError(f"{operation}: {what} has no derivative")


# --- symmetric eigenvalues: A = V diag(L) V^T


def _differences(x: Array) -> Array:
    """x[j] - x[i], and infinity on the diagonal and where they are equal."""
    delta = x.unsqueeze(-2) - x.unsqueeze(-1)
    return _C.where(delta == 0, _C._full((), float("inf"), x.dtype), delta)


def _eigh_slope(values: Array, vectors: Array, grad_values: Array, grad_vectors: Array) -> Array:
    """V (diag(grad_L) + (V^T grad_V) / (L_j - L_i)) V^T."""
    inner = swap(vectors) @ grad_vectors / _differences(values)
    eye = identity(values.shape[-1], values)
    return vectors @ (inner + eye * grad_values.unsqueeze(-1)) @ swap(vectors)


def _symmetric(operation: str, A: Array, UPLO: str) -> tuple[Array, Array]:
    check_square(operation, A)
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"{operation}: expected UPLO to be 'L' or 'U', got {UPLO!r}")
    found = computed(operation, np.linalg.eigh, values_of(A), UPLO=UPLO)
    values, vectors = (tensor_of(x, A) for x in found)
    return values, vectors


def eigh(A: Array, UPLO: str = "L", *, out: Any = None) -> Any:
    """Eigenvalues, ascending, and eigenvectors (columns) of symmetric matrices.

    Source: torch.linalg.eigh
    """
    values, vectors = _symmetric("linalg.eigh", A, UPLO)
    record("LinalgEighBackward0", [A], [values, vectors],
           lambda *given: [_eigh_slope(*given)], [values, vectors])  # fmt: skip
    return write_out(return_types.linalg_eigh((values, vectors)), out)


def eigvalsh(A: Array, UPLO: str = "L", *, out: Any = None) -> Array:
    """Eigenvalues, ascending, of symmetric matrices.  Source: torch.linalg.eigvalsh"""
    values, vectors = _symmetric("linalg.eigvalsh", A, UPLO)
    record("LinalgEighBackward0", [A], [values],
           lambda v, g: [v @ (g.unsqueeze(-1) * swap(v))], [vectors])  # fmt: skip
    return write_out(values, out)


# --- singular values: A = U diag(S) V^T


def _svd_slope(
    u: Array, s: Array, vh: Array, grad_u: Array, grad_s: Array, grad_vh: Array
) -> Array:
    """Through the factors of the reduced decomposition."""
    v, grad_v = swap(vh), swap(grad_vh)
    n, row = s.shape[-1], s.unsqueeze(-2)
    eye = identity(n, s)
    spread = _differences(s) * (row + s.unsqueeze(-1))  # s_j^2 - s_i^2
    of_u, of_v = swap(u) @ grad_u, swap(v) @ grad_v
    inner = (of_u - swap(of_u)) / spread * row + s.unsqueeze(-1) * ((of_v - swap(of_v)) / spread)
    grad = u @ (inner + eye * grad_s.unsqueeze(-1)) @ vh
    if u.shape[-2] > n:
        grad = grad + (grad_u - u @ of_u) / row @ vh
    if v.shape[-2] > n:
        grad = grad + u / row @ swap(grad_v - v @ of_v)
    return grad


def decomposed(operation: str, A: Array, full: bool) -> tuple[Array, Array, Array]:
    """U, S and V^T, recorded."""
    check_matrices(operation, A)
    found = computed(operation, np.linalg.svd, values_of(A), full_matrices=full)
    u, s, vh = (tensor_of(x, A) for x in found)
    n = s.shape[-1]
    if full and (u.shape[-1] > n or vh.shape[-2] > n) and A.requires_grad:
        # The columns that complete U and V have no derivative; the others and S do.
        def slope(u: Array, s: Array, vh: Array, *grads: Array) -> list[Array]:
            grad_u, grad_s, grad_vh = grads
            return [
                _svd_slope(
                    u[..., :n], s, vh[..., :n, :], grad_u[..., :n], grad_s, grad_vh[..., :n, :]
                )
            ]
    else:

        def slope(u: Array, s: Array, vh: Array, *grads: Array) -> list[Array]:
            return [_svd_slope(u, s, vh, *grads)]

    record("LinalgSvdBackward0", [A], [u, s, vh], slope, [u, s, vh])
    return u, s, vh


def svd(A: Array, full_matrices: bool = True, *, driver: Any = None, out: Any = None) -> Any:
    """U, S descending, and V^T with A = U diag(S) V^T.  Source: torch.linalg.svd"""
    found = decomposed("linalg.svd", A, full_matrices)
    return write_out(return_types.linalg_svd(found), out)


def svdvals(A: Array, *, driver: Any = None, out: Any = None) -> Array:
    """Singular values, descending.  Source: torch.linalg.svdvals"""
    check_matrices("linalg.svdvals", A)
    found = computed("linalg.svdvals", np.linalg.svd, values_of(A), full_matrices=False)
    u, s, vh = (tensor_of(x, A) for x in found)
    record("LinalgSvdBackward0", [A], [s],
           lambda u, vh, g: [u @ (g.unsqueeze(-1) * vh)], [u, vh])  # fmt: skip
    return write_out(s, out)


def diagonal(A: Array, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Array:
    """The diagonals of the last two dims.  Source: torch.linalg.diagonal"""
    if offset == 0 and (dim1, dim2) == (-2, -1):
        return diagonal_of(A)
    return A.diagonal(offset, dim1, dim2)
