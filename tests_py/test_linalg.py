"""Linear algebra: values and errors beside PyTorch, gradients beside finite differences."""

import numpy as np
import pytest

import tinytorch
from expressions import agree, expressions
from tinytorch.autograd import gradcheck

if not hasattr(tinytorch, "linalg"):
    pytest.skip("needs autograd", allow_module_level=True)

AGREE = """
torch.norm(x) | torch.norm(x, 1) | torch.norm(x, p=inf) | torch.norm(x, -inf) | torch.norm(x, 0)
torch.norm(x, "nuc") | torch.norm(x, "fro", dim=1) | torch.norm(x, 2, (0, 1), True) | torch.norm(i)
torch.norm(x, "nuc", dim=(0, 1)) | torch.norm(x, "nuc", dim=0) | torch.norm(x, dtype=torch.float32)
torch.norm(x, 3, 0) | torch.norm(x, 0.5) | torch.norm(x, "foo") | torch.norm(x, dim=5)
x.norm(p=1, dim=0) | torch.linalg.norm(x, "fro") | torch.linalg.norm(x, 1)
torch.linalg.norm(x, -1) | torch.linalg.norm(x, 2) | torch.linalg.norm(x, -2)
torch.linalg.norm(x, inf) | torch.linalg.norm(x, 0) | torch.linalg.norm(x, 3)
torch.linalg.norm(x, 0, dim=0) | torch.linalg.norm(r(2, 2, 2), 1) | torch.linalg.norm(r(2, 2, 2))
torch.linalg.norm(x, dim=(0, 1), keepdim=True) | torch.linalg.norm(torch.tensor(-3.0))
torch.linalg.norm(i) | torch.linalg.vector_norm(x, 3) | torch.linalg.vector_norm(x, dim=())
torch.linalg.vector_norm(r(0)) | torch.linalg.vector_norm(r(0), inf)
torch.linalg.vector_norm(r(0, 2), 2, dim=0) | torch.linalg.vector_norm(x, "fro")
torch.linalg.matrix_norm(r(2, 3, 4), dim=(0, 1)) | torch.linalg.matrix_norm(v)
torch.linalg.matrix_norm(x, 3) | torch.linalg.matrix_norm(x, dim=(0, 0))
torch.linalg.matrix_norm(r(2, 3, 4), "nuc", (0, 2), True)
torch.linalg.matrix_norm(r(2, 3, 4), 1, (2, 0)) | torch.dist(x, x + 1, 1) | torch.dist(x, x + 1, 0)
torch.dist(x, v) | torch.dist(x, x + 1, inf) | torch.cdist(x, x * 2) | torch.cdist(x, x * 2, p=1)
torch.cdist(x, x * 2, p=0) | torch.cdist(x, x, p=3) | torch.cdist(x, r(2, 4))
torch.cdist(r(5, 2, 3), r(1, 4, 3)) | torch.cdist(r(0, 3), r(4, 3)) | torch.cdist(r(2, 0), r(4, 0))
torch.cdist(i, i) | torch.cdist(x, x, p=-1) | torch.cdist(v, v) | torch.cdist(r(30, 3), r(4, 3))
torch.cdist(x, x, compute_mode="a") | torch.cdist(x, x * 2, p=inf) | torch.pdist(square)
torch.pdist(square, 1) | torch.pdist(r(1, 2, 3)) | torch.pdist(r(1, 2))
torch.renorm(x, 2, 0, 0.5) | torch.renorm(x, 1, 1, 0.5) | torch.renorm(v, 1, 0, 1)
torch.renorm(x, -1, 0, 1) | torch.det(square) | torch.det(x) | torch.det(r(4, 2, 2)) | torch.det(i)
torch.det(r(0, 0)) | torch.logdet(square @ square.t()) | torch.logdet(-torch.eye(1))
torch.slogdet(square) | torch.linalg.slogdet(torch.ones(2, 2)) | torch.inverse(square)
torch.inverse(torch.ones(2, 2)) | torch.inverse(x) | torch.linalg.inv(v) | torch.linalg.inv(i)
torch.linalg.inv_ex(square) | torch.linalg.pinv(x) | torch.linalg.pinv(r(4, 2, 3))
torch.linalg.pinv(torch.ones(2, 3)) | torch.linalg.matrix_rank(x)
torch.linalg.matrix_rank(torch.ones(4, 3, 3)) | torch.linalg.matrix_rank(v)
torch.linalg.matrix_rank(square + square.t(), hermitian=True)
torch.linalg.matrix_rank(x, tol=100.0) | torch.linalg.solve(square, v)
torch.linalg.solve(square, r(3, 2)) | torch.linalg.solve(x, v)
torch.linalg.solve(torch.ones(2, 2), torch.ones(2))
torch.linalg.solve(square.expand(2, 3, 3), r(2, 3)) | torch.linalg.solve(square, r(2))
torch.linalg.solve(square, x, left=False) | torch.linalg.solve(square, 1)
torch.linalg.solve_triangular(square, r(3, 2), upper=True)
torch.linalg.lstsq(r(4, 2), r(4, 1)).solution
torch.linalg.solve_triangular(square, x, upper=False, left=False, unitriangular=True)
torch.linalg.lstsq(r(4, 2), r(4, 1)).residuals | torch.linalg.lstsq(r(4, 2), r(3, 1))
torch.linalg.qr(square).R.abs() | torch.linalg.qr(r(4, 2), mode="complete")[0].shape
torch.linalg.qr(x, mode="r").R.abs() | torch.linalg.qr(x, mode="a") | torch.linalg.qr(v)
torch.linalg.svdvals(x) | torch.linalg.svd(x)[0].shape
torch.linalg.svd(x, full_matrices=False)[2].abs() | torch.svd(r(4, 2)).V.abs()
torch.svd(r(4, 2), some=False).U.shape | torch.svd(x, compute_uv=False).S
torch.linalg.eigh(square @ square.t()).eigenvalues | torch.linalg.eigvalsh(square)
torch.linalg.eigvalsh(x) | torch.linalg.eigvalsh(square, "U") | torch.linalg.eigh(square, UPLO="X")
torch.linalg.eigh(square)[1].abs() | torch.linalg.cholesky(square @ square.t())
torch.linalg.cholesky(-torch.eye(2)) | torch.linalg.cholesky(x)
torch.linalg.cholesky(square @ square.t(), upper=True)
torch.linalg.cholesky_ex(-torch.eye(2)).info | torch.linalg.matrix_power(square, 3)
torch.linalg.matrix_power(square, 0) | torch.linalg.matrix_power(x, 2)
torch.linalg.matrix_power(square, -2) | torch.linalg.multi_dot([x, x.t(), x])
torch.linalg.multi_dot([x]) | torch.linalg.multi_dot([v, square, v])
torch.linalg.multi_dot([x, x]) | torch.linalg.cond(square) | torch.linalg.cond(square, 1)
torch.linalg.cond(x, 1) | torch.linalg.cond(square, "fro") | torch.matrix_exp(square)
torch.matrix_exp(square * 20) | torch.linalg.matrix_exp(r(2, 2, 2)) | torch.linalg.vecdot(x, x)
torch.linalg.cross(v, x) | torch.linalg.cross(square, square.t(), dim=0)
torch.triangular_solve(x.t(), square) | torch.triangular_solve(x.t(), square, False).solution
x.t().triangular_solve(square, transpose=True).solution
torch.triangular_solve(x.t(), square, False, True, True).solution
torch.triangular_solve(v, square) | torch.triangular_solve(x, square)
torch.cholesky_solve(x.t(), square) | torch.cholesky_inverse(torch.tril(square))
torch.linalg.vander(v) | torch.linalg.diagonal(square) | torch.linalg.LinAlgError.__mro__[1]
"""


