"""torch.overrides: tensors of other classes are not dispatched here."""

from collections.abc import Callable, Iterable
from typing import Any

from tinytorch import _C

__all__ = [
    "get_ignored_functions",
    "handle_torch_function",
    "has_torch_function",
    "has_torch_function_unary",
    "has_torch_function_variadic",
    "is_tensor_like",
]


def has_torch_function(relevant_args: Iterable[Any]) -> bool:
    """False: no function asks for `__torch_function__`.  Source: torch.overrides"""
    iter(relevant_args)
    return False


def has_torch_function_unary(tensor: Any) -> bool:
    return False


def has_torch_function_variadic(*tensors: Any) -> bool:
    return False


def is_tensor_like(inp: Any) -> bool:
    """Whether it is a tensor, or a class says that it is like one by `__torch_function__`."""
    return isinstance(inp, _C.Tensor) or hasattr(type(inp), "__torch_function__")


def handle_torch_function(
    public_api: Callable[..., Any], relevant_args: Iterable[Any], *args: Any, **kwargs: Any
) -> Any:
    raise NotImplementedError("handle_torch_function: tinytorch does not use __torch_function__")


def get_ignored_functions() -> set[Callable[..., Any]]:
    return set()
