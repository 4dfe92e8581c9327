"""The methods of Tensor that are Python where Python is clearer: printing, numpy, copying."""

import copy
from typing import Any

import numpy as np

from tinytorch import _C, _dtype
from tinytorch._device import cpu, device
from tinytorch._grad_mode import detached
from tinytorch._legacy import dtype_named

Tensor = _C.Tensor


def _repr(self: Any) -> str:
    from tinytorch._tensor_str import tensor_str

    return tensor_str(self)


def _format(self: Any, spec: str) -> str:
    return format(self.item(), spec) if self.dim() == 0 else object.__format__(self, spec)


def _numpy(self: Any, *, force: bool = False) -> np.ndarray[Any, Any]:
    """A numpy array that shares this tensor's memory.  `force` detaches first.

    Raises RuntimeError for a tensor that requires grad.  Source: torch.Tensor.numpy
    """
    if getattr(self, "requires_grad", False):
        if not force:
            raise RuntimeError("numpy: the tensor requires grad; use tensor.detach().numpy()")
        self = self.detach()
    array: np.ndarray[Any, Any] = _C._to_numpy(self)
    return array


def _array(self: Any, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
    array: np.ndarray[Any, Any] = self.numpy()
    if dtype is not None and array.dtype != dtype:
        if copy is False:
            raise ValueError(f"numpy: {array.dtype} cannot become {dtype} without a copy")
        return array.astype(dtype)
    return array.copy() if copy else array


def _array_wrap(
    self: Any, array: np.ndarray[Any, Any], context: Any = None, return_scalar: bool = False
) -> Any:
    """What numpy's functions of a tensor return: a tensor, its truth values uint8 as PyTorch's."""
    array = np.asarray(array)
    return _C._from_numpy(array.astype(np.uint8) if array.dtype == np.bool_ else array)


def _type(self: Any, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The name of the tensor's type, or the tensor as `dtype`.  Source: torch.Tensor.type"""
    if dtype is None:
        name = {_dtype.float32: "Float", _dtype.float64: "Double", _dtype.int64: "Long"}
        name |= {_dtype.int32: "Int", _dtype.int16: "Short", _dtype.int8: "Char"}
        name |= {_dtype.uint8: "Byte", _dtype.bool: "Bool"}
        name |= {_dtype.float16: "Half", _dtype.bfloat16: "BFloat16"}
        return f"torch.{name[self.dtype]}Tensor"
    return self.to(dtype_named(dtype))


def _cpu(self: Any) -> Any:
    return self


def _over(self: Any, storage: Any) -> Any:
    """A tensor that shows another storage as this one shows its own."""
    return _C._over_storage(
        storage, self.dtype, self.storage_offset(), tuple(self.shape), tuple(self.stride())
    )


def _like(self: Any, data: Any) -> Any:
    """`data` as a leaf of this tensor's class, with its own attributes and requires_grad."""
    if getattr(self, "requires_grad", False):
        data.requires_grad_()
    if type(self) is not Tensor:
        data = as_subclass(data, type(self))
    return data


def _deepcopy(self: Any, memo: dict[int, Any]) -> Any:
    if id(self) in memo:
        return memo[id(self)]
    if not getattr(self, "is_leaf", True):
        raise RuntimeError("deepcopy: only leaf tensors can be copied; use tensor.detach().clone()")
    plain = detached(self)
    # Tensors that share a storage share its copy, too.
    copies = memo.setdefault(id(_deepcopy), {})
    key = _C._storage_id(plain)
    if key not in copies:
        copies[key] = (_C._storage(plain).clone(), plain)
    data = _like(self, _over(plain, copies[key][0]))
    memo[id(self)] = data
    if getattr(self, "grad", None) is not None:
        data.grad = copy.deepcopy(self.grad, memo)
    for name, value in vars(self).items():
        setattr(data, name, copy.deepcopy(value, memo))
    return data


def _copy(self: Any) -> Any:
    """A new tensor over the same memory."""
    data = _like(self, _over(detached(self), _C._storage(detached(self))))
    vars(data).update(vars(self))
    return data


def as_subclass(self: Any, cls: type[Any]) -> Any:
    """The same memory as a `cls`, a class derived from Tensor.  Source: torch.Tensor.as_subclass"""
    if not isinstance(cls, type) or not issubclass(cls, Tensor):
        raise TypeError(f"as_subclass: expected a class derived from Tensor, got {cls!r:.60}")
    if not getattr(self, "is_leaf", True):
        raise NotImplementedError("as_subclass: not supported for a tensor with a history")
    result = cls.__new__(cls)
    Tensor.__init__(result, detached(self))
    if getattr(self, "requires_grad", False):
        result.requires_grad_()
    return result


def _make_subclass(cls: type[Any], data: Any, require_grad: bool = False) -> Any:
    """`data`'s memory as a leaf of class `cls`.  Source: torch.Tensor._make_subclass"""
    result = as_subclass(detached(data), cls)
    return result.requires_grad_() if require_grad else result


def _rebuild(
    cls: type[Any],
    array: np.ndarray[Any, Any],
    requires_grad: bool,
    dtype: Any = None,
    attributes: dict[str, Any] | None = None,
) -> Any:
    if not array.flags.writeable or not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="), order="K", copy=True)
    data = _C._from_numpy(array)
    if dtype is not None and data.dtype is not dtype:  # a half's bits
        data = _C._over_storage(_C._storage(data), dtype, 0, array.shape, data.stride())
    if cls is not Tensor:
        data = as_subclass(data, cls)
    if requires_grad:
        data.requires_grad_()
    vars(data).update(attributes or {})
    return data


def _reduce(self: Any, protocol: Any = None) -> Any:
    x = detached(self)
    if x.itemsize == 2 and x.dtype.is_floating_point:
        strides = tuple(x.stride())
        bits = _C._over_storage(
            _C._storage(x), _dtype.int16, x.storage_offset(), tuple(x.shape), strides
        )
        array = bits.numpy()
    else:
        array = x.numpy()
    requires_grad = bool(getattr(self, "requires_grad", False))
    return _rebuild, (type(self), array, requires_grad, x.dtype, dict(vars(self)))


def _dlpack(
    self: Any,
    *,
    stream: Any = -1,
    max_version: tuple[int, int] | None = None,
    dl_device: tuple[int, int] | None = None,
    copy: bool | None = None,
) -> Any:
    """A DLPack capsule, by which other libraries read this memory.  Source: Tensor.__dlpack__"""
    if getattr(self, "requires_grad", False):
        raise BufferError("__dlpack__: the tensor requires grad; use tensor.detach()")
    if stream is not None and not isinstance(stream, int):
        raise TypeError("__dlpack__: expected a stream of None or an integer")
    if stream not in (None, -1):
        raise AssertionError("__dlpack__: the CPU has no streams")
    if dl_device is not None and int(dl_device[0]) not in (1, 3):
        raise BufferError(f"__dlpack__: memory of the CPU cannot go to device {dl_device}")
    versioned = max_version is not None and max_version[0] >= 1
    return _C._to_dlpack(self.clone() if copy else self, versioned, bool(copy))


def _dlpack_device(self: Any) -> tuple[int, int]:
    return 1, 0  # the CPU


def _device(self: Any) -> device:
    return cpu


Tensor.__repr__ = _repr
Tensor.__str__ = _repr
Tensor.__format__ = _format
Tensor.numpy = _numpy
Tensor.__array__ = _array
Tensor.__array_wrap__ = _array_wrap
Tensor.__array_priority__ = 1000
Tensor.type = _type
Tensor.cpu = _cpu
Tensor.device = property(_device)
Tensor.is_cuda = False
Tensor.__copy__ = _copy
Tensor.__deepcopy__ = _deepcopy
Tensor.as_subclass = as_subclass
Tensor._make_subclass = staticmethod(_make_subclass)
Tensor.__dlpack__ = _dlpack
Tensor.__dlpack_device__ = _dlpack_device
Tensor.__reduce__ = _reduce
Tensor.__reduce_ex__ = _reduce
