"""Creation: fresh tensors, from sizes, from data and from random numbers.

Keyword arguments common to all: dtype (else the default for the data), device (the CPU),
requires_grad.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinytorch import _C, _dtype
from tinytorch._device import check_cpu
from tinytorch._dtype import dtype as DType

Tensor = _C.Tensor
Generator = _C.Generator


def _finish(x: Any, device: Any, requires_grad: bool) -> Any:
    check_cpu(device)
    return x.requires_grad_() if requires_grad else x


def _sizes(size: tuple[Any, ...]) -> tuple[int, ...]:
    """f(2, 3), f((2, 3)) and f([2, 3]) alike."""
    if len(size) == 1 and isinstance(size[0], (tuple, list)):
        return tuple(size[0])
    return size


def _dtype_of_number(value: Any) -> DType:
    if isinstance(value, bool):
        return _dtype.bool
    return _dtype.int64 if isinstance(value, int) else _C.get_default_dtype()


def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Uninitialised memory of shape `size`.  Source: torch.empty"""
    x = _C._empty(_sizes(size), dtype or _C.get_default_dtype())
    return _finish(x, device, requires_grad)


def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Zeros of shape `size`.  Source: torch.zeros"""
    x = _C._full(_sizes(size), 0, dtype or _C.get_default_dtype())
    return _finish(x, device, requires_grad)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Ones of shape `size`.  Source: torch.ones"""
    x = _C._full(_sizes(size), 1, dtype or _C.get_default_dtype())
    return _finish(x, device, requires_grad)


