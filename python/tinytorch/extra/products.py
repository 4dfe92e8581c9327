"""Products of vectors and matrices, added to what is there, and of whole tensors."""

import itertools
from collections.abc import Callable
from typing import Any

from tinytorch import _C
from tinytorch.extra._surface import alias, both, function, method
from tinytorch.extra.shapes import tensors_of, warn_once, wrap_dim

Tensor = _C.Tensor
Array = Any  # a Tensor


def _check_dims(operation: str, *tensors: tuple[Array, int]) -> None:
    for x, rank in tensors:
        if not isinstance(x, Tensor):
            raise TypeError(f"{operation}: expected a Tensor, got {type(x).__name__}")
        if x.dim() != rank:
            raise RuntimeError(
                f"{operation}: expected a {rank}-d tensor, got shape {tuple(x.shape)}"
            )


def _check_same(operation: str, a: Array, b: Array) -> None:
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"{operation}: expected tensors of one dtype, got {a.dtype} and {b.dtype}"
        )


@both
def mv(input: Array, vec: Array) -> Array:
    """Matrix times vector, (m, k) (k) -> (m).  Source: torch.mv"""
    _check_dims("mv", (input, 2), (vec, 1))
    return _C.matmul(input, vec)


@both
def outer(input: Array, vec2: Array) -> Array:
    """Every product of two elements, (m) (n) -> (m, n).  Source: torch.outer"""
    _check_dims("outer", (input, 1), (vec2, 1))
    return input.unsqueeze(1) * vec2


alias(outer, "ger")


@both
def inner(input: Array, other: Array) -> Array:
    """Dot products along the last dim, (.., k) (.., k) -> (.., ..).  Source: torch.inner"""
    if input.dim() == 0 or other.dim() == 0:
        return input * other
    _check_same("inner", input, other)
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(
            f"inner: expected equal last dims, got {tuple(input.shape)} and {tuple(other.shape)}"
        )
    rows, columns = input.reshape(-1, input.shape[-1]), other.reshape(-1, other.shape[-1])
    product = _C.matmul(rows, columns.transpose(0, 1))
    return product.reshape((*input.shape[:-1], *other.shape[:-1]))


@both
def vdot(input: Array, other: Array) -> Array:
    """The dot product of two vectors of real numbers.  Source: torch.vdot"""
    return _C.dot(input, other)


# --- added to what is there: beta * input + alpha * product


def _added(operation: str, input: Array, product: Array, beta: Any, alpha: Any) -> Array:
    if not isinstance(input, Tensor):
        raise TypeError(f"{operation}: expected a Tensor, got {type(input).__name__}")
    _check_same(operation, input, product)
    for name, value in (("beta", beta), ("alpha", alpha)):
        if isinstance(value, Tensor):
            raise TypeError(f"{operation}: expected {name} to be a number, got a Tensor")
        if isinstance(value, float) and not product.is_floating_point():
            raise RuntimeError(
                f"{operation}: for integer tensors {name} must be an integer, got {value}"
            )
    if input.dim() > product.dim() or any(
        n not in (1, m)
        for n, m in zip(reversed(input.shape), reversed(product.shape), strict=False)
    ):
        raise RuntimeError(
            f"{operation}: shape {tuple(input.shape)} does not expand to {tuple(product.shape)}"
        )
    if alpha != 1:
        product = product * alpha
    if beta == 0:  # whatever is in input, NaN too, is ignored
        return product
    return (input if beta == 1 else input * beta) + product


def _adder(name: str, multiply: Callable[[Array, Array], Array], text: str, *names: str) -> None:
    first, second = names

    def add(
        input: Array, *args: Any, beta: Any = 1, alpha: Any = 1, out: Any = None, **named: Any
    ) -> Array:
        factors = [*args, *(named.pop(key) for key in names[len(args) :] if key in named)]
        if len(factors) != 2 or named:
            raise TypeError(f"{name}: expected input, {first} and {second}")
        result = _added(name, input, multiply(*factors), beta, alpha)
        return result if out is None else out.copy_(result)

    def add_(self: Array, *args: Any, **kwargs: Any) -> Array:
        result = add(self, *args, **kwargs)
        if result.shape != self.shape:
            raise RuntimeError(
                f"{name}_: a result of shape {tuple(result.shape)} does not fit into "
                f"{tuple(self.shape)}"
            )
        return self.copy_(result)

    for f, full in ((add, name), (add_, f"{name}_")):
        f.__name__ = f.__qualname__ = full
        f.__doc__ = f"beta * input + alpha * {text}.  Source: torch.Tensor.{full}"
    both(add)
    method(add_)