@pytest.mark.parametrize("expression", expressions(AGREE))
def test_as_pytorch(expression):
    agree(expression)


def symmetric(x):
    return x + x.mT


L = tinytorch.linalg
GRADIENTS = {
    "svd": (lambda x: L.svd(x, full_matrices=False)[1], (2, 3)),
    "singular vectors": (lambda x: (L.svd(x, full_matrices=False)[0] ** 2,), (3, 2)),
    "right singular vectors": (lambda x: L.svd(x, full_matrices=False).Vh ** 2, (2, 4)),
    "svdvals": (L.svdvals, (2, 3, 2)),
    "eigh": (lambda x: L.eigh(symmetric(x))[0], (3, 3)),
    "eigenvectors": (lambda x: L.eigh(symmetric(x))[1] ** 2, (3, 3)),
    "eigvalsh": (lambda x: L.eigvalsh(symmetric(x)), (2, 3, 3)),
    "cholesky": (lambda x: L.cholesky(x @ x.mT + tinytorch.eye(3).double()), (3, 3)),
    "qr": (lambda x: tuple(L.qr(x)), (4, 3)),
    "qr of wide matrices": (lambda x: tuple(L.qr(x)), (2, 4)),
    "solve": (lambda x: L.solve(x[..., :3], x[..., 3]), (2, 3, 4)),
    "solve of matrices": (lambda x: L.solve(x[:, :3], x[:, 3:]), (3, 5)),
    "solve from the right": (lambda x: L.solve(x[:3], x[3:], left=False), (5, 3)),
    "solve_triangular": (lambda x: L.solve_triangular(x[:, :3], x[:, 3:], upper=True), (3, 5)),
    "lstsq": (lambda x: L.lstsq(x[:, :2], x[:, 2:]).solution, (4, 3)),
    "pinv": (L.pinv, (2, 3)),
    "pinv of batches": (L.pinv, (2, 4, 2)),
    "inv": (L.inv, (2, 3, 3)),
    "det": (L.det, (2, 3, 3)),
    "det of rank 2": (lambda x: L.det(x @ x.mT), (3, 2)),
    "det of one number": (L.det, (1, 1)),
    "slogdet": (lambda x: L.slogdet(x)[1], (2, 3, 3)),
    "multi_dot": (lambda x: L.multi_dot([x, x.mT, x]), (2, 3)),
    "cond": (L.cond, (3, 3)),
    "nuclear norm": (lambda x: L.matrix_norm(x, "nuc"), (2, 3)),
    "spectral norm": (lambda x: L.norm(x, 2), (2, 3)),
    "row sums": (lambda x: L.norm(x, float("inf")), (2, 3)),
    "vector norm 1.5": (lambda x: L.vector_norm(x, 1.5, 1), (2, 3)),
    "least": (lambda x: L.vector_norm(x, -float("inf"), 0), (2, 3)),
    "vecdot": (lambda x: L.vecdot(x, x * 2), (2, 3)),
    "cross": (lambda x: L.cross(x, x.roll(1, 0)), (2, 3)),
    "matrix_exp": (L.matrix_exp, (3, 3)),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradient(name):
    function, shape = GRADIENTS[name]
    array = np.random.default_rng(5).standard_normal(shape)
    x = tinytorch.from_numpy(array).requires_grad_()
    assert gradcheck(function, (x,), atol=1e-5)


def test_norms_have_slope_zero_where_they_have_a_kink():
    for order in (2, 1, 3, 0.5, float("inf")):
        x = tinytorch.zeros(3, requires_grad=True)
        x.norm(order).backward()
        assert x.grad.tolist() == [0, 0, 0], order


def test_what_was_saved_and_then_changed_is_noticed():
    x = tinytorch.ones(3, requires_grad=True)
    length = x.norm()
    with tinytorch.no_grad():
        x.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        length.backward()
