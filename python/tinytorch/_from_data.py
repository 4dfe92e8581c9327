"""Tensors from data: numbers, nested sequences, numpy arrays, buffers, other tensors."""

import warnings
from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from tinytorch import _C, _dtype
from tinytorch._device import check_cpu
from tinytorch._dtype import dtype as DType

Tensor = _C.Tensor
Array = np.ndarray[Any, Any]


def dtype_of_number(value: Any) -> DType:
    """bool, int64 or the default dtype."""
    if isinstance(value, (bool, np.bool_)):
        return _dtype.bool
    if isinstance(value, (int, np.integer)):
        return _dtype.int64
    return _C.get_default_dtype()


def finish(x: Any, device: Any, requires_grad: bool, pin_memory: bool = False) -> Any:
    """What is left of a fresh tensor's options once it is there."""
    check_cpu(device)
    if pin_memory:
        raise RuntimeError("pin_memory: no accelerator is here that would need pinned memory")
    if not isinstance(requires_grad, bool):
        raise TypeError(f"requires_grad: expected a bool, got {requires_grad!r}")
    return x.requires_grad_() if requires_grad else x


_PYTHON_NUMBERS = {bool: "bool", int: "int64"}


def _leaf_dtypes(data: Any, found: set[Any]) -> None:
    """The dtypes of all numbers in nested sequences, and Tensor where there is one.

    Each level is one pass in C.
    """
    for kind in set(map(type, data)):
        if kind in _PYTHON_NUMBERS:
            found.add(getattr(_dtype, _PYTHON_NUMBERS[kind]))
        elif kind is float:
            found.add(_C.get_default_dtype())
        else:
            for item in data:
                if type(item) is kind:
                    _add_dtype(item, found)


def _add_dtype(item: Any, found: set[Any]) -> None:
    if isinstance(item, Tensor):
        if item.numel() != 1:
            kind = ValueError if item.is_floating_point() else TypeError
            raise kind("tensor: only one element tensors can be converted to Python scalars; "
                       "use stack to join tensors")  # fmt: skip
        found.update((Tensor, item.dtype))
    elif isinstance(item, (np.ndarray, np.generic)):
        found.add(_C._from_numpy(np.empty(0, item.dtype)).dtype)
    elif isinstance(item, Sequence) and not isinstance(item, (str, bytes)):
        _leaf_dtypes(item, found)
    elif isinstance(item, (int, float)):
        found.add(dtype_of_number(item))
    elif isinstance(item, str):
        raise ValueError(f"tensor: expected numbers, got {item!r:.60}")
    elif isinstance(item, bytes):
        raise TypeError(f"tensor: expected numbers, got {item!r:.60}")
    elif isinstance(item, complex):
        raise NotImplementedError("tensor: complex numbers are not supported")
    else:
        raise RuntimeError(f"Could not infer dtype of {type(item).__name__}")


def _numbers(data: Any) -> Any:
    """Nested sequences with every tensor as its number."""
    if isinstance(data, Tensor):
        return data.item()
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return [_numbers(item) for item in data]
    return data


def _from_sequence(data: Any, dtype: DType | None) -> Any:
    found: set[Any] = set()
    _leaf_dtypes(data, found)
    plain = Tensor not in found and isinstance(data, (list, tuple))
    found.discard(Tensor)
    result = dtype or reduce(_C.promote_types, found or {_C.get_default_dtype()})
    try:
        array = np.array(data if plain else _numbers(data))
    except (ValueError, TypeError) as error:
        mixed = any(isinstance(item, Sequence) for item in data) and not all(
            isinstance(item, (Sequence, np.ndarray)) for item in data
        )
        kind = TypeError if mixed else ValueError
        raise kind(f"tensor: nested sequences of unequal lengths: {error}") from None
    if array.dtype.kind == "O" or array.dtype == np.uint64:  # an int past int64
        if not result.is_floating_point:
            raise ValueError("tensor: an integer is too large for int64")
        array = array.astype(np.float64)
    check_fits(array, result)
    if result is _dtype.float32 and array.dtype == np.float64:
        with np.errstate(over="ignore"):
            array = array.astype(np.float32)
    return _C._from_numpy(np.ascontiguousarray(array).reshape(array.shape)).to(result)


def check_fits(array: Array, dtype: DType) -> None:
    """Raises where a number has no place in an integer dtype; negative ones wrap in uint8."""
    if dtype.is_floating_point or dtype is _dtype.bool or array.size == 0:
        return
    if array.dtype.kind not in "iuf":
        return
    limits = np.iinfo(str(dtype).removeprefix("torch."))
    low, high = array.min(), array.max()
    wraps = dtype is _dtype.uint8 and array.dtype.kind == "i"
    least = -int(limits.max) if wraps else int(limits.min)
    if not (least <= low and high <= limits.max) or (
        array.dtype.kind == "f" and dtype is _dtype.int64 and high >= 2.0**63
    ):
        name = str(dtype).removeprefix("torch.")
        raise RuntimeError(f"value cannot be converted to type {name} without overflow")


