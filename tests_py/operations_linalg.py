"""Linear algebra under torch's own names; torch.linalg's have their tests in test_linalg.py."""

from operations import of

OPERATIONS = [
    of("torch.norm Tensor.norm", (2, 3)),
    of("torch.norm Tensor.norm", (2, 3), args=(1, 1)),
    of("torch.norm Tensor.norm", (2, 3), args=(float("inf"), 0)),
    of("torch.norm Tensor.norm", (2, 3), args=(3.5, (0, 1), True)),
    of("torch.norm Tensor.norm", (2, 3), args=(0.5,)),
    of("torch.norm Tensor.norm", (2, 3), args=("nuc",)),
    of("torch.dist Tensor.dist", (2, 3), (2, 3)),
    of("torch.cdist", (4, 3), (5, 3)),
    of("torch.cdist", (2, 4, 3), (5, 3)),
    of("torch.cdist", (4, 3), (5, 3), args=(1.0,)),
    of("torch.cdist", (26, 2), (3, 2)),
    of("torch.pdist", (4, 3)),
    of("torch.renorm Tensor.renorm Tensor.renorm_", (2, 3), args=(2, 0, 0.5)),
    of("torch.det Tensor.det torch.inverse Tensor.inverse", (3, 3)),
    of("torch.pinverse Tensor.pinverse", (3, 2)),
    of("torch.matrix_power Tensor.matrix_power", (3, 3), args=(3,)),
    of("torch.matrix_power Tensor.matrix_power", (3, 3), args=(-2,)),
    of("torch.matrix_exp Tensor.matrix_exp", (3, 3)),
]


def positive(library, x):
    """A symmetric positive definite matrix."""
    return x @ x.mT + library.eye(len(x), dtype=x.dtype)


def factor(library, x):
    return library.linalg.cholesky(positive(library, x))


CALLS = [
    *(
        (f"{space}.{name}", shapes, call)
        for space in ("torch", "Tensor")
        for name, shapes, call in (
            ("logdet", ((3, 3),), lambda f, t, x: f(positive(t, x))),
            ("slogdet", ((3, 3),), lambda f, t, x: f(x)[1]),
            ("cholesky_inverse", ((3, 3),), lambda f, t, x: f(factor(t, x))),
            ("cholesky_solve", ((3, 2), (3, 3)), lambda f, t, b, x: f(b, factor(t, x))),
            ("cholesky_solve", ((3, 2), (3, 3)), lambda f, t, b, x: f(b, factor(t, x).mT, True)),
        )
    ),
    # Singular vectors have a sign that is free, their products do not.
    ("torch.svd", ((3, 2),), lambda f, t, x: (f(x)[1], f(x)[0] ** 2, f(x)[2] ** 2)),
    ("Tensor.svd", ((2, 3),), lambda f, t, x: (f(x)[1], f(x)[0] ** 2, f(x)[2] ** 2)),
]
WITHOUT_GRADIENT = {}
# Old names, which warn; torch.linalg's are tested in test_linalg.py.
OTHERS = {"torch": "cholesky qr triangular_solve", "Tensor": "cholesky qr triangular_solve"}
UNKNOWN_TO_PYTORCH = "torch.renorm Tensor.renorm Tensor.renorm_"  # float32 inside, there
