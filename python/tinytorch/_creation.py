"""Creation: fresh tensors, from sizes and from data; random ones are in _random.

Keyword arguments common to all: dtype (else the default for the data), device (the CPU), layout
(torch.strided), requires_grad, pin_memory.
"""

import builtins
import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinytorch import _C, _dtype
from tinytorch import _memory_format as _formats
from tinytorch._dtype import dtype as DType
from tinytorch._from_data import (
    as_tensor as as_tensor,
)
from tinytorch._from_data import (
    asarray as asarray,
)
from tinytorch._from_data import (
    check_dtype,
    dtype_of_number,
    finish,
)
from tinytorch._from_data import (
    from_numpy as from_numpy,
)
from tinytorch._from_data import (
    frombuffer as frombuffer,
)
from tinytorch._from_data import (
    tensor as tensor,
)

Tensor = _C.Tensor
Generator = _C.Generator


def _finish(
    x: Any,
    device: Any,
    requires_grad: bool,
    layout: Any = None,
    pin_memory: bool = False,
    memory_format: Any = None,
    out: Any = None,
) -> Any:
    if layout is not None and not isinstance(layout, _formats.layout):
        raise TypeError(f"layout: expected a torch.layout, got {layout!r}")
    _formats.check_fresh(memory_format, layout)
    if memory_format not in (None, _formats.preserve_format):
        x = _formats.arranged(x, memory_format)
    x = x if out is None else _into(out, x)
    return finish(x, device, requires_grad, pin_memory)


def _into(out: Any, x: Any) -> Any:
    """`out` with x's shape and values."""
    if not isinstance(out, Tensor):
        raise TypeError(f"out: expected a Tensor, got {type(out).__name__}")
    if out.shape != x.shape:
        _C._resize(out, tuple(x.shape))
    return out.copy_(x)


def _dtype_beside(out: Any, dtype: Any, default: DType) -> DType:
    """The dtype asked for, which `out` must have; else out's, else the default."""
    chosen = check_dtype(dtype)
    if out is None:
        return chosen or default
    if not isinstance(out, Tensor):
        raise TypeError(f"out: expected a Tensor, got {type(out).__name__}")
    if chosen not in (None, out.dtype):
        raise RuntimeError(f"dtype {chosen} does not match dtype of out parameter ({out.dtype})")
    found: DType = out.dtype
    return found


def _sizes(size: tuple[Any, ...], named: Any = None) -> Any:
    """f(2, 3), f((2, 3)), f([2, 3]) and f(size=(2, 3)) alike."""
    if named is not None:
        if size:
            raise TypeError("got multiple values for argument 'size'")
        return named if isinstance(named, int) else tuple(named)
    if not size:
        raise TypeError("expected sizes")
    if isinstance(size[0], (tuple, list)):
        if len(size) > 1:
            raise TypeError(f"expected integers, or one tuple of them, got {size!r:.80}")
        size = tuple(size[0])
    if size and isinstance(size[0], bool):
        raise TypeError(f"expected sizes to be integers, got {size!r:.80}")
    return size


def empty(
    *sizes: Any, size: Any = None, out: Any = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False, layout: Any = None, pin_memory: bool = False,
    memory_format: Any = None,
) -> Any:  # fmt: skip
    """Uninitialised memory of shape `size`.  Source: torch.empty"""
    if memory_format is _formats.preserve_format:
        raise RuntimeError("empty: unsupported memory format Preserve")
    x = _C._empty(_sizes(sizes, size), _dtype_beside(out, dtype, _C.get_default_dtype()))
    return _finish(x, device, requires_grad, layout, pin_memory, memory_format, out)


def zeros(
    *sizes: Any, size: Any = None, out: Any = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False, layout: Any = None, pin_memory: bool = False,
) -> Any:  # fmt: skip
    """Zeros of shape `size`.  Source: torch.zeros"""
    x = _C._full(_sizes(sizes, size), 0, _dtype_beside(out, dtype, _C.get_default_dtype()))
    return _finish(x, device, requires_grad, layout, pin_memory, out=out)


def ones(
    *sizes: Any, size: Any = None, out: Any = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False, layout: Any = None, pin_memory: bool = False,
) -> Any:  # fmt: skip
    """Ones of shape `size`.  Source: torch.ones"""
    x = _C._full(_sizes(sizes, size), 1, _dtype_beside(out, dtype, _C.get_default_dtype()))
    return _finish(x, device, requires_grad, layout, pin_memory, out=out)


