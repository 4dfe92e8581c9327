"""Storages: the memory behind tensors, as bytes and as elements of a dtype."""

import warnings
from collections.abc import Iterator
from typing import Any

from tinytorch import _C, _dtype
from tinytorch._device import cpu, device

Array = Any  # a Tensor


class UntypedStorage:
    """A block of bytes that tensors share.  Source: torch.UntypedStorage"""

    def __init__(self, size: Any = 0) -> None:
        given = size if isinstance(size, _C.Tensor) else _C._full((int(size),), 0, _dtype.uint8)
        self._bytes: Array = given

    def nbytes(self) -> int:
        """How many bytes there are."""
        return int(self._bytes.numel())

    def __sizeof__(self) -> int:
        return super().__sizeof__() + self.nbytes()

    def size(self) -> int:
        """How many bytes there are."""
        return self.nbytes()

    def __len__(self) -> int:
        return self.nbytes()

    def __iter__(self) -> Iterator[int]:
        return iter(self.tolist())

    def __getitem__(self, index: Any) -> Any:
        found = self._bytes[index]
        return UntypedStorage(found) if isinstance(index, slice) else found.item()

    def __setitem__(self, index: Any, value: Any) -> None:
        self._bytes[index] = value

    def data_ptr(self) -> int:
        """The address of the first byte."""
        return int(self._bytes.data_ptr())

    def tolist(self) -> list[int]:
        values: list[int] = self._bytes.tolist()
        return values

    def clone(self) -> "UntypedStorage":
        """A copy."""
        return UntypedStorage(self._bytes.clone())

    def cpu(self) -> "UntypedStorage":
        return self

    @property
    def device(self) -> device:
        return cpu

    @property
    def is_cuda(self) -> bool:
        return False

    def element_size(self) -> int:
        return 1

    def is_shared(self) -> bool:
        return False

    def _as_tensor(self, dtype: Any) -> Array:
        return self._bytes.view(dtype)

    def __repr__(self) -> str:
        rows = "".join(f" {value}\n" for value in self.tolist())
        return f"{rows}[torch.storage.UntypedStorage(device=cpu) of size {len(self)}]"


class TypedStorage:
    """A storage as elements of a dtype.  Source: torch.TypedStorage"""

    def __init__(self, untyped: UntypedStorage, dtype: Any) -> None:
        self._untyped = untyped
        self.dtype = dtype

    @property
    def _elements(self) -> Array:
        return self._untyped._as_tensor(self.dtype)

    def untyped(self) -> UntypedStorage:
        """The bytes."""
        return self._untyped

    def size(self) -> int:
        """How many elements there are."""
        return int(self._elements.numel())

    def __len__(self) -> int:
        return self.size()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def __getitem__(self, index: Any) -> Any:
        found = self._elements[index]
        if isinstance(index, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        return found.item()

    def __setitem__(self, index: Any, value: Any) -> None:
        self._elements[index] = value

    def nbytes(self) -> int:
        return self._untyped.nbytes()

    def __sizeof__(self) -> int:
        return super().__sizeof__() + self.nbytes()

    def element_size(self) -> int:
        size: int = self.dtype.itemsize
        return size

    def data_ptr(self) -> int:
        return self._untyped.data_ptr()

    def tolist(self) -> list[Any]:
        values: list[Any] = self._elements.tolist()
        return values

    def fill_(self, value: Any) -> "TypedStorage":
        self._elements.fill_(value)
        return self

    def clone(self) -> "TypedStorage":
        return TypedStorage(self._untyped.clone(), self.dtype)

    def cpu(self) -> "TypedStorage":
        return self

    @property
    def device(self) -> device:
        return cpu

    @property
    def is_cuda(self) -> bool:
        return False

    def _as_tensor(self, dtype: Any) -> Array:
        return self._untyped._as_tensor(dtype)

    def __repr__(self) -> str:
        rows = "".join(f" {value}\n" for value in self.tolist())
        kind = f"torch.storage.TypedStorage(dtype={self.dtype}, device=cpu)"
        return f"{rows}[{kind} of size {len(self)}]"


def is_storage(obj: Any) -> bool:
    """Source: torch.is_storage"""
    return isinstance(obj, (UntypedStorage, TypedStorage))


_DEPRECATED = (
    "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the "
    "only storage class. This should only matter to you if you are using storages directly.  To "
    "access UntypedStorage directly, use tensor.untyped_storage() instead of tensor.storage()"
)


def untyped_of(x: Array) -> UntypedStorage:
    """The whole storage behind a tensor."""
    whole = _C._whole_storage(x)
    return UntypedStorage(whole.view(_dtype.uint8) if whole.dim() else whole)


_warned = False


def typed_of(x: Array) -> TypedStorage:
    """The same as elements of the tensor's dtype; warns, once, as PyTorch does."""
    global _warned
    if not _warned:
        _warned = True
        warnings.warn(_DEPRECATED, UserWarning, stacklevel=4)
    return TypedStorage(untyped_of(x), x.dtype)
