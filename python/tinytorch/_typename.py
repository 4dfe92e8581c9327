"""The name of a value's type as error messages give it."""

from typing import Any

from tinytorch._C import Tensor


def typename(value: Any) -> str:
    """`torch.FloatTensor` for a float32 tensor, `int` for 3, else `package.module.Class`."""
    if isinstance(value, Tensor):
        return str(value.type())
    named = value if hasattr(value, "__qualname__") else type(value)
    module = getattr(named, "__module__", "") or ""
    return named.__qualname__ if module in ("", "builtins") else f"{module}.{named.__qualname__}"