def _number(operation: str, value: Any) -> Any:
    """A Python number of a number or a 0-d tensor."""
    if isinstance(value, Tensor):
        if value.dim() > 0:
            raise TypeError(f"{operation}: expected a number, got shape {tuple(value.shape)}")
        return value.item()
    if isinstance(value, np.generic):
        return value.item()
    if not isinstance(value, (bool, int, float)):
        raise TypeError(f"{operation}: expected a number, got {value!r:.60}")
    return value


def full(
    size: Sequence[int], fill_value: Any, *, out: Any = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False, layout: Any = None, pin_memory: bool = False,
) -> Any:  # fmt: skip
    """`fill_value` everywhere.  Source: torch.full"""
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"full: expected size to be a tuple of integers, got {size!r:.60}")
    fill_value = _fill("full", fill_value)
    x = _C._full(tuple(size), fill_value, _dtype_beside(out, dtype, dtype_of_number(fill_value)))
    return _finish(x, device, requires_grad, layout, pin_memory, out=out)


def _fill(operation: str, value: Any) -> Any:
    value = _number(operation, value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise RuntimeError(f"{operation}: {value} cannot be converted to int64 without overflow")
    return value


def _like(operation: str, input: Any) -> Any:
    if not isinstance(input, Tensor):
        raise TypeError(f"{operation}: expected a Tensor, got {type(input).__name__}")
    return input


def empty_like(
    input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
    layout: Any = None, pin_memory: bool = False, memory_format: Any = None,
) -> Any:  # fmt: skip
    """Uninitialised memory shaped as `input`.  Source: torch.empty_like"""
    x = _C._empty(tuple(_like("empty_like", input).shape), check_dtype(dtype) or input.dtype)
    return _finish(x, device, requires_grad, layout, pin_memory, memory_format)


def full_like(
    input: Any, fill_value: Any, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False, layout: Any = None, pin_memory: bool = False,
    memory_format: Any = None,
) -> Any:  # fmt: skip
    """`fill_value` everywhere, shaped as `input`.  Source: torch.full_like"""
    shape = tuple(_like("full_like", input).shape)
    x = _C._full(shape, _fill("full_like", fill_value), check_dtype(dtype) or input.dtype)
    return _finish(x, device, requires_grad, layout, pin_memory, memory_format)


def zeros_like(
    input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
    layout: Any = None, pin_memory: bool = False, memory_format: Any = None,
) -> Any:  # fmt: skip
    """Zeros shaped as `input`.  Source: torch.zeros_like"""
    x = _C._full(tuple(_like("zeros_like", input).shape), 0, check_dtype(dtype) or input.dtype)
    return _finish(x, device, requires_grad, layout, pin_memory, memory_format)


def ones_like(
    input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
    layout: Any = None, pin_memory: bool = False, memory_format: Any = None,
) -> Any:  # fmt: skip
    """Ones shaped as `input`.  Source: torch.ones_like"""
    x = _C._full(tuple(_like("ones_like", input).shape), 1, check_dtype(dtype) or input.dtype)
    return _finish(x, device, requires_grad, layout, pin_memory, memory_format)


_ABSENT: Any = object()


def arange(
    start: Any = _ABSENT, end: Any = None, step: Any = 1, *, out: Any = None, dtype: Any = None,
    device: Any = None, requires_grad: bool = False, layout: Any = None, pin_memory: bool = False,
) -> Any:  # fmt: skip
    """start, start + step, ... before end; from 0 when only one bound is given.

    int64 when all bounds are integers, else the default dtype.  Source: torch.arange
    """
    if end is None:
        start, end = 0, start
    elif start is _ABSENT:
        start = 0
    if end is _ABSENT:
        raise TypeError("arange: expected an end")
    start, end, step = (_fill("arange", v) for v in (start, end, step))
    integral = all(isinstance(v, int) for v in (start, end, step))
    default = _dtype.int64 if integral else _C.get_default_dtype()
    x = _C._arange(start, end, step, _dtype_beside(out, dtype, default))
    return _finish(x, device, requires_grad, layout, pin_memory, out=out)


def range(
    start: Any = 0, end: Any = None, step: Any = 1, *, out: Any = None, dtype: Any = None,
    device: Any = None, requires_grad: bool = False, layout: Any = None, pin_memory: bool = False,
) -> Any:  # fmt: skip
    """start, start + step, ... up to and with end.  Source: torch.range"""
    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is "
        "inconsistent with Python's range builtin. Instead, use torch.arange, which produces "
        "values in [start, end).",
        UserWarning,
        stacklevel=2,
    )
    if end is None:
        start, end = 0, start
    start, end, step = (_fill("range", v) for v in (start, end, step))
    if step == 0:
        raise RuntimeError("range: step must be nonzero")
    if not all(map(math.isfinite, (start, end, step))):
        raise RuntimeError(f"range: unsupported range: {start} -> {end}")
    if (end - start) * step < 0:
        raise RuntimeError(f"range: step {step} never reaches {end} from {start}")
    chosen = _dtype_beside(out, dtype, _C.get_default_dtype())
    if chosen.is_floating_point:
        past = start + (int((end - start) / step) + 0.5) * step
    else:
        start, step = int(start), int(step)
        past = int(end) + (1 if step > 0 else -1)
    x = _C._arange(start, past, step, chosen)
    return _finish(x, device, requires_grad, layout, pin_memory, out=out)


