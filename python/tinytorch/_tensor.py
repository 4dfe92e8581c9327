"""The methods of Tensor that are Python where Python is clearer: printing, numpy, copying."""

import copy
from typing import Any

import numpy as np

from tinytorch import _C, _dtype
from tinytorch._device import cpu

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
        return array.astype(dtype)
    return array.copy() if copy else array


def _type(self: Any, dtype: Any = None) -> Any:
    """The name of the tensor's type, or the tensor as `dtype`.  Source: torch.Tensor.type"""
    if dtype is None:
        name = {_dtype.float32: "Float", _dtype.float64: "Double", _dtype.int64: "Long"}
        name |= {_dtype.int32: "Int", _dtype.int16: "Short", _dtype.int8: "Char"}
        name |= {_dtype.uint8: "Byte", _dtype.bool: "Bool"}
        return f"torch.{name[self.dtype]}Tensor"
    return self.to(dtype)


def _cpu(self: Any) -> Any:
    return self


def _deepcopy(self: Any, memo: dict[int, Any]) -> Any:
    if id(self) in memo:
        return memo[id(self)]
    if not getattr(self, "is_leaf", True):
        raise RuntimeError("deepcopy: only leaf tensors can be copied; use tensor.detach().clone()")
    data = self.data.clone() if hasattr(self, "data") else self.clone()
    if getattr(self, "requires_grad", False):
        data.requires_grad_()
    if type(self) is not Tensor:
        data = type(self)(data.data, self.requires_grad)
    memo[id(self)] = data
    if getattr(self, "grad", None) is not None:
        data.grad = copy.deepcopy(self.grad, memo)
    for name, value in vars(self).items():
        setattr(data, name, copy.deepcopy(value, memo))
    return data


def _rebuild(cls: type[Any], array: np.ndarray[Any, Any], requires_grad: bool) -> Any:
    data = _C._from_numpy(np.array(array, order="C"))
    if cls is not Tensor:
        return cls(data, requires_grad)
    return data.requires_grad_() if requires_grad else data


def _reduce(self: Any, protocol: Any = None) -> Any:
    requires_grad = getattr(self, "requires_grad", False)
    array = self.detach().numpy() if requires_grad else self.numpy()
    return _rebuild, (type(self), array, requires_grad)


Tensor.__repr__ = _repr
Tensor.__str__ = _repr
Tensor.__format__ = _format
Tensor.numpy = _numpy
Tensor.__array__ = _array
Tensor.__array_priority__ = 1000
Tensor.type = _type
Tensor.cpu = _cpu
Tensor.device = property(lambda self: cpu)
Tensor.is_cuda = False
Tensor.__deepcopy__ = _deepcopy
Tensor.__reduce__ = _reduce
Tensor.__reduce_ex__ = _reduce
