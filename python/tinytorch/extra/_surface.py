"""Where a function of this package appears: as `torch.name`, as a method of Tensor, or as both."""

from collections.abc import Callable
from typing import Any, TypeVar

from tinytorch._C import Tensor

F = TypeVar("F", bound=Callable[..., Any])
FUNCTIONS: dict[str, Callable[..., Any]] = {}


def function(f: F) -> F:
    """`torch.name(...)`."""
    assert f.__name__ not in FUNCTIONS, f"torch.{f.__name__} is there already"
    FUNCTIONS[f.__name__] = f
    return f


def method(f: F) -> F:
    """`Tensor.name(...)`."""
    assert f.__name__ not in vars(Tensor), f"Tensor.{f.__name__} is there already"
    setattr(Tensor, f.__name__, f)
    return f


def both(f: F) -> F:
    """`torch.name(input, ...)` and `Tensor.name(...)`."""
    return method(function(f))


def alias(f: Callable[..., Any], *names: str) -> None:
    """Other names of `f`, wherever it appears."""
    for name in names:
        if FUNCTIONS.get(f.__name__) is f:
            FUNCTIONS[name] = f
        if vars(Tensor).get(f.__name__) is f:
            setattr(Tensor, name, f)