def full(
    size: Sequence[int],
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """`fill_value` everywhere.  Source: torch.full"""
    if isinstance(fill_value, Tensor):
        fill_value = fill_value.item()
    x = _C._full(tuple(size), fill_value, dtype or _dtype_of_number(fill_value))
    return _finish(x, device, requires_grad)


def empty_like(
    input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """Uninitialised memory shaped as `input`.  Source: torch.empty_like"""
    return empty(
        tuple(input.shape), dtype=dtype or input.dtype, device=device, requires_grad=requires_grad
    )


def zeros_like(
    input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """Zeros shaped as `input`.  Source: torch.zeros_like"""
    return full_like(input, 0, dtype=dtype, device=device, requires_grad=requires_grad)


def ones_like(
    input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """Ones shaped as `input`.  Source: torch.ones_like"""
    return full_like(input, 1, dtype=dtype, device=device, requires_grad=requires_grad)


def full_like(
    input: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """`fill_value` everywhere, shaped as `input`.  Source: torch.full_like"""
    x = _C._full(tuple(input.shape), fill_value, dtype or input.dtype)
    return _finish(x, device, requires_grad)


def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """start, start + step, ... before end; from 0 when only one bound is given.

    int64 when all bounds are integers, else the default dtype.  Source: torch.arange
    """
    if end is None:
        start, end = 0, start
    start, end, step = (v.item() if isinstance(v, Tensor) else v for v in (start, end, step))
    if dtype is None:
        integral = all(isinstance(v, (int, np.integer)) for v in (start, end, step))
        dtype = _dtype.int64 if integral else _C.get_default_dtype()
    return _finish(_C._arange(start, end, step, dtype), device, requires_grad)


def linspace(
    start: float,
    end: float,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """`steps` points from start to end, both included.  Source: torch.linspace"""
    x = _C._linspace(float(start), float(end), steps, dtype or _C.get_default_dtype())
    return _finish(x, device, requires_grad)


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """The (n, m) matrix with ones on its diagonal.  Source: torch.eye"""
    x = _C._eye(n, n if m is None else m, dtype or _C.get_default_dtype())
    return _finish(x, device, requires_grad)


def _array_of(data: Any) -> np.ndarray[Any, Any]:
    """Nested sequences of numbers and tensors as one array; floats as float64, ints as int64."""
    if isinstance(data, (list, tuple)) and any(isinstance(row, Tensor) for row in data):
        data = [row.tolist() if isinstance(row, Tensor) else row for row in data]
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise ValueError(f"tensor: nested sequences of unequal lengths: {error}") from None
    if array.dtype.kind in "OUSVmM":
        ragged = array.dtype.kind == "O" and not isinstance(data, np.ndarray)
        kind = RuntimeError if ragged else TypeError
        raise kind(f"tensor: expected numbers that int64 or float64 hold, got {data!r:.60}")
    if array.dtype == np.uint64 and not isinstance(data, (np.ndarray, np.generic)):
        raise RuntimeError("tensor: an integer is too large for int64")
    return array


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A copy of `data`: a number, nested sequences, a numpy array, a tensor.

    Python floats become the default dtype, ints int64; arrays keep their dtype.
    Raises ValueError for ragged sequences.  Source: torch.tensor
    """
    if isinstance(data, Tensor):
        x = data.detach().clone() if hasattr(data, "detach") else data.clone()
        x = x.to(dtype) if dtype is not None else x
        return _finish(x, device, requires_grad)
    if isinstance(data, (bool, int, float)) and not isinstance(data, np.generic):
        if isinstance(data, int) and not -(2**63) <= data < 2**63:
            raise ValueError(f"tensor: {data} is outside int64")
        x = _C._full((), data, dtype or _dtype_of_number(data))
        return _finish(x, device, requires_grad)
    array = _array_of(data)
    narrow = dtype is None and _C.get_default_dtype() is _dtype.float32
    if narrow and array.dtype == np.float64 and not isinstance(data, (np.ndarray, np.generic)):
        array = array.astype(np.float32)
    if array.size == 0 and not isinstance(data, np.ndarray) and dtype is None:
        dtype = _C.get_default_dtype()
    x = _C._from_numpy(np.array(array, order="C"))
    x = x.to(dtype) if dtype is not None else x
    return _finish(x, device, requires_grad)


def from_numpy(array: np.ndarray[Any, Any]) -> Any:
    """A tensor that shares the array's memory.

    Raises TypeError for dtypes that tensors do not have.  Source: torch.from_numpy
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: expected a numpy array, got {type(array).__name__}")
    return _C._from_numpy(array)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Any:
    """`data` itself when it is a tensor of that dtype; shares a numpy array's memory.

    Source: torch.as_tensor
    """
    check_cpu(device)
    if isinstance(data, np.ndarray):
        data = from_numpy(data)
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    return tensor(data, dtype=dtype)


def rand(
    *size: Any,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Uniform on [0, 1).  Source: torch.rand"""
    x = _C._rand(_sizes(size), dtype or _C.get_default_dtype(), generator)
    return _finish(x, device, requires_grad)


def randn(
    *size: Any,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Normal, mean 0 and variance 1.  Source: torch.randn"""
    x = _C._randn(_sizes(size), dtype or _C.get_default_dtype(), generator)
    return _finish(x, device, requires_grad)


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Integers in [low, high), or [0, low) as randint(high, size).  Source: torch.randint"""
    if size is None:
        low, high, size = 0, low, high
    x = _C._randint(low, high, tuple(size), dtype or _dtype.int64, generator)
    return _finish(x, device, requires_grad)


def randperm(
    n: int,
    *,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A random permutation of 0 .. n-1.  Source: torch.randperm"""
    x = _C._randperm(n, dtype or _dtype.int64, generator)
    return _finish(x, device, requires_grad)


def rand_like(input: Any, *, dtype: Any = None, requires_grad: bool = False) -> Any:
    """Uniform on [0, 1), shaped as `input`.  Source: torch.rand_like"""
    return rand(tuple(input.shape), dtype=dtype or input.dtype, requires_grad=requires_grad)


def randn_like(input: Any, *, dtype: Any = None, requires_grad: bool = False) -> Any:
    """Normal, shaped as `input`.  Source: torch.randn_like"""
    return randn(tuple(input.shape), dtype=dtype or input.dtype, requires_grad=requires_grad)


def set_default_dtype(d: DType) -> None:
    """The dtype of floats that nobody gave one.  Source: torch.set_default_dtype"""
    _C._set_default_dtype(d)


def manual_seed(seed: int) -> Any:
    """Restarts the default generator; returns it.  Source: torch.manual_seed"""
    return _C.default_generator.manual_seed(int(seed))


def initial_seed() -> int:
    """The seed of the default generator.  Source: torch.initial_seed"""
    seed: int = _C.default_generator.initial_seed()
    return seed
