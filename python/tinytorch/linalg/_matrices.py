"""What the functions of linear algebra share: checks, numpy's half, batched matrices."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tinytorch import _C

Tensor = _C.Tensor
Array = Any  # a Tensor


class LinAlgError(RuntimeError):
    """A matrix that is singular, not positive definite, or otherwise without an answer.

    Source: torch.linalg.LinAlgError
    """


LinAlgError.__name__ = LinAlgError.__qualname__ = "_LinAlgError"


def check_floating(operation: str, *tensors: Array) -> None:
    for x in tensors:
        if not isinstance(x, Tensor):
            raise TypeError(f"{operation}: expected a Tensor, got {type(x).__name__}")
        if str(x.dtype) not in ("torch.float32", "torch.float64"):
            raise RuntimeError(f"{operation}: expected float32 or float64, got {x.dtype}")
    if any(x.dtype != tensors[0].dtype for x in tensors):
        raise RuntimeError(
            f"{operation}: expected tensors of one dtype, got {[str(x.dtype) for x in tensors]}"
        )


def check_matrices(operation: str, *tensors: Array) -> None:
    check_floating(operation, *tensors)
    for x in tensors:
        if x.dim() < 2:
            raise RuntimeError(
                f"{operation}: expected a matrix or a batch of them, got shape {tuple(x.shape)}"
            )


def check_square(operation: str, *tensors: Array) -> None:
    check_matrices(operation, *tensors)
    for x in tensors:
        if x.shape[-1] != x.shape[-2]:
            raise RuntimeError(f"{operation}: expected square matrices, got {tuple(x.shape)}")


def values_of(x: Array) -> np.ndarray[Any, Any]:
    """The numbers as a numpy array."""
    array: np.ndarray[Any, Any] = x.detach().numpy()
    return array


def tensor_of(array: Any, like: Array) -> Array:
    """A numpy result as a tensor of like's dtype."""
    return _C._from_numpy(np.ascontiguousarray(array).reshape(np.shape(array))).to(like.dtype)


def computed(operation: str, f: Callable[..., Any], *arrays: Any, **options: Any) -> Any:
    """f of numpy arrays; its LinAlgError as ours."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return f(*arrays, **options)
    except np.linalg.LinAlgError as error:
        raise LinAlgError(f"{operation}: {error}") from None


def identity(n: int, like: Array) -> Array:
    return _C._eye(n, n, like.dtype)


def diagonal_of(x: Array) -> Array:
    """The diagonals of the last two dims."""
    n, stride = min(x.shape[-2:]), x.stride()
    return _C.as_strided(
        x, (*x.shape[:-2], n), (*stride[:-2], stride[-2] + stride[-1]), x.storage_offset()
    )


def lower(x: Array, halve: bool = False) -> Array:
    """The lower triangles, the diagonal halved if asked."""
    rows, columns = x.shape[-2:]
    mask = np.tri(rows, columns)
    if halve:
        mask -= np.eye(rows, columns) / 2
    return x * _C._from_numpy(mask).to(x.dtype)


def swap(x: Array) -> Array:
    return x.transpose(-2, -1)


def write_out(result: Any, out: Any) -> Any:
    """`result`, or `out` with its values; several results go into several outs."""
    if out is None:
        return result
    if isinstance(result, tuple):
        return type(result)([write_out(r, o) for r, o in zip(result, out, strict=True)])
    if out.shape != result.shape:
        _C._resize(out, tuple(result.shape))
    return out.copy_(result)
