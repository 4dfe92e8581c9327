"""The names in PyTorch's files: what each of them stands for here.

A `.pt` file is a pickle that calls a handful of PyTorch's functions by name. `names()` maps each
name that is safe to call to a function of this module; nothing else of PyTorch is ever looked up.
"""

import functools
from collections import Counter, OrderedDict
from typing import Any

from tinytorch import _C, _dtype
from tinytorch._device import device
from tinytorch._grad_mode import HAS_AUTOGRAD
from tinytorch._size import Size

# The storage classes, by which a file tells a tensor's dtype.
STORAGES: dict[str, _dtype.dtype] = {
    "FloatStorage": _dtype.float32,
    "DoubleStorage": _dtype.float64,
    "HalfStorage": _dtype.float16,
    "BFloat16Storage": _dtype.bfloat16,
    "LongStorage": _dtype.int64,
    "IntStorage": _dtype.int32,
    "ShortStorage": _dtype.int16,
    "CharStorage": _dtype.int8,
    "ByteStorage": _dtype.uint8,
    "BoolStorage": _dtype.bool,
}
STORAGE_NAMES = {dtype: name for name, dtype in STORAGES.items()}


class StorageType:
    """A storage class of PyTorch, as far as a file needs one: its dtype."""

    def __init__(self, name: str, dtype: _dtype.dtype) -> None:
        self.name = name
        self.dtype = dtype


class Storage:
    """The bytes of one storage, and the dtype that they were saved as."""

    def __init__(self, data: Any, dtype: _dtype.dtype) -> None:
        self.data = data
        self.dtype = dtype


def _sizes(values: Any, what: str) -> tuple[int, ...]:
    if not isinstance(values, tuple) or not all(type(value) is int for value in values):
        raise ValueError(f"expected {what} of integers")
    return values


# What may be a key of a dict: hashing a tuple of tuples of tuples can take for ever.
_PLAIN_KEYS = (str, int, float, complex, bytes, type(None), _dtype.dtype, device, _C.Tensor)
_LARGEST_KEY = 1000


def checked_key(value: Any) -> Any:
    """A key of a dict; a tuple of keys, too, when it is small."""
    budget = _LARGEST_KEY
    waiting = [(value, 0)]
    while waiting:
        part, depth = waiting.pop()
        budget -= 1
        if isinstance(part, (tuple, frozenset)) and depth < 10 and budget > 0:
            waiting.extend((inner, depth + 1) for inner in list(part)[: budget + 1])
        elif not isinstance(part, _PLAIN_KEYS) or budget <= 0:
            raise ValueError(f"expected a plain key of a dict, got {type(part).__name__}")
    return value


def checked_pairs(items: list[Any]) -> list[tuple[Any, Any]]:
    """key, value, key, value ... as pairs."""
    if len(items) % 2:
        raise ValueError("expected a value for every key of a dict")
    return [(checked_key(items[i]), items[i + 1]) for i in range(0, len(items), 2)]


def rebuild_tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> Any:
    """A tensor over a storage; the extension refuses numbers that reach outside of it."""
    if not isinstance(storage, Storage) or type(offset) is not int:
        raise ValueError("expected a storage and an offset")
    return _C._over_storage(
        storage.data, storage.dtype, offset, _sizes(size, "a size"), _sizes(stride, "strides")
    )


def rebuild_tensor_v2(
    storage: Any,
    offset: Any,
    size: Any,
    stride: Any,
    requires_grad: Any = False,
    backward_hooks: Any = None,
    metadata: Any = None,
) -> Any:
    x = rebuild_tensor(storage, offset, size, stride)
    return x.requires_grad_() if requires_grad is True and HAS_AUTOGRAD else x


def rebuild_tensor_v3(
    storage: Any,
    offset: Any,
    size: Any,
    stride: Any,
    requires_grad: Any,
    backward_hooks: Any,
    dtype: Any,
    metadata: Any = None,
) -> Any:
    if not isinstance(storage, Storage) or not isinstance(dtype, _dtype.dtype):
        raise ValueError("expected a storage and a dtype")
    typed = Storage(storage.data, dtype)
    return rebuild_tensor_v2(typed, offset, size, stride, requires_grad)


def rebuild_parameter(data: Any, requires_grad: Any, backward_hooks: Any = None) -> Any:
    from tinytorch.nn.parameter import Parameter

    if not isinstance(data, _C.Tensor):
        raise ValueError(f"expected a tensor, got {type(data).__name__}")
    return Parameter(data, requires_grad is True)


