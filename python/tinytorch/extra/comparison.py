"""Comparisons of whole tensors, and questions about tensors and dtypes."""

from typing import Any

import numpy as np

from tinytorch import _C
from tinytorch._dtype import dtype as DType
from tinytorch._numeric_limits import category
from tinytorch.extra._surface import both, function

Tensor = _C.Tensor
Array = Any  # a Tensor


def _tensors(operation: str, *values: Any) -> None:
    for x in values:
        if not isinstance(x, Tensor):
            raise TypeError(f"{operation}: expected a Tensor, got {type(x).__name__}")


def _numbers(x: Array) -> np.ndarray[Any, Any]:
    x = x.detach()
    half = x.is_floating_point() and x.element_size() == 2
    array: np.ndarray[Any, Any] = (x.float() if half else x).numpy()
    return array


@both
def isclose(
    input: Array, other: Array, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Array:
    """|input - other| <= atol + rtol |other|, element by element.  Source: torch.isclose"""
    _tensors("isclose", input, other)
    if input.dtype != other.dtype:
        raise RuntimeError(f"isclose: {input.dtype} did not match {other.dtype}")
    if not (rtol >= 0 and atol >= 0):
        raise RuntimeError(f"isclose: expected rtol and atol >= 0, got {rtol} and {atol}")
    a, b = _numbers(input), _numbers(other)
    try:
        close = np.asarray(a == b)
    except ValueError as error:
        raise RuntimeError(f"isclose: {error}") from None
    if close.shape != np.broadcast_shapes(a.shape, b.shape):
        raise RuntimeError(f"isclose: shapes {a.shape} and {b.shape} do not broadcast")
    if a.dtype.kind == "b":
        a, b = a.astype(np.int8), b.astype(np.int8)
    with np.errstate(all="ignore"):
        if a.dtype.kind == "f":
            allowed = a.dtype.type(atol) + np.abs(a.dtype.type(rtol) * b)
            distance = np.abs(a - b)
            close = close | (np.isfinite(distance) & (distance <= allowed))
            if equal_nan:
                close = close | (np.isnan(a) & np.isnan(b))
        else:
            distance = np.abs(a.astype(np.float64) - b.astype(np.float64))
            close = close | (distance <= atol + np.abs(rtol * b.astype(np.float64)))
    return _C._from_numpy(np.ascontiguousarray(close).reshape(close.shape))


@both
def allclose(
    input: Array, other: Array, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:
    """Whether every element is close.  Source: torch.allclose"""
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


@both
def equal(input: Array, other: Array) -> bool:
    """Whether both have the same shape and the same elements.  Source: torch.equal"""
    _tensors("equal", input, other)
    if input.shape != other.shape:
        return False
    return bool((input.detach() == other.detach()).all())


@both
def is_nonzero(input: Array) -> bool:
    """Whether a tensor of one element is not zero.  Source: torch.is_nonzero"""
    _tensors("is_nonzero", input)
    if input.numel() != 1:
        what = "more than one value" if input.numel() else "no values"
        raise RuntimeError(f"Boolean value of Tensor with {what} is ambiguous")
    return bool(input)


@both
def is_same_size(input: Array, other: Array) -> bool:
    """Whether the shapes are equal.  Source: torch.is_same_size"""
    _tensors("is_same_size", input, other)
    return bool(input.shape == other.shape)


@function
def is_tensor(obj: Any) -> bool:
    """Source: torch.is_tensor"""
    return isinstance(obj, Tensor)


@function
def is_floating_point(input: Array) -> bool:
    """Source: torch.is_floating_point"""
    _tensors("is_floating_point", input)
    return bool(input.is_floating_point())


@function
def is_complex(input: Array) -> bool:
    """Always False: there are no complex dtypes.  Source: torch.is_complex"""
    _tensors("is_complex", input)
    return False


@function
def is_signed(input: Array) -> bool:
    """Source: torch.is_signed"""
    _tensors("is_signed", input)
    return bool(input.dtype.is_signed)


def _always_false(name: str) -> None:
    def answer(input: Array) -> bool:
        _tensors(name, input)
        return False

    answer.__name__ = answer.__qualname__ = name
    answer.__doc__ = f"Always False for the tensors that there are here.  Source: torch.{name}"
    both(answer)


for _name in ("is_conj", "is_neg", "is_inference", "is_distributed"):
    _always_false(_name)


@function
def can_cast(from_: DType, to: DType) -> bool:
    """Whether the conversion keeps the category: not float to integer, nor anything to bool.

    Source: torch.can_cast
    """
    for given in (from_, to):
        if not isinstance(given, DType):
            raise TypeError(f"can_cast: expected a torch.dtype, got {given!r}")
    return category(from_) <= category(to)