def _batch_sum(batch1: Array, batch2: Array) -> Array:
    return _C.bmm(batch1, batch2).sum(0, dtype=batch1.dtype)


_adder("addmm", lambda a, b: _C.mm(a, b), "(mat1 @ mat2)", "mat1", "mat2")
_adder("addmv", lambda a, b: mv(a, b), "(mat @ vec)", "mat", "vec")
_adder("addr", lambda a, b: outer(a, b), "outer(vec1, vec2)", "vec1", "vec2")
_adder("addbmm", _batch_sum, "the batch's sum of (batch1 @ batch2)", "batch1", "batch2")
_adder("baddbmm", lambda a, b: _C.bmm(a, b), "(batch1 @ batch2)", "batch1", "batch2")


# --- of several


def multiplied(operation: str, matrices: list[Array]) -> Array:
    """The product of a chain, in the order of fewest multiplications."""
    sizes = [matrices[0].shape[0], *(m.shape[1] for m in matrices)]
    for a, b in itertools.pairwise(matrices):
        if a.shape[1] != b.shape[0]:
            raise RuntimeError(
                f"{operation}: {tuple(a.shape)} and {tuple(b.shape)} cannot be multiplied"
            )
    count = len(matrices)
    cost = [[0] * count for _ in matrices]
    cut = [[0] * count for _ in matrices]
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            options = [
                cost[i][k] + cost[k + 1][j] + sizes[i] * sizes[k + 1] * sizes[j + 1]
                for k in range(i, j)
            ]
            cost[i][j] = min(options)
            cut[i][j] = i + options.index(cost[i][j])

    def product(i: int, j: int) -> Array:
        if i == j:
            return matrices[i]
        return _C.matmul(product(i, cut[i][j]), product(cut[i][j] + 1, j))

    return product(0, count - 1)


@function
def chain_matmul(*matrices: Any, out: Any = None) -> Array:
    """The product of matrices, in the order of fewest multiplications.

    Source: torch.chain_matmul
    """
    warn_once(
        "torch.chain_matmul is deprecated and will be removed in a future PyTorch release. Use "
        "torch.linalg.multi_dot instead, which accepts a list of two or more tensors rather than "
        "multiple parameters."
    )
    given = tensors_of("chain_matmul", matrices, least=1)
    _check_dims("chain_matmul", *((m, 2) for m in given))
    result = multiplied("chain_matmul", given)
    return result if out is None else out.copy_(result)


@both
def kron(input: Array, other: Array) -> Array:
    """Every element of input times all of other, block by block.  Source: torch.kron"""
    rank = max(input.dim(), other.dim())
    a = [1] * (rank - input.dim()) + [*input.shape]
    b = [1] * (rank - other.dim()) + [*other.shape]
    spread = [n for size in a for n in (size, 1)]
    blocks = [n for size in b for n in (1, size)]
    product = input.reshape(spread) * other.reshape(blocks)
    return product.reshape([m * n for m, n in zip(a, b, strict=True)])


@both
def cross(input: Array, other: Array, dim: int | None = None) -> Array:
    """The cross product of 3-vectors along dim; without it, the first dim of size 3.

    Source: torch.cross
    """
    if dim is None:
        warn_once(
            "Using torch.cross without specifying the dim arg is deprecated.\nPlease either pass "
            "the dim explicitly or simply use torch.linalg.cross.\nThe default value of dim will "
            "change to agree with that of linalg.cross in a future release."
        )
        shape = input.shape
        dim = next((d for d, n in enumerate(shape) if n == 3), None)
        if dim is None:
            raise RuntimeError(f"cross: no dim of size 3 in shape {tuple(shape)}")
    return crossed(input, other, dim)


def crossed(input: Array, other: Array, dim: int) -> Array:
    """The cross product along dim, of tensors of as many dims."""
    if input.dim() != other.dim():
        raise RuntimeError(
            f"cross: expected as many dims, got {tuple(input.shape)} and {tuple(other.shape)}"
        )
    dim = wrap_dim("cross", dim, input.dim())
    if input.dim() == 0 or input.shape[dim] != 3 or other.shape[dim] != 3:
        raise RuntimeError(
            f"cross: expected dim {dim} of size 3, got {tuple(input.shape)} and "
            f"{tuple(other.shape)}"
        )

    def turned(x: Array, by: int) -> Array:
        return x.roll(by, dim)

    return turned(input, -1) * turned(other, -2) - turned(input, -2) * turned(other, -1)
