"""Variable, in which programs from before 2018 wrap their tensors."""

import warnings
from typing import Any

from tinytorch import _C


class VariableMeta(type):
    """Every tensor is a Variable."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, _C.Tensor)


class Variable(metaclass=VariableMeta):
    """Variable(x) is x without its history; volatile is what no_grad was once, and without effect.

    Source: torch.autograd.Variable
    """

    def __new__(  # type: ignore[misc]
        cls, data: Any = None, requires_grad: bool = False, volatile: bool = False
    ) -> _C.Tensor:
        if volatile:
            warnings.warn(
                "volatile was removed and now has no effect. Use `with torch.no_grad():` instead.",
                UserWarning,
                stacklevel=2,
            )
            if requires_grad:
                raise ValueError("Variable can't be volatile and require_grad at the same time!")
        if data is None:
            data = _C._empty((0,), _C.get_default_dtype())
        if not isinstance(data, _C.Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        return data.detach().requires_grad_(requires_grad)
