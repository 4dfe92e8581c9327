"""Where a function of this package appears: as `torch.name`, as a method of Tensor, or as both.

Each takes what the extension's own functions take beside their parameters: numpy's names for dim
and keepdim, and as `torch.name` an `out=` that the result is written into.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from tinytorch import _C
from tinytorch._C import Tensor

F = TypeVar("F", bound=Callable[..., Any])
FUNCTIONS: dict[str, Callable[..., Any]] = {}

_NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim", "x": "input", "x2": "other"}


def _forgiving(f: Callable[..., Any]) -> Callable[..., Any]:
    """`f`, with numpy's names and `out=` wherever it does not have them itself."""
    parameters = inspect.signature(f).parameters
    renamed = {
        alias: name
        for alias, name in _NUMPY_NAMES.items()
        if name in parameters and alias not in parameters
    }
    writes = "out" not in parameters

    @functools.wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not kwargs:
            return f(*args)
        out = kwargs.pop("out", None) if writes else None
        result = f(*args, **{renamed.get(name, name): value for name, value in kwargs.items()})
        return result if out is None else _C._write_out(f.__name__, result, out)

    return call


def function(f: F) -> F:
    """`torch.name(...)`."""
    assert f.__name__ not in FUNCTIONS, f"torch.{f.__name__} is there already"
    FUNCTIONS[f.__name__] = _forgiving(f)
    return f


def method(f: F) -> F:
    """`Tensor.name(...)`."""
    assert f.__name__ not in vars(Tensor), f"Tensor.{f.__name__} is there already"
    setattr(Tensor, f.__name__, _forgiving(f))
    return f


def both(f: F) -> F:
    """`torch.name(input, ...)` and `Tensor.name(...)`."""
    return method(function(f))


def alias(f: Callable[..., Any], *names: str) -> None:
    """Other names of `f`, wherever it appears."""
    for name in names:
        if f.__name__ in FUNCTIONS and inspect.unwrap(FUNCTIONS[f.__name__]) is f:
            FUNCTIONS[name] = FUNCTIONS[f.__name__]
        as_method = vars(Tensor).get(f.__name__)
        if as_method is not None and inspect.unwrap(as_method) is f:
            setattr(Tensor, name, as_method)