def _from_number(value: Any, dtype: DType | None) -> Any:
    """A 0-d tensor of a Python number."""
    chosen = dtype or dtype_of_number(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        if not chosen.is_floating_point:
            raise ValueError(f"tensor: {value} is outside int64")
        if abs(value) >= 2**1024:
            raise ValueError("tensor: the integer is too large for a float")
        value = float(value)
    if isinstance(value, float) and chosen.is_floating_point:
        with np.errstate(over="ignore"):
            array = np.asarray(value, np.float32 if chosen is _dtype.float32 else np.float64)
        return _C._from_numpy(array).to(chosen)
    if not chosen.is_floating_point:
        check_fits(np.asarray(value), chosen)
    return _C._full((), value, chosen)


def _from_array(data: Any) -> Any:
    try:
        return _C._from_numpy(np.array(data, order="C"))
    except TypeError as error:
        raise TypeError(f"tensor: {error}") from None


_COPY = (
    "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
    "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor)."
)


def check_dtype(dtype: Any) -> DType | None:
    """A dtype; Python's float, int and bool count as one."""
    if dtype is None or isinstance(dtype, DType):
        return dtype
    named = {float: _dtype.float64, int: _dtype.int64, bool: _dtype.bool}
    if isinstance(dtype, type) and dtype in named:
        return named[dtype]
    raise TypeError(f"expected dtype to be a torch.dtype, got {dtype!r:.60}")


def tensor(
    data: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Any:
    """A copy of `data`: a number, nested sequences, a numpy array, a tensor.

    Python floats become the default dtype, ints int64; arrays keep their dtype.
    Raises ValueError for ragged sequences.  Source: torch.tensor
    """
    if isinstance(data, Tensor):
        warnings.warn(_COPY, UserWarning, stacklevel=2)
    x = copied(data, check_dtype(dtype))
    return finish(x, device, requires_grad, pin_memory)


def copied(data: Any, dtype: DType | None) -> Any:
    """`tensor` without its warning and its options."""
    if isinstance(data, Tensor):
        x = data.detach() if hasattr(data, "detach") else data
        return x.clone() if dtype is None or dtype is x.dtype else x.to(dtype)
    if isinstance(data, (np.ndarray, np.generic)):
        x = _from_array(data)
        return x if dtype is None else x.to(dtype)
    if isinstance(data, (bool, int, float)):
        return _from_number(data, dtype)
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    if isinstance(data, Sequence):
        return _from_sequence(data, dtype)
    if isinstance(data, (bytearray, memoryview)):
        return _from_sequence(list(data), dtype)
    if hasattr(data, "__array__"):
        return copied(np.asarray(data), dtype)
    if isinstance(data, complex):
        raise NotImplementedError("tensor: complex numbers are not supported")
    raise RuntimeError(f"Could not infer dtype of {type(data).__name__}")


_warned: list[bool] = []


def from_numpy(array: Array) -> Any:
    """A tensor that shares the array's memory.

    Raises TypeError for dtypes that tensors do not have.  Source: torch.from_numpy
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: expected a numpy array, got {type(array).__name__}")
    if not array.flags.writeable and not _warned:
        _warned.append(True)
        warnings.warn(
            "The given NumPy array is not writable: neither is the tensor, and writing to it "
            "raises. Copy the array if you want to write. This is said once.",
            UserWarning,
            stacklevel=2,
        )
    return _C._from_numpy(array)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Any:
    """`data` itself when it is a tensor of that dtype; shares a numpy array's memory.

    Source: torch.as_tensor
    """
    check_cpu(device)
    dtype = check_dtype(dtype)
    if isinstance(data, np.ndarray):
        data = from_numpy(data)
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    return copied(data, dtype)


def asarray(
    obj: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Any:
    """`obj` as a tensor that shares its memory where that can be.

    copy: True for a tensor of its own, False to raise where memory cannot be shared.
    Source: torch.asarray
    """
    dtype = check_dtype(dtype)
    shared: Any = None
    if isinstance(obj, Tensor):
        shared = obj
    elif isinstance(obj, np.ndarray):
        shared = from_numpy(obj)
    elif isinstance(obj, (bytearray, memoryview)):
        shared = frombuffer(obj, dtype=dtype or _C.get_default_dtype())
    if copy is False and shared is None:
        raise ValueError("asarray: can't alias arbitrary sequence into a tensor")
    if copy is False and dtype not in (None, shared.dtype):
        raise ValueError(f"asarray: can't alias {shared.dtype} as {dtype}")
    x = copied(obj, dtype) if shared is None else shared if dtype is None else shared.to(dtype)
    if copy and x is shared:
        x = x.clone()
    check_cpu(device)
    if getattr(x, "requires_grad", False) and not requires_grad:
        return x.detach()
    return x.requires_grad_() if requires_grad and not x.requires_grad else x


def frombuffer(
    buffer: Any,
    *,
    dtype: Any,
    count: int = -1,
    offset: int = 0,
    requires_grad: bool = False,
) -> Any:
    """A 1-d tensor over a buffer's memory: `count` elements, or all, from byte `offset` on.

    Source: torch.frombuffer
    """
    try:
        array = np.frombuffer(buffer, np.uint8)
    except (TypeError, ValueError, BufferError) as error:
        raise ValueError(f"frombuffer: {error}") from None
    element = check_dtype(dtype)
    if element is None:
        raise TypeError("frombuffer: expected a dtype")
    size, length = element.itemsize, array.size
    if length == 0 or count == 0:
        raise ValueError(f"both buffer length ({length}) and count ({count}) must not be 0")
    if not 0 <= offset < length:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length "
            f"({length} bytes) minus 1"
        )
    if count < 0 and (length - offset) % size:
        raise ValueError(
            f"buffer length ({length - offset} bytes) after offset ({offset} bytes) must be a "
            f"multiple of element size ({size})"
        )
    if count > 0 and offset + count * size > length:
        raise ValueError(
            f"requested buffer length ({count} * {size} bytes) after offset ({offset} bytes) must "
            f"not be greater than actual buffer length ({length} bytes)"
        )
    if not array.flags.writeable:
        warnings.warn(
            "The given buffer is not writable, and the tensor will be read-only.", stacklevel=2
        )
    end = length if count < 0 else offset + count * size
    x = _C._from_numpy(array[offset:end]).view(element)
    return finish(x, None, requires_grad)
