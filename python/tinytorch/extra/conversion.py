"""Fresh tensors like another one, element-wise Python functions, and where a tensor is."""

from collections.abc import Callable
from typing import Any

from tinytorch import _C, _creation, _from_data, _legacy
from tinytorch import storage as storages
from tinytorch._device import check_cpu
from tinytorch._memory_format import strided
from tinytorch.extra._surface import function, method

Tensor = _C.Tensor
Array = Any  # a Tensor


@method
def new_tensor(
    self: Array, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
    layout: Any = None, pin_memory: bool = False,
) -> Array:  # fmt: skip
    """A copy of `data` in this tensor's dtype.  Source: torch.Tensor.new_tensor"""
    x = _from_data.copied(data, _from_data.check_dtype(dtype) or self.dtype)
    return _from_data.finish(x, device, requires_grad, pin_memory)


def _new(name: str, make: Callable[..., Any], what: str) -> None:
    def fresh(self: Array, *args: Any, dtype: Any = None, **options: Any) -> Array:
        return make(*args, dtype=dtype or self.dtype, **options)

    fresh.__name__ = fresh.__qualname__ = name
    fresh.__doc__ = f"{what}, in this tensor's dtype.  Source: torch.Tensor.{name}"
    method(fresh)


_new("new_zeros", _creation.zeros, "Zeros of a shape")
_new("new_ones", _creation.ones, "Ones of a shape")
_new("new_full", _creation.full, "A value everywhere")
_new("new_empty", _creation.empty, "Uninitialised memory")
_new("new_empty_strided", _creation.empty_strided, "Uninitialised memory with given strides")


@method
def new(self: Array, *args: Any, device: Any = None) -> Array:
    """The old constructor, in this tensor's dtype.  Source: torch.Tensor.new"""
    return _legacy.construct(self.dtype, True, args, device)


def _elementwise(operation: str, self: Array, function: Callable[..., Any], *more: Array) -> Array:
    if self.requires_grad:
        raise RuntimeError(
            f"Can't call {operation}() on Variable that requires grad. Use "
            f"var.detach().{operation}() instead."
        )
    if not callable(function):
        raise TypeError(f"{operation}: expected a function, got {function!r:.60}")
    for x in more:
        if not isinstance(x, Tensor):
            raise TypeError(f"{operation}: expected a Tensor, got {type(x).__name__}")
        if x.dtype != self.dtype:
            raise TypeError(f"{operation}: expected a tensor of {self.dtype}, got {x.dtype}")
        if x.shape != self.shape:
            raise RuntimeError(
                f"{operation}: expected shape {tuple(self.shape)}, got {tuple(x.shape)}"
            )
    rows = (x.detach().reshape(-1).tolist() for x in (self, *more))
    values = [function(*row) for row in zip(*rows, strict=True)]
    return self.copy_(_from_data.copied(values, self.dtype).reshape(self.shape))


@method
def apply_(self: Array, callable: Callable[[Any], Any]) -> Array:
    """Every element replaced by a Python function of it.  Source: torch.Tensor.apply_"""
    return _elementwise("apply_", self, callable)


@method
def map_(self: Array, tensor: Array, callable: Callable[[Any, Any], Any]) -> Array:
    """Every element replaced by a function of it and of `tensor`'s.  Source: torch.Tensor.map_"""
    return _elementwise("map_", self, callable, tensor)


@method
def map2_(self: Array, x: Array, y: Array, callable: Callable[[Any, Any, Any], Any]) -> Array:
    """Every element replaced by a function of three.  Source: torch.Tensor.map2_"""
    return _elementwise("map2_", self, callable, x, y)


# --- where a tensor is


@method
def cuda(
    self: Array, device: Any = None, non_blocking: bool = False, memory_format: Any = None
) -> Array:
    """Raises: there is no GPU here.  Source: torch.Tensor.cuda"""
    check_cpu("cuda" if device is None else device)
    raise AssertionError("Torch not compiled with CUDA enabled")


@method
def pin_memory(self: Array, device: Any = None) -> Array:
    """Raises: there is no accelerator to pin memory for.  Source: torch.Tensor.pin_memory"""
    raise RuntimeError("Cannot access accelerator device when none is available.")


@method
def is_pinned(self: Array, device: Any = None) -> bool:
    """Source: torch.Tensor.is_pinned"""
    return False


@method
def get_device(self: Array) -> int:
    """-1, the CPU.  Source: torch.Tensor.get_device"""
    return -1


@method
def is_shared(self: Array) -> bool:
    """Source: torch.Tensor.is_shared"""
    return False


_NOT_HERE = "sparse sparse_csr quantized meta mps xpu xla mkldnn nested ipu maia mtia vulkan"
for _kind in _NOT_HERE.split():
    setattr(Tensor, f"is_{_kind}", False)
Tensor.is_cpu = True
Tensor.layout = strided


@method
def set_(
    self: Array, source: Any = None, storage_offset: int = 0, size: Any = None, stride: Any = None
) -> Array:
    """Makes this tensor show `source`, a tensor or a storage.  Source: torch.Tensor.set_"""
    if source is None:
        _C._set(self, _C._empty((0,), self.dtype))
        return self
    x = source if isinstance(source, Tensor) else source._as_tensor(self.dtype)
    if size is not None:
        steps = stride if stride is not None else _C.tensor.contiguous_strides(tuple(size))
        x = _C.as_strided(x, tuple(size), tuple(steps), storage_offset)
    _C._set(self, x)
    return self


@method
def resize(self: Array, *sizes: Any) -> Array:
    """The same elements in another shape.  Source: torch.Tensor.resize"""
    return self.reshape(*sizes)


@method
def resize_as(self: Array, tensor: Array) -> Array:
    """The same elements in the shape of `tensor`.  Source: torch.Tensor.resize_as"""
    return self.reshape(tuple(tensor.shape))


@function
def detach(input: Array) -> Array:
    """The same memory without a history.  Source: torch.detach"""
    return input.detach()


@method
def to_sparse(self: Array, sparse_dim: int | None = None, *, layout: Any = None) -> Any:
    """The coordinates and values of what is not 0.  Source: torch.Tensor.to_sparse

    Raises NotImplementedError for dense dims and for layouts other than sparse_coo.
    """
    from tinytorch.sparse import from_dense

    if sparse_dim not in (None, self.dim()) or str(layout or "torch.sparse_coo") != (
        "torch.sparse_coo"
    ):
        raise NotImplementedError("to_sparse: tinytorch has sparse_coo tensors without dense dims")
    return from_dense(self)


@method
def to_dense(self: Array, dtype: Any = None, *, masked_grad: bool | None = None) -> Array:
    """This tensor, which is dense already.  Source: torch.Tensor.to_dense"""
    return self if dtype is None else self.to(dtype)


# --- the memory behind it


@method
def untyped_storage(self: Array) -> storages.UntypedStorage:
    """The bytes behind this tensor.  Source: torch.Tensor.untyped_storage"""
    return storages.untyped_of(self)


@method
def storage(self: Array) -> storages.TypedStorage:
    """The elements behind this tensor.  Source: torch.Tensor.storage"""
    return storages.typed_of(self)


function(storages.is_storage)
