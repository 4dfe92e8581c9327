"""The old constructors: Tensor(2, 3), FloatTensor([1, 2]), x.new(...), and the names of types."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinytorch import _C, _dtype
from tinytorch import _from_data as data
from tinytorch._device import device as Device
from tinytorch._dtype import dtype as DType
from tinytorch._size import Size

Tensor = _C.Tensor


def construct(dtype: DType, strict: bool, args: tuple[Any, ...], device: Any = None) -> Any:
    """Sizes, or one argument: a sequence of numbers, an array, a tensor.

    strict: refuse a tensor of another dtype instead of taking it as it is.
    """
    if device is not None and Device(device).type != "cpu":
        raise RuntimeError(
            "legacy constructor expects device type: cpu but device type: "
            f"{Device(device).type} was passed"
        )
    if not args:
        return _C._empty((0,), dtype)
    first = args[0]
    if len(args) == 1:
        if isinstance(first, Tensor):
            if strict and first.dtype is not dtype:
                raise TypeError(f"expected a tensor of {dtype}, got {first.dtype}")
            return first.detach() if hasattr(first, "detach") else first
        if isinstance(first, Size):
            return _C._empty(tuple(first), dtype)
        if isinstance(first, (str, bytes)):
            raise TypeError(f"new(): invalid data type '{type(first).__name__}'")
        if isinstance(first, np.ndarray) or (
            isinstance(first, Sequence) and not hasattr(first, "__index__")
        ):
            return data.copied(first, None if isinstance(first, np.ndarray) else dtype).to(dtype)
        if not hasattr(first, "__index__") or isinstance(first, bool):
            kind = type(first).__name__
            raise TypeError(f"new(): data must be a sequence (got {kind})")
    return _C._empty(tuple(args), dtype)


class TensorType(type):
    """The type of `FloatTensor` and its kin: not a class of tensors but a dtype to construct in."""

    dtype: DType

    def __call__(cls, *args: Any, device: Any = None) -> Any:
        return construct(cls.dtype, True, args, device)

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, Tensor) and value.dtype is cls.dtype

    def __repr__(cls) -> str:
        return f"<class 'torch.{cls.__name__}'>"


_NAMES = {
    "Float": _dtype.float32,
    "Double": _dtype.float64,
    "Half": _dtype.float16,
    "BFloat16": _dtype.bfloat16,
    "Byte": _dtype.uint8,
    "Char": _dtype.int8,
    "Short": _dtype.int16,
    "Int": _dtype.int32,
    "Long": _dtype.int64,
    "Bool": _dtype.bool,
}
TYPES: dict[str, TensorType] = {
    f"{name}Tensor": TensorType(
        f"{name}Tensor",
        (),
        {
            "dtype": dtype,
            "__module__": "torch",
            "__doc__": f"Tensors of {dtype}.  Source: torch.{name}Tensor",
        },
    )
    for name, dtype in _NAMES.items()
}


def dtype_named(wanted: Any) -> DType:
    """The dtype of x.type(wanted): a dtype, 'torch.FloatTensor' or the type FloatTensor."""
    if isinstance(wanted, DType):
        return wanted
    if isinstance(wanted, TensorType):
        return wanted.dtype
    if wanted is Tensor or wanted == "torch.Tensor":
        default: DType = _C.get_default_dtype()
        return default
    if isinstance(wanted, type):
        wanted = wanted.__name__
    if isinstance(wanted, str):
        if wanted.startswith("torch.cuda."):
            raise RuntimeError(
                f"type {wanted} not available. Torch not compiled with CUDA enabled."
            )
        found = TYPES.get(wanted.removeprefix("torch."))
        if found is not None and wanted.startswith("torch."):
            return found.dtype
        raise ValueError(f"invalid type: '{wanted}'")
    raise RuntimeError(f"type: expected a dtype, a type or its name, got {wanted!r:.60}")


def set_default_tensor_type(t: Any) -> None:
    """The default dtype, by a type or its name.  Source: torch.set_default_tensor_type"""
    if not isinstance(t, (str, TensorType)) and t is not Tensor:
        raise TypeError(f"invalid type object: expected a tensor type, got {t!r:.60}")
    dtype = dtype_named(t)
    if not dtype.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    _C._set_default_dtype(dtype)