def _steps(operation: str, steps: Any) -> int:
    if isinstance(steps, bool) or not hasattr(steps, "__index__"):
        raise TypeError(f"{operation}: expected steps to be an integer, got {steps!r:.60}")
    count: int = steps.__index__()
    return count


def linspace(
    start: Any, end: Any, steps: Any, *, out: Any = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False, layout: Any = None, pin_memory: bool = False,
) -> Any:  # fmt: skip
    """`steps` points from start to end, both included.  Source: torch.linspace"""
    first, last = (float(_number("linspace", v)) for v in (start, end))
    chosen = _dtype_beside(out, dtype, _C.get_default_dtype())
    x = _C._linspace(first, last, _steps("linspace", steps), chosen)
    return _finish(x, device, requires_grad, layout, pin_memory, out=out)


def logspace(
    start: Any, end: Any, steps: Any, base: float = 10.0, *, out: Any = None, dtype: Any = None,
    device: Any = None, requires_grad: bool = False, layout: Any = None, pin_memory: bool = False,
) -> Any:  # fmt: skip
    """base to the powers of linspace(start, end, steps).  Source: torch.logspace"""
    first, last = (float(_number("logspace", v)) for v in (start, end))
    chosen = _dtype_beside(out, dtype, _C.get_default_dtype())
    exponents = _C._linspace(first, last, _steps("logspace", steps), _dtype.float64)
    with np.errstate(all="ignore"):
        powers = np.power(float(base), exponents.numpy())
    x = _C._from_numpy(powers).to(chosen)
    return _finish(x, device, requires_grad, layout, pin_memory, out=out)


def eye(
    n: Any, m: Any = None, *, out: Any = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False, layout: Any = None, pin_memory: bool = False,
) -> Any:  # fmt: skip
    """The (n, m) matrix with ones on its diagonal.  Source: torch.eye"""
    chosen = _dtype_beside(out, dtype, _C.get_default_dtype())
    x = _C._eye(_steps("eye", n), _steps("eye", n if m is None else m), chosen)
    return _finish(x, device, requires_grad, layout, pin_memory, out=out)


def scalar_tensor(
    s: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
    layout: Any = None, pin_memory: bool = False,
) -> Any:  # fmt: skip
    """A 0-d tensor.  Source: torch.scalar_tensor"""
    x = _C._full((), _fill("scalar_tensor", s), check_dtype(dtype) or _C.get_default_dtype())
    return _finish(x, device, requires_grad, layout, pin_memory)


def empty_strided(
    size: Sequence[int], stride: Sequence[int], *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False, layout: Any = None, pin_memory: bool = False,
) -> Any:  # fmt: skip
    """Uninitialised memory with the given strides.  Source: torch.empty_strided"""
    if len(size) != len(stride):
        raise RuntimeError(
            f"empty_strided: expected as many strides as sizes, got {size} and {stride}"
        )
    if any(n < 0 for n in (*size, *stride)):
        raise RuntimeError(f"empty_strided: got a negative size or stride, {size}, {stride}")
    last = sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    count = 0 if 0 in size else last + 1
    memory = _C._empty((count,), check_dtype(dtype) or _C.get_default_dtype())
    x = _C.as_strided(memory, tuple(size), tuple(stride))
    return _finish(x, device, requires_grad, layout, pin_memory)


def empty_permuted(
    size: Sequence[int], physical_layout: Sequence[int], *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False, layout: Any = None, pin_memory: bool = False,
) -> Any:  # fmt: skip
    """Uninitialised memory whose dims lie in the given order.  Source: torch.empty_permuted"""
    order = [int(d) for d in physical_layout]
    if sorted(order) != [*builtins.range(len(size))]:
        raise RuntimeError(f"empty_permuted: expected a permutation of the dims, got {order}")
    x = _C._empty(tuple(size[d] for d in order), check_dtype(dtype) or _C.get_default_dtype())
    x = x.permute([order.index(d) for d in builtins.range(len(size))])
    return _finish(x, device, requires_grad, layout, pin_memory)


def set_default_dtype(d: DType) -> None:
    """The dtype of floats that nobody gave one.  Source: torch.set_default_dtype"""
    _C._set_default_dtype(d)