def rebuild_parameter_with_state(data: Any, requires_grad: Any, hooks: Any, state: Any) -> Any:
    return with_attributes(rebuild_parameter(data, requires_grad), state)


def rebuild_from_type(rebuild: Any, kind: Any, arguments: Any, state: Any) -> Any:
    if not any(rebuild is known for known in _REBUILDERS) or not isinstance(arguments, tuple):
        raise ValueError("expected one of PyTorch's functions that make tensors")
    x = rebuild(*arguments)
    if kind is not type(x):
        raise ValueError("expected the class Tensor or Parameter; others are not supported")
    return with_attributes(x, state)


def with_attributes(x: Any, state: Any) -> Any:
    """x with the attributes of its own that were saved beside it."""
    if isinstance(state, tuple) and len(state) == 2 and not state[1]:
        state = state[0]  # the half of (attributes, slots) that tensors have
    if not isinstance(state, dict) or not all(type(name) is str for name in state):
        raise ValueError("expected attributes by name")
    taken = next((name for name in state if hasattr(type(x), name)), None)
    if taken is not None:
        raise ValueError(f"expected attributes of its own, but {taken!r:.60} belongs to the class")
    vars(x).update(state)
    return x


def encode(text: Any, encoding: Any = "utf-8") -> bytes:
    """How protocol 2 of pickle writes bytes."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1", "utf-8"):
        raise ValueError("expected a string to encode as latin1")
    return text.encode(encoding)


_REBUILDERS = (
    rebuild_tensor,
    rebuild_tensor_v2,
    rebuild_tensor_v3,
    rebuild_parameter,
    rebuild_parameter_with_state,
)


def as_bytearray(*arguments: Any) -> bytearray:
    """bytearray(bytes); a number would ask for that much memory."""
    if arguments and not isinstance(arguments[0], bytes):
        arguments = (encode(*arguments),)
    return bytearray(*arguments)


def as_device(kind: Any, index: Any = None) -> device:
    if not isinstance(kind, str) or not isinstance(index, int | None):
        raise ValueError("expected the name of a device")
    return device(kind, index)


def as_set(items: Any = ()) -> set[Any]:
    if not isinstance(items, (list, tuple)):
        raise ValueError("expected a list of items")
    return set(map(checked_key, items))


def as_frozenset(items: Any = ()) -> frozenset[Any]:
    return frozenset(as_set(items))


def as_size(values: Any = ()) -> Size:
    return Size(_sizes(values, "a size"))


def as_counter(values: Any = None) -> "Counter[Any]":
    if values is not None and not isinstance(values, dict):
        raise ValueError("expected a dict of counts")
    return Counter(values)


def as_ordered(items: Any = ()) -> "OrderedDict[Any, Any]":
    if not isinstance(items, (list, tuple)) or not all(
        isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in items
    ):
        raise ValueError("expected a list of pairs")
    return OrderedDict(checked_pairs([part for pair in items for part in pair]))


@functools.cache
def names() -> dict[str, Any]:
    """What a file may ask for by default, by "module.name"."""
    known: dict[str, Any] = {
        "torch._utils._rebuild_tensor": rebuild_tensor,
        "torch._utils._rebuild_tensor_v2": rebuild_tensor_v2,
        "torch._utils._rebuild_tensor_v3": rebuild_tensor_v3,
        "torch._utils._rebuild_parameter": rebuild_parameter,
        "torch._utils._rebuild_parameter_with_state": rebuild_parameter_with_state,
        "torch._tensor._rebuild_from_type_v2": rebuild_from_type,
        "torch.Tensor": _C.Tensor,
        "torch.Size": as_size,
        "torch.device": as_device,
        "collections.OrderedDict": as_ordered,
        "collections.Counter": as_counter,
        "_codecs.encode": encode,
        "torch.storage.UntypedStorage": StorageType("UntypedStorage", _dtype.uint8),
    }
    for module in ("builtins", "__builtin__"):
        known |= {f"{module}.set": as_set, f"{module}.frozenset": as_frozenset}
        known |= {f"{module}.bytearray": as_bytearray, f"{module}.complex": complex}
    for dtype in _dtype.ALL:
        known[str(dtype)] = dtype
    for name, dtype in STORAGES.items():
        known[f"torch.{name}"] = StorageType(name, dtype)
    if "layers" in _C.build_info()["units"]:
        from tinytorch.nn.parameter import Parameter

        for path in ("torch.nn.parameter.Parameter", "torch.nn.Parameter"):
            known[path] = Parameter
    return known
