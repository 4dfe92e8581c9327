"""The names that linear algebra has outside torch.linalg."""

from typing import Any

from tinytorch import _C, linalg
from tinytorch import _return_types as return_types
from tinytorch.extra._surface import both, function, method
from tinytorch.extra.shapes import warn_once
from tinytorch.linalg import _norms, _solutions

Array = Any  # a Tensor


def _deprecated(name: str) -> None:
    warn_once(
        f"torch.{name} is deprecated in favor of torch.linalg.{name} and will be removed in a "
        "future PyTorch release."
    )


@function
def norm(
    input: Array, p: Any = "fro", dim: Any = None, keepdim: bool = False, out: Any = None,
    dtype: Any = None,
) -> Array:  # fmt: skip
    """The norm of order p over dims, of all elements without dim; p="nuc" is of matrices.

    Source: torch.norm
    """
    return _norms.old_norm(input, p, dim, keepdim, out, dtype)


def _norm(
    self: Array, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None
) -> Array:
    """The norm of order p over dims, of all elements without dim.  Source: torch.Tensor.norm"""
    return _norms.old_norm(self, p, dim, keepdim, None, dtype)


_norm.__name__ = _norm.__qualname__ = "norm"
method(_norm)
both(_norms.dist)
function(_norms.cdist)
function(_norms.pdist)
both(_norms.renorm)


@method
def renorm_(self: Array, p: float, dim: int, maxnorm: float) -> Array:
    """`renorm`, in place.  Source: torch.Tensor.renorm_"""
    return self.copy_(_norms.renorm(self.clone(), p, dim, maxnorm))


both(_solutions.logdet)
both(_solutions.cholesky_solve)
both(_solutions.cholesky_inverse)


def _renamed(name: str, f: Any) -> None:
    def same(input: Array, *args: Any, **kwargs: Any) -> Array:
        return f(input, *args, **kwargs)

    same.__name__ = same.__qualname__ = name
    same.__doc__ = f"torch.linalg.{f.__name__}.  Source: torch.{name}"
    both(same)


_renamed("det", linalg.det)
_renamed("inverse", linalg.inv)
_renamed("pinverse", linalg.pinv)
_renamed("matrix_power", linalg.matrix_power)
_renamed("matrix_exp", linalg.matrix_exp)


@both
def slogdet(input: Array) -> Any:
    """torch.linalg.slogdet.  Source: torch.slogdet"""
    return return_types.slogdet(linalg.slogdet(input))


@both
def cholesky(input: Array, upper: bool = False, *, out: Any = None) -> Array:
    """torch.linalg.cholesky.  Source: torch.cholesky"""
    _deprecated("cholesky")
    return linalg.cholesky(input, upper=upper, out=out)


@both
def triangular_solve(
    input: Array,
    A: Array,
    upper: bool = True,
    transpose: bool = False,
    unitriangular: bool = False,
) -> Any:
    """X with A X = input, or A^T X = input, and a copy of A.  Source: torch.triangular_solve"""
    warn_once(
        "torch.triangular_solve is deprecated in favor of torch.linalg.solve_triangular and will "
        "be removed in a future PyTorch release: X = torch.linalg.solve_triangular(A, B)."
    )
    for x in (input, A):
        if x.dim() < 2:
            raise RuntimeError(
                f"triangular_solve: expected matrices or batches of them, got {tuple(x.shape)}"
            )
    solution = linalg.solve_triangular(
        A.mT if transpose else A, input, upper=upper != transpose, unitriangular=unitriangular
    )
    return return_types.triangular_solve((solution, A.clone()))


@both
def qr(input: Array, some: bool = True) -> Any:
    """torch.linalg.qr, reduced if `some`.  Source: torch.qr"""
    _deprecated("qr")
    return return_types.qr(linalg.qr(input, "reduced" if some else "complete"))


@both
def svd(input: Array, some: bool = True, compute_uv: bool = True) -> Any:
    """U, S and V (not transposed).  Source: torch.svd"""
    if not compute_uv:
        rows, columns = input.shape[-2:]
        batch = tuple(input.shape[:-2])
        u, v = (_C._full((*batch, n, n), 0, input.dtype) for n in (rows, columns))
        return return_types.svd((u, linalg.svdvals(input), v))
    u, s, vh = linalg.svd(input, not some)
    return return_types.svd((u, s, vh.transpose(-2, -1)))
