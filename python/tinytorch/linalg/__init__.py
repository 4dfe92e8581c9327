"""Linear algebra: norms, decompositions, solutions of equations, with their gradients.

The numbers are LAPACK's, through numpy; the derivatives are written beside them.
Matrices are the last two dims, whatever is in front is a batch.          Source: torch.linalg
"""

from tinytorch.linalg._decompositions import (
    cholesky,
    cholesky_ex,
    diagonal,
    eigh,
    eigvalsh,
    qr,
    svd,
    svdvals,
)
from tinytorch.linalg._matrices import (
    LinAlgError,
)
from tinytorch.linalg._norms import (
    matrix_norm,
    norm,
    vector_norm,
)
from tinytorch.linalg._solutions import (
    cond,
    cross,
    det,
    inv,
    inv_ex,
    lstsq,
    matrix_exp,
    matrix_power,
    matrix_rank,
    multi_dot,
    pinv,
    slogdet,
    solve,
    solve_triangular,
    vander,
    vecdot,
)

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eigh",
    "eigvalsh",
    "inv",
    "inv_ex",
    "lstsq",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
    "svdvals",
    "vander",
    "vecdot",
    "vector_norm",
]
